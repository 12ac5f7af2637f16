# SPDX-License-Identifier: MIT
"""The clients of lib/ by TLS: HTTP, MQTT and syslog against servers with certificates, and what becomes of them when a
certificate is no good. What the protocols do apart from that is in test_clients.py."""

import contextlib
import socketserver
import ssl
import subprocess
import threading
import time

import pytest

import test_clients as plain
from machine import PATIENCE, Machine, free_port
from peers import Broker, Rsyslog, subscriber, until, with_folder
from test_clients import APP, HOST, Scripted, ok
from test_tls import Server


def clients(arch, pki, *words, ca="/ca.pem", args=(), **options):
    return Machine(arch, APP, net="user", bootargs=f"quiet TLS_CA={ca} -- " + " ".join(str(w) for w in words),
                   args=("-initrd", pki.initrd, *args), **options)


# --- HTTP


class Secured(Scripted):
    """The scripted server by TLS. It closes without a word where the path says so."""

    def __init__(self, pki, answers, cert="good"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.path(f"{cert}.pem"), pki.path(f"{cert}.key"))
        super().__init__(answers)

    def get_request(self):
        s, address = super().get_request()
        return self.context.wrap_socket(s, server_side=True, do_handshake_on_connect=False), address

    def shutdown_request(self, request):
        with contextlib.suppress(OSError, ValueError):
            if not self.asked or b"cut" not in self.asked[-1].split()[1]:
                request.unwrap()
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass


