# SPDX-License-Identifier: MIT
"""TLS (lib/tls) against OpenSSL's s_client, s_server and Python's ssl: both ends, both versions; certificates and why they
are refused; sessions that are resumed; ends, cuts, hangs and rubbish. tests/target/tls is the guest's program."""

import contextlib
import hashlib
import os
import random
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import pytest

import stub
from machine import ARCHS, PATIENCE, Machine, die_with_parent, free_port, image_path
from pki import NAME

APP = "tests/target/tls"
HOST = "10.0.2.2"
PORT = 4433
VERSIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
PYTHON_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
OWN = ("cert=/good.pem", "key=/good.key")


def guest(arch, pki, *words, args=(), **options):
    return Machine(arch, APP, net="user", forward=(PORT,), bootargs="quiet -- " + " ".join(str(w) for w in words),
                   args=("-initrd", pki.initrd, *args), **options)


@contextlib.contextmanager
def serving(arch, pki, *words, **options):
    with guest(arch, pki, "serve", PORT, *words, **options) as m:
        m.expect("listening")
        yield m


@pytest.fixture(scope="module")
def server(arch, pki):
    """An echo that all tests share which leave it as it was."""
    with serving(arch, pki, *OWN, "ms=3000") as m:
        yield m


class Client:
    """openssl s_client: says a line, waits for it to come back, and ends."""

    def __init__(self, port, *words, say="hello over TLS", version="1.3"):
        line = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", VERSIONS.get(version, version), *words]
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        preexec_fn=die_with_parent)
        self.text, self.say = "", say
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.echoed = threading.Event()
        self.reader.start()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(say.encode() + b"\n")
            self.process.stdin.flush()
        assert self.echoed.wait(PATIENCE), self.text
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)

    def read(self):
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.text += data.decode(errors="replace")
            if f"{self.say}\n" in self.text:
                self.echoed.set()
        self.echoed.set()

    @property
    def ok(self):
        return self.status == 0 and f"{self.say}\n" in self.text


def client(m, pki, *words, **how):
    return Client(m.ports[PORT], "-CAfile", pki.path("ca.pem"), "-verify_return_error", "-verify_hostname", NAME,
                  "-servername", NAME, *words, **how)


def python_context(pki, version=None):
    c = ssl.create_default_context(cafile=pki.path("ca.pem"))
    if version:
        c.minimum_version = c.maximum_version = PYTHON_VERSIONS[version]
    return c


@contextlib.contextmanager
def python_client(m, pki, version=None, port=None):
    with socket.create_connection(("127.0.0.1", port or m.ports[PORT]), PATIENCE) as raw:
        with python_context(pki, version).wrap_socket(raw, server_hostname=NAME) as s:
            yield s


# --- the guest is the server


@pytest.mark.parametrize("version", VERSIONS)
def test_server(server, pki, version):
    """s_client verifies chain and name, has its line back, and both ends declare the end."""
    c = client(server, pki, version=version)
    assert c.ok and "Verify return code: 0 (ok)" in c.text, c.text
    assert f"New, TLSv{version}" in c.text
    assert server.expect(r"client (\S+) \S+ resumed=0 alpn=\r?\n")[1].decode() == f"TLSv{version}"
    server.expect(r"^end")


SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": "1.2", "ECDHE-ECDSA-AES256-GCM-SHA384": "1.2", "ECDHE-ECDSA-CHACHA20-POLY1305": "1.2",
    "TLS_AES_128_GCM_SHA256": "1.3", "TLS_AES_256_GCM_SHA384": "1.3", "TLS_CHACHA20_POLY1305_SHA256": "1.3",
}


@pytest.mark.parametrize("suite", SUITES)
def test_server_suites(server, pki, suite):
    version = SUITES[suite]
    c = client(server, pki, "-cipher" if version == "1.2" else "-ciphersuites", suite, version=version)
    assert c.ok and f"Cipher is {suite}" in c.text, c.text


