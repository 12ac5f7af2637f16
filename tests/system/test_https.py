# SPDX-License-Identifier: MIT
"""HTTPS: apps/httpsd, and WebSockets by TLS (tests/target/wss), against curl, Chromium and Python's ssl."""

import base64
import concurrent.futures
import contextlib
import hashlib
import json
import os
import re
import socket
import struct
import subprocess
import time

import pytest

from browser import CHROMIUM, FLAGS
from machine import PATIENCE, ROOT, Machine
from peers import until
from pki import NAME
from test_tls import Client, hello, python_client

HTTPS = 8443
WWW = ROOT / "apps/httpsd/www"


def httpsd(arch, pki, *words, env="", **options):
    m = Machine(arch, "httpsd", net="user", forward=(HTTPS, 443), bootargs=f"quiet {env} -- " + " ".join(map(str, words)),
                args=("-initrd", pki.initrd) if pki else (), **options)
    try:
        m.expect("httpsd: listening on port")
    except BaseException:
        m.stop()
        raise
    return m


@pytest.fixture(scope="module")
def server(arch, pki):
    with httpsd(arch, pki, "-s", HTTPS, "-c", "/good.pem", "-k", "/good.key") as m:
        yield m
        assert m.process.poll() is None, "the guest ended"


def curl(m, pki, *words, path="/", scheme="https", port=HTTPS):
    """curl that knows the guest by its name. Returns the finished process, output in bytes."""
    to = [f"{NAME}:{guest}:127.0.0.1:{host}" for guest, host in m.ports.items()]
    return subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), "--cacert", pki.path("ca.pem"),
                           *(w for t in to for w in ("--connect-to", t)), *words, f"{scheme}://{NAME}:{port}{path}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=2 * PATIENCE)


def status(m, pki):
    return json.loads(curl(m, pki, path="/status.json").stdout)


def free(m, pki):
    """Of the guest's memory, in bytes; the connection that asks counted."""
    return status(m, pki)["mem_free"]


@pytest.mark.parametrize("version", ["--tls-max 1.2", "--tlsv1.3"])
def test_https(server, pki, version):
    got = curl(server, pki, "-v", *version.split())
    assert got.returncode == 0 and got.stdout == (WWW / "index.html").read_bytes(), got.stderr
    assert b"SSL certificate verify ok" in got.stderr and b"ALPN: server accepted http/1.1" in got.stderr
    # Said to be over, not cut off.
    assert b"unexpected eof" not in got.stderr


def test_stranger(server, pki):
    """A client that knows another CA does not come in, and the console says why, unless its reset overtakes its alert."""
    def comes():
        assert curl(server, pki, "--cacert", pki.path("other-ca.pem")).returncode == 60
        return re.search(r"httpsd: \S+: the other side refused: unknown CA", server.text)
    until(comes, "the reason on the console")


def test_keep_alive(server, pki):
    got = curl(server, pki, "-v", f"https://{NAME}:{HTTPS}/status.json", f"https://{NAME}:{HTTPS}/favicon.svg")
    assert got.returncode == 0 and got.stderr.count(b"SSL connection using") == 1
    assert got.stderr.count(b"HTTP/1.1 200 OK") == 3


BIG = bytes(range(256)) * 4096


@pytest.mark.parametrize("words", [(), ("--limit-rate", "400K"), ("--tls-max", "1.2", "--limit-rate", "400K")], ids=str)
def test_large(server, pki, words):
    """A mebibyte, to a client that keeps up and to one that does not: then records wait half sent."""
    got = curl(server, pki, *words, path="/big")
    assert got.returncode == 0 and got.stdout == BIG


def test_range_and_head(server, pki):
    assert curl(server, pki, "-r", "1000-9999", path="/big").stdout == BIG[1000:10000]
    got = curl(server, pki, "-I", path="/big")
    assert b"Content-Length: 1048576" in got.stdout
    got = curl(server, pki, "-d", "x" * 70000, "-w", "%{http_code}", "-o", os.devnull)
    assert got.stdout == b"405"


def answers(s, count):
    """That many answers without a body that the requests were for."""
    data = b""
    while data.count(b"HTTP/1.1 ") < count or not data.endswith(b"\r\n\r\n"):
        more = s.recv(65536)
        assert more, data
        data += more
    return data