BIG = bytes(range(33, 127)) * 700
CASES = {
    # path: (what is sent, what the program says)
    "/plain": ((ok(b"hello", b"Content-Type: text/plain"),), ("ok 200 5 text/plain", b"hello")),
    "/bytewise": (tuple(bytes([c]) for c in ok(b"slow")), ("ok 200 4", b"slow")),
    "/big": ((ok(BIG),), (f"ok 200 {len(BIG)}", BIG)),
    "/chunks": ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, chunk", b"ed!\r\n0\r\nT: v\r\n\r\n"),
                ("ok 200 15", b"hello, chunked!")),
    # Without a length only TLS tells whether that was all.
    "/close": ((b"HTTP/1.0 200 OK\r\n\r\nuntil ", b"the end"), ("ok 200 13", b"until the end")),
    "/close-cut": ((b"HTTP/1.0 200 OK\r\n\r\nuntil ", b"it was cut"), ("Connection reset by peer 200 16", b"until it was cut")),
    "/short-cut": ((b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour",), ("Connection reset by peer 200 4", b"four")),
    "/moved": ((b"HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n",), ("ok 200 5", b"hello")),
    # Not from the secret into the open.
    "/downgrade": ((b"HTTP/1.1 302 Found\r\nLocation: http://10.0.2.2:1/\r\nContent-Length: 0\r\n\r\n",), ("Invalid argument 302", b"")),
}


@contextlib.contextmanager
def secured(pki, **how):
    with Secured(pki, {path: case[0] for path, case in CASES.items()}, **how) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def scripted(pki):
    with secured(pki) as server:
        yield server


@pytest.mark.parametrize("path", CASES)
def test_https(arch, pki, scripted, path):
    _, (line, body) = CASES[path]
    with clients(arch, pki, "http", f"https://{HOST}:{scripted.port}{path}", 2) as m:
        assert m.wait() == 0
        assert f"reply {line}" in m.text, m.text
        assert body + b"\nend" in m.data.replace(b"\r\n", b"\n")


def test_https_post(arch, pki, scripted):
    with clients(arch, pki, "post", f"https://{HOST}:{scripted.port}/plain", "21.5") as m:
        assert m.wait() == 0
        assert "reply ok 200 5" in m.text
    assert scripted.asked[-1].startswith(b"POST /plain HTTP/1.1\r\n") and scripted.asked[-1].endswith(b"\r\n\r\n21.5")


def test_redirected_to_https(arch, pki, scripted):
    """From the open into the secret is allowed."""
    answers = {"/": (f"HTTP/1.1 301 Moved\r\nLocation: https://{HOST}:{scripted.port}/plain\r\nContent-Length: 0\r\n\r\n".encode(),)}
    with Scripted(answers) as first:
        threading.Thread(target=first.serve_forever, daemon=True).start()
        with clients(arch, pki, "http", f"http://{HOST}:{first.port}/", 1) as m:
            assert m.wait() == 0
            assert "reply ok 200 5" in m.text
        first.shutdown()


@pytest.mark.parametrize("cert, why", [
    ("stranger", 'certificate refused: unknown CA "Other CA", which signed "coracle.test"'),
    ("self", 'certificate refused: "coracle.test" is self-signed, and not one of our CAs'),
    ("elsewhere", f'certificate refused: wrong name: it is for "elsewhere.test", not for "{HOST}"'),
])
def test_https_refused(arch, pki, cert, why):
    """The reason is in the reply, and the request was not sent."""
    with secured(pki, cert=cert) as server:
        with clients(arch, pki, "http", f"https://{HOST}:{server.port}/plain") as m:
            assert m.wait() == 0
            assert f"reply Protocol error 0 0  ({why})" in m.text, m.text
        assert not server.asked


def test_https_without_tls(arch, scripted):
    """A program that gave no TLS is not served in the open instead."""
    with plain.clients(arch, "http", f"https://{HOST}:{scripted.port}/plain") as m:
        assert m.wait() == 0
        assert "reply Invalid argument 0 0  (a scheme that is not spoken here)" in m.text


def test_https_openssl(arch, pki):
    """A page of s_server's, by RSA and a chain, in each version."""
    for version in ("1.2", "1.3"):
        with Server(pki, "rsa", version=version) as s, clients(arch, pki, "http", f"https://{HOST}:{s.port}/") as m:
            assert m.wait() == 0
            assert "reply ok 200" in m.text and f"TLSv{version}" in m.text


# --- MQTT


class SecureBroker(Broker):
    def __init__(self, folder, pki, cert="good", extra=""):
        super().__init__(folder)
        self.pki = pki
        with open(f"{folder}/conf", "a", encoding="ascii") as f:
            f.write(f"cafile {pki.path('ca.pem')}\ncertfile {pki.path(f'{cert}.pem')}\nkeyfile {pki.path(f'{cert}.key')}\n{extra}")

    def client(self, program, *words):
        return super().client(program, "--cafile", self.pki.path("ca.pem"), *words)


def broker(pki, **how):
    return with_folder(SecureBroker, SecureBroker.kill, pki, **how)


@pytest.mark.parametrize("tls", ["tlsv1.2", "tlsv1.3"])
@pytest.mark.parametrize("version", [4, 5])
def test_mqtts(arch, pki, version, tls):
    """Publishes, hears, keeps a quiet connection alive, and leaves its will."""
    with broker(pki, extra=f"tls_version {tls}\n") as b:
        b.start()
        with subscriber(b, "test/#") as sub:
            with clients(arch, pki, "mqtt", version, b.port, 100, 0, 0) as m:
                m.expect("delivered 100 dropped 0 connects 1")
                until(lambda: len(sub.lines) >= 100, "the messages")
                assert sub.lines == [str(i) for i in range(100)]
                subprocess.run(b.client("mosquitto_pub", "-t", "test/to", "-m", "are you there", "-q", "1"), check=True)
                m.expect("heard test/to are you there")
                # Longer than one record of TLS holds.
                subprocess.run(b.client("mosquitto_pub", "-t", "test/to", "-m", "long " * 8000, "-q", "1"), check=True)
                m.wait_for(lambda data: b"long " * 8000 in data, "the long message")
                until(lambda: "PINGREQ from coracle-test" in b.log(), "a PINGREQ")
                assert "\ndown: " not in m.text
            until(lambda: "gone" in sub.lines, "the will")


def test_mqtts_broker_comes_late_and_again(arch, pki):
    with broker(pki) as b:
        plain.broker_comes_late_and_again(b, lambda port, count: clients(arch, pki, "mqtt", 4, port, count, 100, 0))


def test_mqtts_room(arch, pki):
    """Without a broker and with little room the oldest go, and are counted; the newest arrive."""
    with broker(pki) as b, clients(arch, pki, "mqtt", 4, b.port, 100, 0, 1000) as m:
        m.expect("down: ")
        b.start()
        with subscriber(b, "test/from") as sub:
            match = m.expect(r"delivered (\d+) dropped (\d+) connects 1")
            delivered, dropped = int(match[1]), int(match[2])
            assert delivered + dropped == 100 and 10 < delivered < 40
            until(lambda: len(sub.lines) >= delivered, "the messages")
            assert sub.lines == [str(i) for i in range(dropped, 100)]


@pytest.mark.parametrize("cert, why", [("stranger", 'unknown CA "Other CA"'), ("elsewhere", "wrong name: it is for")])
def test_mqtts_refused(arch, pki, cert, why):
    """The reason is told, with growing pauses, and when the broker has a good certificate the messages arrive."""
    with broker(pki, cert=cert) as b:
        b.start()
        with clients(arch, pki, "mqtt", 4, b.port, 5, 0, 0) as m:
            for _ in range(2):
                m.expect(f"down: certificate refused: {why}")
            b.kill()
            with open(f"{b.folder}/conf", encoding="ascii") as f:
                text = f.read()
            with open(f"{b.folder}/conf", "w", encoding="ascii") as f:
                f.write(text.replace(f"/{cert}.", "/good."))
            b.start()
            m.expect("delivered 5 dropped 0 connects 1")


def test_mqtts_silent_broker(arch, pki):
    """One that takes the connection and never shakes hands is given up, and tried again."""
    with socketserver.TCPServer(("127.0.0.1", 0), None, bind_and_activate=False) as server:
        server.server_bind()
        server.server_activate()
        with clients(arch, pki, "mqtt", 4, server.server_address[1], 1, 0, 0) as m:
            server.socket.settimeout(PATIENCE)
            first, _ = server.socket.accept()
            assert first.recv(100)[:1] == b"\x16"
            m.expect("down: no answer to the handshake in time")
            second, _ = server.socket.accept()
            first.close()
            second.close()


# --- syslog


class SecureRsyslog(Rsyslog):
    def __init__(self, folder, pki, cert="good"):
        super().__init__(folder, tls=(pki.path("ca.pem"), pki.path(f"{cert}.pem"), pki.path(f"{cert}.key")))


def rsyslog(pki, **how):
    return with_folder(SecureRsyslog, SecureRsyslog.stop, pki, **how)


def test_syslog_tls(arch, pki):
    with rsyslog(pki) as r:
        r.start()
        with clients(arch, pki, "syslog", f"tls://{HOST}:{r.port}", "state-is", 5, 20) as m:
            m.expect("sent 5 lost 0 connects 1")
            assert m.wait() == 0
        until(lambda: len(r.lines()) >= 5, "five messages")
        for i, (version, facility, severity, when, host, app, text) in enumerate(r.lines()):
            assert (version, facility, severity) == ("1", "local3", "notice")
            assert (host, app, text.strip()) == ("device-7", "clients", f"state-is {i}")
            assert when.startswith("20")


def test_syslog_tls_server_comes_late_and_again(arch, pki):
    """What is said while nobody listens waits; a server that was restarted is found again."""
    with rsyslog(pki) as r, clients(arch, pki, "syslog", f"tls://{HOST}:{r.port}", "n", 40, 150) as m:
        m.expect("started 0")
        time.sleep(1.5)
        r.start()
        until(lambda: len(r.lines()) >= 15, "messages")
        r.stop()
        time.sleep(0.5)
        r.start()
        m.expect(r"sent 40 lost 0 connects \d")
        until(lambda: any(l[-1].strip() == "n 39" for l in r.lines()), "the last message")
        numbers = [int(l[-1].split()[1]) for l in r.lines()]
        # At most what was on its way when the server went may be missing.
        assert numbers == sorted(set(numbers)) and numbers[0] == 0 and len(numbers) >= 38, numbers


def test_syslog_tls_refused(arch, pki):
    """Nothing is told to a server that is not the one: not by TLS, and not in the open."""
    with rsyslog(pki, cert="stranger") as r:
        r.start()
        with clients(arch, pki, "syslog", f"tls://{HOST}:{r.port}", "secret", 3, 10) as m:
            m.expect("started 0")
            time.sleep(4)
            assert "sent" not in m.text
        assert not r.lines()


def test_syslog_needs_tls(arch):
    with plain.clients(arch, "syslog", f"tls://{HOST}:{free_port()}", "x", 1, 0) as m:
        m.expect("started -22")
        assert m.wait() == 0