def test_server_prefers(arch, server, pki):
    """AES where the processor has instructions for it, ChaCha20 where it has none, whatever the client likes best."""
    wanted = {"aarch64": r"(TLS_AES_128|ECDHE-ECDSA-AES128)", "riscv64": r"(TLS|ECDHE-ECDSA)[-_]CHACHA20"}[arch]
    for version in VERSIONS:
        c = client(server, pki, version=version)
        assert c.ok and re.search(f"Cipher is {wanted}", c.text), c.text


@pytest.mark.parametrize("version", VERSIONS)
def test_server_groups(arch, pki, version):
    """Each that we have, if a client has no other. (RSA: in 1.2 a certificate's own curve counts as well.)"""
    with serving(arch, pki, "cert=/rsa.pem", "key=/rsa.key") as m:
        for group in ("X25519", "P-256", "P-384"):
            assert client(m, pki, "-groups", group, version=version).ok
        c = client(m, pki, "-groups", "X448:P-521", version=version)
        assert not c.ok and "alert handshake failure" in c.text, c.text
        m.expect("refused: nothing that both support")


@pytest.mark.parametrize("version", VERSIONS)
def test_server_resumes(server, pki, version, tmp_path):
    """By a ticket, which knows no certificates; twice, since a ticket may be used again."""
    session = tmp_path / "session"
    assert client(server, pki, "-sess_out", session, version=version).ok
    server.expect("client .* resumed=0")
    for _ in range(2):
        c = client(server, pki, "-sess_in", session, version=version)
        assert c.ok and f"Reused, TLSv{version}" in c.text, c.text
        server.expect("client .* resumed=1")
        server.expect(r"^end")


@pytest.mark.parametrize("version", VERSIONS)
def test_server_after_a_restart(arch, server, pki, version, tmp_path):
    """A ticket of an earlier run, whose key is gone, leads to a whole handshake, not to a failure."""
    session = tmp_path / "session"
    with serving(arch, pki, *OWN) as other:
        assert client(other, pki, "-sess_out", session, version=version).ok
    c = client(server, pki, "-sess_in", session, version=version)
    assert c.ok and f"New, TLSv{version}" in c.text, c.text


@pytest.mark.parametrize("version", VERSIONS)
def test_server_shows_a_chain(arch, pki, version):
    """RSA, and the certificate between the server's and the CA's; ALPN."""
    with serving(arch, pki, "cert=/rsa.pem", "key=/rsa.key", "alpn=echo") as m:
        c = client(m, pki, "-alpn", "other,echo", version=version)
        assert c.ok and "ALPN protocol: echo" in c.text and "Middle CA" in c.text, c.text
        m.expect("client .* alpn=echo")
        # A client that asks for others only is refused. Spec: RFC 7301, 3.2
        c = client(m, pki, "-alpn", "other", version=version)
        assert not c.ok and "no application protocol" in c.text, c.text
        m.expect("refused: no application protocol in common")


def test_server_own_certificate(arch, pki):
    """Made at the start, for the name given."""
    with serving(arch, pki, "self=box.test") as m:
        c = Client(m.ports[PORT], "-verify_hostname", "box.test")
        assert c.ok and "subject=CN = box.test" in c.text and "self-signed" in c.text, c.text


@pytest.mark.parametrize("case", ["TLS 1.0", "TLS 1.1", "RSA key exchange", "CBC", "no encryption"])
def test_server_refuses_what_is_old(server, pki, case):
    version, words, reason = {
        "TLS 1.0": ("-tls1", ("-cipher", "ALL:@SECLEVEL=0"), "no version of TLS that both speak"),
        "TLS 1.1": ("-tls1_1", ("-cipher", "ALL:@SECLEVEL=0"), "no version of TLS that both speak"),
        "RSA key exchange": ("1.2", ("-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"), "nothing that both support"),
        "CBC": ("1.2", ("-cipher", "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"), "nothing that both support"),
        "no encryption": ("1.2", ("-cipher", "ECDHE-ECDSA-NULL-SHA:NULL:@SECLEVEL=0"), "nothing that both support"),
    }[case]
    c = client(server, pki, *words, version=version)
    assert not c.ok and re.search("alert (protocol version|handshake failure)", c.text), c.text
    server.expect(f"refused: {reason}")