def test_requests_share_a_record(server, pki):
    """Twenty requests at once in one record, and one request in a record for each byte."""
    request = f"HEAD / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
    with python_client(server, pki, port=server.ports[HTTPS]) as s:
        s.sendall(request * 20)
        assert answers(s, 20).count(b"HTTP/1.1 200 OK") == 20
        for byte in request:
            s.sendall(bytes([byte]))
        assert answers(s, 1).count(b"HTTP/1.1 200 OK") == 1
        # More than a record may carry.
        s.sendall(request * 600)
        assert answers(s, 600).count(b"HTTP/1.1 200 OK") == 600


def test_pages_in_parallel(server, pki):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(curl, server, pki, path=path) for path in ["/big", "/"] * 8]
        for i, job in enumerate(jobs):
            assert job.result().stdout == ((WWW / "index.html").read_bytes() if i % 2 else BIG)


# --- the port without TLS


@pytest.mark.parametrize("words, status", [((), 301), (("-I",), 301), (("-d", "x"), 308), (("-X", "DELETE"), 308)], ids=str)
def test_redirect(server, pki, words, status):
    got = curl(server, pki, "-i", *words, scheme="http", port=80, path="/a/b?c=d&e")
    assert got.stdout.startswith(f"HTTP/1.1 {status} ".encode()), got.stdout
    assert f"\r\nLocation: https://{NAME}:{HTTPS}/a/b?c=d&e\r\n".encode() in got.stdout


def test_redirect_is_followed(server, pki):
    got = curl(server, pki, "-L", "-w", "%{num_redirects} %{scheme}", scheme="http", port=80)
    assert got.stdout == (WWW / "index.html").read_bytes() + b"1 HTTPS"


def plain(m, request):
    with socket.create_connection(("127.0.0.1", m.port), PATIENCE) as s:
        s.sendall(request)
        data = b""
        while more := s.recv(65536):
            data += more
    return data


@pytest.mark.parametrize("host, to", [("[2001:db8::1]", "[2001:db8::1]"), ("[2001:db8::1]:80", "[2001:db8::1]"),
                                      ("10.0.0.1:8080", "10.0.0.1"),
                                      ("a", "a")])