CLIENTS = {
    # what the client shows: what the guest says
    "client": "client TLS",
    "client-rsa": "client TLS",
    None: "refused: the client showed no certificate",
    "client-stranger": 'refused: certificate refused: unknown CA "Other CA", which signed "no client of ours"',
    "good": "refused: certificate refused: it is not for this end of a connection",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_server_asks_clients(arch, pki, version):
    with serving(arch, pki, *OWN, "ask", "ca=/ca.pem") as m:
        for shown, line in CLIENTS.items():
            words = ("-cert", pki.path(f"{shown}.pem"), "-key", pki.path(f"{shown}.key"),
                     "-cert_chain", pki.path("middle.pem")) if shown else ()
            c = client(m, pki, *words, version=version)
            assert c.ok == line.startswith("client"), c.text
            m.expect(re.escape(line))
            assert c.ok or re.search("alert", c.text), c.text
            m.expect("^free")


def test_server_bulk(server, pki):
    """A mebibyte there and back at once: records of full size in, of 8 KiB out."""
    said = random.Random(1).randbytes(1 << 20)
    heard = hashlib.sha256()
    with python_client(server, pki) as s:
        def send():
            s.sendall(said)
        thread = threading.Thread(target=send)
        thread.start()
        left = len(said)
        while left:
            data = s.recv(65536)
            assert data, f"{left} bytes are missing"
            heard.update(data)
            left -= len(data)
        thread.join()
        s.unwrap().close()
    assert heard.digest() == hashlib.sha256(said).digest()
    server.expect(r"^end")


def test_server_key_update(server, pki):
    """Mbed TLS has none of it: the connection ends with the reason, and the next is served."""
    assert "KEYUPDATE" in client(server, pki, say="K").text
    server.expect("broken: a message at the wrong time")
    assert client(server, pki).ok


@pytest.mark.parametrize("version", VERSIONS)
def test_server_small_records(arch, pki, version):
    """The handshake's messages in pieces of 512 bytes, a chain of RSA-4096 among them, and the data as well."""
    with serving(arch, pki, *OWN, "ask", "ca=/ca.pem") as m:
        c = client(m, pki, "-max_send_frag", "512", "-cert", pki.path("client-rsa.pem"), "-key", pki.path("client-rsa.key"),
                   "-cert_chain", pki.path("middle.pem"), version=version, say="x" * 5000)
        assert c.ok, c.text
        m.expect("client TLS")


# --- the guest is the client


class Server:
    """openssl s_server that shows a page about each connection."""

    def __init__(self, pki, cert="good", *words, version="1.3"):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        line = ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-www", VERSIONS.get(version, version),
                "-cert", pki.path(f"{cert}.pem"), "-cert_chain", pki.path(f"{cert}.pem"), "-key", pki.path(f"{cert}.key"), *words]
        self.process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=die_with_parent)
        deadline = time.monotonic() + PATIENCE
        while b"ACCEPT" not in self.read():
            assert self.process.poll() is None and time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def read(self):
        self.log.seek(0)
        return self.log.read()

    @property
    def text(self):
        return self.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        print(f"--- s_server\n{self.text}")
        self.log.close()


def connecting(arch, pki, port, *words, args=(), **options):
    return guest(arch, pki, "connect", HOST, port, *words, args=args, **options)


GET = '"say=GET / HTTP/1.0"'


@pytest.mark.parametrize("version", VERSIONS)
def test_client(arch, pki, version):
    """The certificate is for the address that was asked for. The second connection resumes, and both sides say so."""
    with Server(pki, version=version) as s, connecting(arch, pki, s.port, "ca=/ca.pem", "times=3", GET, "alpn=echo") as m:
        assert m.wait() == 0
        said = re.findall(r"^connected (\S+) (\S+) resumed=(\d) alpn=\r?\n", m.text, re.M)
        assert [(v, r) for v, _, r in said] == [(f"TLSv{version}", "0"), (f"TLSv{version}", "1"), (f"TLSv{version}", "1")]
        assert m.text.count("HTTP/1.0 200 ok") == 3 and m.text.count("\nend\n") == 3
        assert "made 3 resumed 2" in m.text


@pytest.mark.parametrize("cert", ["rsa", "p384"])
@pytest.mark.parametrize("version", VERSIONS)
def test_client_chain(arch, pki, version, cert):
    """A chain, in records of 512 bytes, from a CA that is the second of its file; by the name instead of the address."""
    with Server(pki, cert, "-max_send_frag", "512", version=version) as s, \
            connecting(arch, pki, s.port, "ca=/both.pem", f"name={NAME}", GET) as m:
        assert m.wait() == 0
        assert f"connected TLSv{version}" in m.text and "HTTP/1.0 200 ok" in m.text


@pytest.mark.parametrize("wanted", VERSIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_client_one_version_only(arch, pki, version, wanted):
    with Server(pki, version=version) as s, connecting(arch, pki, s.port, "ca=/ca.pem", f"v={wanted.replace('.', '')}", GET) as m:
        assert m.wait() == 0
        if version == wanted:
            assert f"connected TLSv{version}" in m.text
        else:
            assert re.search("refused: .*(protocol version|no version of TLS)", m.text)


@pytest.mark.parametrize("version", VERSIONS)
def test_client_shows_its_certificate(arch, pki, version):
    with Server(pki, "good", "-Verify", "5", "-verify_return_error", "-CAfile", pki.path("ca.pem"), version=version) as s:
        with connecting(arch, pki, s.port, "ca=/ca.pem", "cert=/client-rsa.pem", "key=/client-rsa.key", GET) as m:
            assert m.wait() == 0
            assert f"connected TLSv{version}" in m.text and "HTTP/1.0 200 ok" in m.text
        with connecting(arch, pki, s.port, "ca=/ca.pem", GET) as m:
            assert m.wait() == 0
            # In 1.3 the client hears of it after its own handshake only.
            assert re.search(r"(refused|broken|not sent): the other side refused: (certificate required|handshake failure)", m.text)


def test_client_names_the_server(arch, pki):
    """A name goes into the greeting; an address does not (RFC 6066, 3)."""
    with Server(pki, "good", "-tlsextdebug") as s:
        with connecting(arch, pki, s.port, "ca=/ca.pem", GET) as m:
            assert m.wait() == 0 and "made 1" in m.text
            assert "TLS client extension" in s.text and "server name" not in s.text
        with connecting(arch, pki, s.port, "ca=/ca.pem", f"name={NAME}", GET) as m:
            assert m.wait() == 0 and "made 1" in m.text
            assert "server name" in s.text


REFUSED = {
    # why: (the server's certificate, QEMU's words, the client's, what it says, the alert that the server gets)
    "unknown CA": ("stranger", (), (), 'unknown CA "Other CA", which signed "coracle.test"', "unknown ca"),
    "unknown CA behind another": ("rsa", (), ("ca=/other-ca.pem",), 'unknown CA "Test CA", which signed "Middle CA"', "unknown ca"),
    "self-signed": ("self", (), (), '"coracle.test" is self-signed, and not one of our CAs', "unknown ca"),
    "wrong name": ("elsewhere", (), (), f'wrong name: it is for "elsewhere.test", not for "{HOST}"', "bad certificate"),
    "wrong name of ours": ("good", (), ("name=coracle.tes",), 'wrong name: it is for "coracle.test", not for "coracle.tes"',
                           "bad certificate"),
    "expired": ("good", ("-rtc", "base=2060-05-06"), (), r'"\S.*" expired on 20\d\d-\d\d-\d\d; our clock says 2060-05-0\d',
                "certificate expired"),
    "not yet valid": ("good", ("-rtc", "base=2021-02-03"), (),
                      r'"\S.*" is not valid before 20\d\d-\d\d-\d\d; our clock says 2021-02-0\d', "certificate unknown"),
    "weak hash": ("sha1", (), (), "a certificate is signed in a way that is not taken|.*is signed by a hash that is too weak", "."),
    "short key": ("short", (), (), '"coracle.test" has a key that is too short, or of an odd curve', "."),
    "not a server's": ("no-server", (), (), "it is not for this end of a connection", "."),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("why", REFUSED)
def test_client_refuses(arch, pki, why, version):
    """Each with its own reason, which also reaches the server as an alert; nothing is said to it."""
    cert, args, words, reason, alert = REFUSED[why]
    words = ("ca=/ca.pem", *words)
    with Server(pki, cert, "-cipher", "DEFAULT:@SECLEVEL=0", version=version) as s, \
            connecting(arch, pki, s.port, *words, GET, args=args) as m:
        assert m.wait() == 0
        assert re.search(f"^refused: (certificate refused: )?({reason})", m.text, re.M), m.text
        assert "made 0 resumed 0" in m.text and "connected" not in m.text
        assert re.search(f"alert.*{alert}", s.text), s.text


def test_client_insecure(arch, pki):
    """Only if it says so; and such a session is not resumed."""
    with Server(pki, "self") as s, connecting(arch, pki, s.port, "insecure", "times=2", GET) as m:
        assert m.wait() == 0
        assert "made 2 resumed 0" in m.text


def edited_tree(arch, tmp_path, change):
    """The machine's own tree, changed. QEMU puts bootargs and initrd into it."""
    path = tmp_path / "edited.dtb"
    path.write_bytes(stub.edit(stub.dump_tree(tmp_path / "tree.dtb", arch).read_bytes(), change))
    return ("-dtb", path)


def no_clock(source):
    changed = re.sub(r'"(arm,pl031|google,goldfish-rtc)', '"none', source)
    assert changed != source
    return changed


def no_seed(source):
    changed = re.sub(r"\n\s*(rng|kaslr)-seed = <[^>]*>;", "", source)
    assert changed != source
    return changed


def without_seed(arch, pki, tmp_path, words, **options):
    """A machine whose tree has no rng-seed. (QEMU puts one into any tree on riscv64: this one it does not know.)"""
    image, initrd, tree = (stub.RAM[arch] + at for at in (0x1000000, 0x2800000, 0x3000000))

    def change(source):
        if arch == "riscv64":  # as OpenSBI does
            source = source.replace("/dts-v1/;", "/dts-v1/;\n/memreserve/ 0x80000000 0x80000;")
        end = initrd + os.path.getsize(pki.initrd)
        ends = f"linux,initrd-start = <{initrd:#x}>; linux,initrd-end = <{end:#x}>;"
        return no_seed(source).replace("chosen {", f"chosen {{ {ends}")

    bootargs = ("semihosting " if arch == "aarch64" else "") + "quiet -- " + " ".join(str(w) for w in words)
    good = stub.dump_tree(tmp_path / "tree.dtb", arch, bootargs=bootargs).read_bytes()
    (tmp_path / "seedless.dtb").write_bytes(stub.edit(good, change))
    args = (*stub.load(image_path(arch, APP), image), *stub.load(pki.initrd, initrd),
            *stub.load(tmp_path / "seedless.dtb", tree))
    return Machine(arch, APP, kernel=stub.write_stub(tmp_path / "stub", arch, image, tree), net="user", forward=(PORT,),
                   args=(*args, *options.pop("args", ())), **options)


@pytest.mark.parametrize("version", VERSIONS)
def test_client_without_a_clock(arch, pki, version, tmp_path):
    """No certificate can be judged: it is refused, and the reason is our clock."""
    with Server(pki, version=version) as s, \
            connecting(arch, pki, s.port, "ca=/ca.pem", GET, args=edited_tree(arch, tmp_path, no_clock)) as m:
        assert m.wait() == 0
        assert re.search(r'refused: certificate refused: "\S.*" is not valid before \d{4}-\d\d-\d\d; '
                         "our clock is not set, it says 1970-01-01", m.text), m.text


def test_server_without_a_clock(arch, pki, tmp_path):
    """A server needs none: its own certificate is judged by its clients, and one that it makes is valid for them."""
    with serving(arch, pki, "self=box.test", args=edited_tree(arch, tmp_path, no_clock)) as m:
        for words in ((), ("-sess_out", tmp_path / "session"), ("-sess_in", tmp_path / "session")):
            c = Client(m.ports[PORT], *words)
            assert c.ok, c.text
        assert "Reused" in c.text


@pytest.mark.parametrize("case", ["TLS 1.0", "TLS 1.1", "RSA key exchange", "CBC"])
def test_client_refuses_what_is_old(arch, pki, case):
    version, words = {
        "TLS 1.0": ("-tls1", ()), "TLS 1.1": ("-tls1_1", ()),
        "RSA key exchange": ("1.2", ("AES128-GCM-SHA256",)),
        "CBC": ("1.2", ("ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA",)),
    }[case]
    with Server(pki, "rsa", "-cipher", ":".join((*(words or ("ALL",)), "@SECLEVEL=0")), version=version) as s, \
            connecting(arch, pki, s.port, "ca=/ca.pem", GET) as m:
        assert m.wait() == 0
        assert re.search("refused: .*(protocol version|handshake failure|no version of TLS)", m.text), m.text


# --- what is given to it


@pytest.mark.parametrize("words, reason", [
    (("serve", PORT), "a certificate is missing"),
    (("serve", PORT, "cert=/good.pem"), "a key is missing"),
    (("serve", PORT, "cert=/good.pem", "key=/nowhere.key"), "cannot read /nowhere.key: No such file or directory"),
    (("serve", PORT, "cert=/good.pem", "key=/rsa.key"), "the key does not belong to the certificate"),
    (("serve", PORT, "cert=/good.pem", "key=/locked.key"), "/locked.key: no key in it can be used"),
    (("serve", PORT, "cert=/junk.pem", "key=/good.key"), "/junk.pem: no certificate in it can be used"),
    (("serve", PORT, "cert=/good.key", "key=/good.key"), "/good.key: no certificate in it can be used"),
    (("serve", PORT, "cert=data:@@", "key=/good.key"), 'what follows "data:" is not base64'),
    (("serve", PORT, *OWN, "ask"), "nobody to trust: no CA was given"),
    (("connect", HOST, PORT), "nobody to trust: no CA was given"),
    (("connect", HOST, PORT, "ca=/initrd"), "cannot read /initrd: No such file or directory"),
], ids=str)
def test_context(arch, pki, words, reason):
    with guest(arch, pki, *words) as m:
        m.wait()
        assert f"no context: {reason}" in m.text, m.text


def test_certificate_from_arguments(arch, pki):
    with serving(arch, pki, f"cert={pki.data('good.pem')}", f"key={pki.data('good.key')}") as m:
        assert client(m, pki).ok


def test_no_entropy(arch, pki, tmp_path):
    """Keys that could be guessed are not made; a virtio-rng is enough."""
    words = ("serve", PORT, *OWN)
    with without_seed(arch, pki, tmp_path, words) as m:
        m.wait()
        assert "no context: no entropy: the machine has no rng-seed, virtio-rng, RNDR or Zkr" in m.text, m.text
    with without_seed(arch, pki, tmp_path, words, args=("-device", "virtio-rng-device")) as m:
        m.expect("listening")
        assert client(m, pki).ok


@pytest.mark.parametrize("arch", [a for a in ARCHS if a == "aarch64"])
def test_entropy_of_the_processor(arch, pki, tmp_path):
    """RNDR alone. (QEMU's riscv64 offers Zkr to S-mode only if firmware allows it.)"""
    with without_seed(arch, pki, tmp_path, ("serve", PORT, *OWN), cpu="max") as m:
        m.expect("listening")
        assert client(m, pki).ok


# --- ends, cuts, hangs, rubbish


@pytest.mark.parametrize("version", VERSIONS)
def test_server_is_cut_off(server, pki, version):
    """A connection that just ends is not the end of what was said."""
    with python_client(server, pki, version) as s:
        s.sendall(b"half")
        assert s.recv(100) == b"half"
    server.expect(r"client TLS")
    server.expect(r"broken: the other side closed the connection without saying so \(Connection reset by peer\)")
    with python_client(server, pki, version) as s:
        s.sendall(b"whole")
        assert s.recv(100) == b"whole"
        s.unwrap()
    server.expect(r"client TLS")
    server.expect(r"^end")


class Raw:
    """A TCP server for a guest that connects; act(socket) for each client, in a thread."""

    def __init__(self, act):
        self.act = act
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                s, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        with s, contextlib.suppress(OSError):
            s.settimeout(PATIENCE)
            self.act(s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "cut off"])
def test_client_is_cut_off(arch, pki, version, whole):
    def act(s):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.minimum_version = c.maximum_version = PYTHON_VERSIONS[version]
        c.load_cert_chain(pki.path("good.pem"), pki.path("good.key"))
        with c.wrap_socket(s, server_side=True) as t:
            heard = b""
            while not heard.endswith(b"\r\n\r\n"):
                heard += t.recv(100)
            t.sendall(b"answer")
            if whole:
                t.unwrap()

    with Raw(act) as r, connecting(arch, pki, r.port, "ca=/ca.pem", "say=x") as m:
        assert m.wait() == 0
        assert "got 6: answer" in m.text
        assert ("\nend\n" in m.text) == whole
        assert ("broken: the other side closed the connection without saying so" in m.text) != whole


def hang(s):
    """Takes what comes and says nothing."""
    while s.recv(4096):
        pass


def drip(s):
    """A record of 16 KiB that never ends, byte by byte."""
    s.sendall(b"\x16\x03\x03\x40\x00")
    while True:
        s.sendall(b"\x00")
        time.sleep(0.2)


@pytest.mark.parametrize("act, reason", [
    (lambda s: s.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n") or hang(s), "the other side does not speak TLS"),
    (lambda s: s.recv(1), "the other side closed the connection without saying so|Connection reset"),
    (lambda s: s.sendall(b"\x15\x03\x03\x00\x02\x02\x28") or hang(s), "the other side refused: handshake failure"),
    (lambda s: s.sendall(random.Random(2).randbytes(5000)) or hang(s), "the other side does not speak TLS"),
    (hang, "no answer to the handshake in time"),
    (drip, "no answer to the handshake in time|a message"),
], ids=["HTTP", "gone", "alert", "noise", "hang", "drip"])
def test_client_meets_no_server(arch, pki, act, reason):
    with Raw(act) as r, connecting(arch, pki, r.port, "ca=/ca.pem", "ms=3000") as m:
        assert m.wait() == 0
        assert re.search(f"refused: ({reason})", m.text), m.text


def hello(pki, version=None):
    """The first bytes of a client."""
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        python_context(pki, version).wrap_bio(coming, going, server_hostname=NAME).do_handshake()
    return going.read()


def raw_client(m, data, port=PORT):
    """Send it, and all that the guest answers until it ends the connection."""
    with socket.create_connection(("127.0.0.1", m.ports[port]), PATIENCE) as s:
        with contextlib.suppress(ConnectionError):
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass


def test_server_meets_no_client(server, pki):
    noise = random.Random(3)
    start = hello(pki)
    for data, reason in ((b"", "closed the connection"), (b"GET / HTTP/1.0\r\n\r\n", "the other side does not speak TLS"),
                         (b"\x16\x03", "closed the connection"), (start[:50], "closed the connection"),
                         (start[:5] + b"\xff" * (len(start) - 5), "."), (start[:3] + b"\xff\xff" + start[5:], "."),
                         (b"\x16\x03\x01\x00\x00" * 50, "."), (b"\x17\x03\x03\x40\x00" + noise.randbytes(16384), "."),
                         *((noise.randbytes(noise.randrange(1, 3000)), ".") for _ in range(20))):
        raw_client(server, data)
        server.expect(f"refused: .*{reason}")
    assert client(server, pki).ok


def test_server_is_left_waiting(server, pki):
    """A client that hangs in its handshake goes when its time is up, and the next one is served."""
    with socket.create_connection(("127.0.0.1", server.ports[PORT]), PATIENCE) as s:
        s.sendall(hello(pki)[:100])
        server.expect(r"refused: .*\n")
        while s.recv(4096):
            pass
    assert client(server, pki).ok


class Flipper:
    """Between a client and the guest: one bit of the byte `at` of what the `up` or down stream carries is turned."""

    def __init__(self, port, up, at):
        self.up, self.at, self.port = up, at, port
        self.turned = False
        self.raw = Raw(self.relay)

    def relay(self, near):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as far:
            thread = threading.Thread(target=self.pump, args=(near, far, self.up), daemon=True)
            thread.start()
            self.pump(far, near, not self.up)
            thread.join(PATIENCE)

    def pump(self, a, b, spoil):
        at = 0
        with contextlib.suppress(OSError):
            while data := bytearray(a.recv(65536)):
                if spoil and at <= self.at < at + len(data):
                    data[self.at - at] ^= 1 << self.at % 8
                    self.turned = True
                at += len(data)
                b.sendall(data)
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RD if s is a else socket.SHUT_WR)


def test_a_bit_is_turned(server, pki):
    """Wherever it is in a connection: it fails, or what comes back is what was said (a record's version, which nobody
    looks at). The guest goes on, and its memory is what it was."""
    said = bytes(range(256))
    seen = {"failed": 0, "same": 0}
    with python_client(server, pki) as s:  # what is made once is made
        s.unwrap()
    free = [int(n) for n in re.findall(r"^free (\d+)\n", server.text, re.M)][-1]
    for version in VERSIONS:
        for up in (True, False):
            for at in (*range(0, 12, 3), *range(17, 1400, 131)):
                flipper = Flipper(server.ports[PORT], up, at)
                with flipper.raw:
                    heard = b""
                    try:
                        with python_client(server, pki, version, flipper.raw.port) as s:
                            s.settimeout(PATIENCE)
                            s.sendall(said)
                            while len(heard) < len(said) and (data := s.recv(1000)):
                                heard += data
                            s.unwrap()
                    except (OSError, ValueError):
                        pass
                assert said.startswith(heard), f"{version} {up} {at}"
                seen["same" if heard == said else "failed"] += flipper.turned
    assert seen["failed"] > 25, seen
    before = len(server.text)
    assert client(server, pki).ok
    server.wait_for(lambda _: re.search(r"^free \d+\n", server.text[before:], re.M), "the last client's end")
    assert abs(int(re.findall(r"^free (\d+)\n", server.text, re.M)[-1]) - free) <= 16384


# --- many


def test_server_many(server, pki):
    """After 200 handshakes of all kinds the memory is what it was after the first 20."""
    contexts = [python_context(pki, v) for v in VERSIONS]
    sessions = [None, None]
    failing = ssl.create_default_context()

    def once(i):
        which = i % 2
        c = failing if i % 5 == 4 else contexts[which]
        with contextlib.suppress(ssl.SSLError), \
                socket.create_connection(("127.0.0.1", server.ports[PORT]), PATIENCE) as raw, \
                c.wrap_socket(raw, server_hostname=NAME, session=sessions[which] if i % 5 < 2 else None) as s:
            s.sendall(b"x")
            assert s.recv(1) == b"x"
            sessions[which] = s.session
            if i % 3:
                s.unwrap()

    def free_after(n):
        before = len(re.findall(r"\nfree \d+\n", server.text))
        for i in range(n):
            once(i)
        server.wait_for(lambda data: len(re.findall(rb"\nfree \d+\r?\n", data)) >= before + n, "the last one's end")
        return int(re.findall(r"^free (\d+)\n", server.text, re.M)[-1])

    first = free_after(20)
    assert abs(free_after(200) - first) <= 8192, re.findall(r"^free (\d+)\n", server.text, re.M)


@pytest.mark.parametrize("version", VERSIONS)
def test_client_many(arch, pki, version):
    with Server(pki, version=version) as s, connecting(arch, pki, s.port, "ca=/ca.pem", "times=101", "quiet", GET) as m:
        assert m.wait(3 * PATIENCE) == 0
        assert "made 101 resumed 100" in m.text
        first, middle, last = (int(n) for n in re.findall(r"^free (\d+)\n", m.text, re.M))
        # The last session is what the context keeps.
        assert abs(middle - last) <= 4096 and abs(first - last) <= 32768