def test_redirect_hosts(server, host, to):
    got = plain(server, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert f"\r\nLocation: https://{to}:{HTTPS}/\r\n".encode() in got


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
                                      b"nonsense\r\n\r\n",
                                      b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"], ids=str)
def test_redirect_nowhere(server, request_):
    """Nothing is served here, and nothing else is said either."""
    got = plain(server, request_)
    assert got.startswith(b"HTTP/1.1 400 ") and b"Location" not in got


def test_redirect_default_port(arch, pki):
    """443 is not named; -o is what clients reach it at; -p 0 is no port at all."""
    with httpsd(arch, pki, "-s", 443) as m:
        assert b"Location: https://x/\r\n" in plain(m, b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
    with httpsd(arch, pki, "-s", 443, "-o", 1234) as m:
        assert b"Location: https://x:1234/\r\n" in plain(m, b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
    with httpsd(arch, pki, "-s", 443, "-p", 0) as m:
        with contextlib.suppress(ConnectionError):
            assert plain(m, b"GET / HTTP/1.0\r\nHost: x\r\n\r\n") == b""


# --- certificates


def test_certificate_of_its_own(arch, pki):
    with httpsd(arch, pki, "-s", HTTPS, "-n", NAME) as m:
        assert "httpsd: a certificate for coracle.test, made for this run" in m.text
        assert curl(m, pki).returncode == 60
        # Whoever asks for it once can trust it from then on: it is its own CA.
        text = Client(m.ports[HTTPS], say="GET / HTTP/1.0\n").text
        with open(pki.path("pinned"), "w", encoding="ascii") as f:
            f.write(re.search("-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----\n", text, re.S)[0])
        assert curl(m, pki, "--cacert", pki.path("pinned")).returncode == 0


def test_certificate_from_arguments(arch, pki):
    with httpsd(arch, pki, "-s", HTTPS, env=f"TLS_CERT={pki.data('good.pem')} TLS_KEY={pki.data('good.key')}") as m:
        assert curl(m, pki).returncode == 0


@pytest.mark.parametrize("words, status, line", [
    (("-c", "/good.pem"), 1, "httpsd: a key is missing"),
    (("-c", "/good.pem", "-k", "/none"), 1, "httpsd: cannot read /none: No such file or directory"),
    (("-a", "/none"), 1, "httpsd: cannot read /none: No such file or directory"),
    (("-s", "70000"), 2, "usage: httpsd"),
    (("-z",), 2, "usage: httpsd"),
    (("-r", "/none"), 1, "httpsd: cannot serve the folder /none"),
], ids=str)
def test_wrong_arguments(boot, arch, pki, words, status, line):
    m = boot(arch, "httpsd", net="user", bootargs="quiet -- " + " ".join(words), args=("-initrd", pki.initrd))
    assert m.wait() == status
    assert line in m.text


def test_client_certificates(arch, pki):
    with httpsd(arch, pki, "-s", HTTPS, "-c", "/good.pem", "-k", "/good.key", "-a", "/ca.pem") as m:
        for version in ("--tls-max 1.2", "--tlsv1.3"):
            shown = ("--cert", pki.path("client.pem"), "--key", pki.path("client.key"))
            assert curl(m, pki, *version.split(), *shown).returncode == 0
            got = curl(m, pki, *version.split())
            assert got.returncode != 0 and b"alert" in got.stderr, got.stderr
            m.expect("httpsd: .*: the client showed no certificate")
            time.sleep(1.1)  # it says so once a second at most


# --- clients that are none


def test_http_to_the_https_port(server, pki):
    with socket.create_connection(("127.0.0.1", server.ports[HTTPS]), PATIENCE) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while s.recv(4096):
                pass
    assert curl(server, pki).returncode == 0


def test_half_a_handshake(server, pki):
    """Clients that say half a word: others are served meanwhile, and when their time is up all memory is back."""
    before = free(server, pki)
    start = hello(pki)
    address = ("127.0.0.1", server.ports[HTTPS])
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(address, PATIENCE)) for _ in range(20)]
        for i, s in enumerate(clients):
            s.sendall(start[:i * 10])
        # QEMU lets them in one after the other, and on a slow host the first may have gone when the last comes.
        now = status(server, pki)
        assert now["connections"] > 5 and before - now["mem_free"] > (now["connections"] - 1) * 20000, now
        for s in clients:
            with contextlib.suppress(ConnectionError):
                while s.recv(4096):
                    pass
    # But for descriptors and tables that have grown, and slabs that are kept.
    until(lambda: before - free(server, pki) <= 131072, "memory to come back")


def hold(server, pki, count):
    """Returns the free memory while that many connections idle after a request each."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            s = stack.enter_context(python_client(server, pki, port=server.ports[HTTPS]))
            s.sendall(f"HEAD / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
            answers(s, 1)
        return free(server, pki)


def test_memory_of_connections(server, pki):
    """Each costs what docs/tls.md says. What the first fifty leave is tables and slabs, which the next fifty find."""
    hold(server, pki, 50)
    before = free(server, pki)
    each = (before - hold(server, pki, 50)) / 50
    print(f"{each:.0f} bytes a connection")
    assert 20000 < each < 40000
    until(lambda: before - free(server, pki) <= 32768, "memory to come back")


def test_out_of_memory(arch, pki):
    """More clients than there is memory for, on a small machine: the oldest go for the newest, and the server stays."""
    with httpsd(arch, None, "-s", HTTPS, memory=6) as m, contextlib.ExitStack() as stack:
        start = hello(pki)[:200]
        for _ in range(120):
            with contextlib.suppress(OSError):
                s = stack.enter_context(socket.create_connection(("127.0.0.1", m.ports[HTTPS]), PATIENCE))
                s.sendall(start)
        until(lambda: curl(m, pki, "-k").returncode == 0, "an answer among the others")
        stack.close()
        until(lambda: curl(m, pki, "-k").returncode == 0, "an answer")
        assert m.process.poll() is None


# --- a browser


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_chromium(server, tmp_path):
    """The status page by TLS. (The CA is none of the browser's, so it is told not to mind.)"""
    done = subprocess.run([CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path}", "--ignore-certificate-errors",
                           "--virtual-time-budget=3500", "--dump-dom", f"https://127.0.0.1:{server.ports[HTTPS]}/"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=2 * PATIENCE, text=True, errors="replace")
    assert done.returncode == 0, done.stderr
    assert re.search(r'id="requests"[^>]*data-value="[1-9]', done.stdout), done.stdout


# --- WebSockets


class WebSocket:
    """A client of RFC 6455 over an open connection."""

    def __init__(self, s, path="/echo"):
        self.s = s
        key = base64.b64encode(os.urandom(16)).decode()
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Origin: https://{NAME}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        self.left = b""
        while b"\r\n\r\n" not in self.left:
            self.more()
        self.head, self.left = self.left.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
        assert self.head.startswith(b"HTTP/1.1 101 ") and b"Sec-WebSocket-Accept: " + accept in self.head, self.head

    def more(self):
        data = self.s.recv(65536)
        assert data, "the end"
        self.left += data

    @staticmethod
    def frame(payload, opcode=1, last=True):
        mask = os.urandom(4)
        n = len(payload)
        head = bytes([opcode | (0x80 if last else 0)]) + (bytes([0x80 | n]) if n < 126 else struct.pack(">BH", 0x80 | 126, n))
        return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

    def say(self, payload, **how):
        self.s.sendall(self.frame(payload, **how))

    def hear(self):
        """(opcode, payload) of the next frame; the server's have no mask."""
        while len(self.left) < 2 or len(self.left) < self.length()[0] + self.length()[1]:
            self.more()
        head, n = self.length()
        opcode, payload, self.left = self.left[0] & 15, self.left[head:head + n], self.left[head + n:]
        return opcode, payload

    def length(self):
        n = self.left[1]
        return (2, n) if n < 126 else (4, struct.unpack(">H", self.left[2:4])[0]) if len(self.left) >= 4 else (4, 1 << 20)


@pytest.fixture(scope="module")
def wss(arch, pki):
    with Machine(arch, "tests/target/wss", net="user", forward=(443,), bootargs="quiet", args=("-initrd", pki.initrd)) as m:
        m.expect("listening")
        yield m


@contextlib.contextmanager
def web_socket(wss, pki, version=None):
    with python_client(wss, pki, version, wss.ports[443]) as s:
        w = WebSocket(s)
        assert w.hear() == (1, b"welcome")
        yield w


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_wss(wss, pki, version):
    with web_socket(wss, pki, version) as w:
        for n in (0, 1, 125, 126, 4000):
            w.say(b"x" * n)
            assert w.hear() == (1, b"x" * n)
        # Many frames in one record, and one frame in many.
        w.s.sendall(b"".join(WebSocket.frame(b"%d" % i) for i in range(100)))
        assert [w.hear()[1] for _ in range(100)] == [b"%d" % i for i in range(100)]
        for byte in WebSocket.frame(b"slowly"):
            w.s.sendall(bytes([byte]))
        assert w.hear() == (1, b"slowly")
        w.say(b"in ", last=False)
        w.say(b"pieces", opcode=0)
        assert w.hear() == (1, b"in pieces")
        w.say(b"are you there", opcode=9)
        assert w.hear() == (10, b"are you there")
        w.say(struct.pack(">H", 1000), opcode=8)
        assert w.hear()[0] == 8
        assert w.s.recv(100) == b""  # declared by TLS as well, or this would be an error


def test_wss_many(wss, pki):
    """Twenty clients hear what one says to all; one that is cut off is no trouble for the others."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(web_socket(wss, pki)) for _ in range(20)]
        clients[3].s.close()
        for i in range(10):
            clients[0].say(b"to all: %d" % i)
            for c in clients[:3] + clients[4:]:
                assert c.hear() == (1, b"%d" % i)


def test_wss_wrong(wss, pki):
    """A frame without a mask ends the connection with 1002."""
    with web_socket(wss, pki) as w:
        w.s.sendall(b"\x81\x01x")
        assert w.hear() == (8, struct.pack(">H", 1002))
    with python_client(wss, pki, port=wss.ports[443]) as s:
        s.sendall(f"GET /echo HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        assert re.match(rb"HTTP/1.1 (400|426) ", s.recv(4096))
