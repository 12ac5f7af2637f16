# SPDX-License-Identifier: MIT
"""What httpd owes its clients, over the wire: RFC 9110 and 9112, and that nobody can starve others.

Fixture http_server: an httpd with its default folder; .host and .port say where it listens.
"""

import concurrent.futures
import json
import pathlib
import resource
import select
import socket
import time

import pytest

TIMEOUT = 20
WWW = pathlib.Path(__file__).resolve().parents[2] / "apps/httpd/www"
INDEX = (WWW / "index.html").read_bytes()
ICON = (WWW / "favicon.svg").read_bytes()
MANY = 1000

# For many clients at once, here and in what the fixture starts (QEMU's own network has a descriptor each).
_, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (8192 if _hard == resource.RLIM_INFINITY else min(8192, _hard), _hard))


class Response:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __getitem__(self, name):
        return self.fields.get(name.lower())


class Client:
    """One connection, and what arrived on it."""

    def __init__(self, server):
        self.sock = socket.create_connection((server.host, server.port), TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def more(self):
        got = self.sock.recv(65536)
        assert got, f"the server closed the connection after {self.data[:200]!r}"
        self.data += got

    def response(self, head=False):
        """The next response; head: it answers a HEAD."""
        while b"\r\n\r\n" not in self.data:
            self.more()
        text, self.data = self.data.split(b"\r\n\r\n", 1)
        first, *lines = text.decode("latin-1").split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1"
        fields = {}
        for line in lines:
            name, value = line.split(":", 1)
            assert name == name.strip() and name.lower() not in fields
            fields[name.lower()] = value.strip()
        status = int(status)
        length = 0 if head or status == 304 else int(fields["content-length"])
        while len(self.data) < length:
            self.more()
        body, self.data = self.data[:length], self.data[length:]
        return Response(status, fields, body)

    def get(self, path="/", *fields, method="GET"):
        lines = (f"{method} {path} HTTP/1.1", "Host: test", *fields, "", "")
        self.send("\r\n".join(lines).encode("latin-1"))
        return self.response(head=method == "HEAD")

    def closed(self, within=TIMEOUT):
        """Does the server close it, having sent nothing more?"""
        self.sock.settimeout(within)
        try:
            return not self.data and not self.sock.recv(1)
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False


@pytest.fixture
def client(http_server):
    with Client(http_server) as c:
        yield c


def crowd(server, count):
    """So many connections that say nothing yet. One by one: QEMU's own network takes one at a time, and
    who comes too early is heard again after a second."""
    clients = []
    for _ in range(count):
        clients.append(Client(server))
        time.sleep(0.003)
    return clients


def ask(server, *args, **kwargs):
    with Client(server) as c:
        return c.get(*args, **kwargs)


# --- plain requests


def test_get_serves_the_index(client):
    r = client.get("/")
    assert (r.status, r.body) == (200, INDEX)
    assert r["Content-Type"] == "text/html; charset=utf-8"
    assert r["Accept-Ranges"] == "bytes"
    assert r["ETag"].startswith('"') and r["ETag"].endswith('"')
    assert client.get("/index.html").body == INDEX
    assert client.get("/?a=b").body == INDEX


def test_content_type_follows_the_extension(client):
    r = client.get("/favicon.svg")
    assert (r.status, r.body, r["Content-Type"]) == (200, ICON, "image/svg+xml")


@pytest.mark.parametrize("path", ["/", "/favicon.svg", "/status.json", "/missing"])
def test_head_is_get_without_the_body(client, path):
    head = client.get(path, method="HEAD")
    get = client.get(path)
    assert head.status == get.status
    assert head.fields.keys() == get.fields.keys()
    changing = {"date", "content-length"} if path == "/status.json" else {"date"}
    assert all(head[n] == get[n] for n in get.fields if n not in changing)


def test_missing_file_keeps_the_connection(client):
    assert client.get("/missing").status == 404
    assert client.get("/index.html/").status == 404
    assert client.get("/" + "x" * 4000).status == 404
    assert client.get("/").status == 200


def test_status_json(client):
    r = client.get("/status.json")
    s = json.loads(r.body)
    assert (r.status, r["Content-Type"], r["Cache-Control"]) == (200, "application/json", "no-store")
    assert isinstance(s["arch"], str) and s["system"] and s["release"] and s["host"]
    assert 0 < s["boot_ms"] <= 1000 * s["uptime_s"]
    assert 0 < s["mem_free"] < s["mem_total"]
    assert s["connections"] >= 1
    later = json.loads(client.get("/status.json").body)
    assert later["requests"] > s["requests"] >= 1
    assert later["uptime_s"] >= s["uptime_s"]


# --- paths


@pytest.mark.parametrize("path", ["/%69ndex.html", "//index.html", "/./index.html", "/x/../index.html",
                                  "/index%2ehtml", "/a/b/%2e%2e/../index.html", "http://other/index.html",
                                  "HTTP://other:80/index.html?q", "/index.html?/../.."])
def test_paths_that_mean_the_index(client, path):
    r = client.get(path)
    assert (r.status, r.body) == (200, INDEX)


def test_absolute_form_without_a_path(client):
    assert client.get("http://other").body == INDEX
    assert client.get("http://other?x").body == INDEX


@pytest.mark.parametrize("path", ["/..", "/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/x/../../y",
                                  "/a%00b", "/%", "/%4", "/%zz", "/%4g"])
def test_paths_that_are_refused(client, path):
    assert client.get(path).status == 400


# --- connections


def test_keep_alive_and_close(client):
    for _ in range(3):
        assert client.get("/")["Connection"] is None
    assert client.get("/", "Connection: foo, Close ,bar")["Connection"] == "close"
    assert client.closed()


def test_heads_of_both_kinds_in_turn(http_server):
    """A file's head is made once and kept: for the kind of client that asked last."""
    with Client(http_server) as stays:
        for _ in range(3):
            r = stays.get("/favicon.svg")
            assert (r.status, r["Connection"], r.body) == (200, None, ICON)
            kept = {name: value for name, value in r.fields.items() if name != "date"}
            for _ in range(2):
                with Client(http_server) as goes:
                    r = goes.get("/favicon.svg", "Connection: close")
                    assert (r.status, r["Connection"], r.body) == (200, "close", ICON)
                    assert goes.closed()
                del r.fields["connection"]
                assert {name: value for name, value in r.fields.items() if name != "date"} == kept


def test_http_1_0(http_server):
    with Client(http_server) as c:
        c.send(b"GET / HTTP/1.0\r\n\r\n")
        r = c.response()
        assert (r.status, r["Connection"], r.body) == (200, "close", INDEX)
        assert c.closed()
    with Client(http_server) as c:
        for _ in range(2):
            c.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            assert c.response()["Connection"] == "keep-alive"
        c.send(b"GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n")
        assert c.response()["Connection"] == "close"
        assert c.closed()


def test_higher_minor_version(client):
    client.send(b"GET / HTTP/1.7\r\nHost: a\r\n\r\n")
    assert client.response().status == 200


def test_pipelining(client):
    kinds = [("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/missing", 404), ("GET", "/favicon.svg", 200),
             ("GET", "/status.json", 200), ("DELETE", "/", 405)]
    sent = kinds * 20
    client.send("".join(f"{m} {p} HTTP/1.1\r\nHost: a\r\n\r\n" for m, p, _ in sent).encode())
    for method, path, status in sent:
        r = client.response(head=method == "HEAD")
        assert r.status == status
        if method == "GET" and path == "/":
            assert r.body == INDEX
    assert client.data == b""


def test_pipelining_to_a_client_that_reads_late(client):
    count = 2000
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sending = pool.submit(client.send, request * count)
        time.sleep(1)
        for _ in range(count):
            r = client.response()
            assert (r.status, r.body) == (200, INDEX)
        sending.result(TIMEOUT)


def test_byte_by_byte(client):
    for byte in b"GET /favicon.svg HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n":
        client.send(bytes([byte]))
        time.sleep(0.002)
    r = client.response()
    assert (r.status, r.body) == (200, ICON)


@pytest.mark.parametrize("size", [7, 61, 1000])
def test_requests_split_anywhere(client, size):
    data = b"GET / HTTP/1.1\r\nHost: a\r\nX-Filler: " + b"x" * 300 + b"\r\n\r\n"
    data = data * 5
    for i in range(0, len(data), size):
        client.send(data[i:i + size])
        time.sleep(0.001)
    for _ in range(5):
        assert client.response().body == INDEX


def test_empty_lines_before_a_request(client):
    client.send(b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.response().status == 200
    assert client.response().status == 200


# --- what is malformed or refused

H = b"Host: a\r\n"
MALFORMED = {
    "no target": (b"GET\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "space in the target": (b"GET /a b HTTP/1.1\r\n" + H + b"\r\n", 400),
    "space behind the version": (b"GET / HTTP/1.1 \r\n" + H + b"\r\n", 400),
    "space in front": (b" GET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "tab": (b"GET\t/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "relative target": (b"GET a HTTP/1.1\r\n" + H + b"\r\n", 400),
    "asterisk": (b"GET * HTTP/1.1\r\n" + H + b"\r\n", 400),
    "userinfo": (b"GET http://u@a/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "fragment": (b"GET /#x HTTP/1.1\r\n" + H + b"\r\n", 400),
    "eight bits in the target": (b"GET /\xc3\xa4 HTTP/1.1\r\n" + H + b"\r\n", 400),
    "NUL in the target": (b"GET /\x00 HTTP/1.1\r\n" + H + b"\r\n", 400),
    "lower-case version": (b"GET / http/1.1\r\n" + H + b"\r\n", 400),
    "odd version": (b"GET / HTTP/1.11\r\n" + H + b"\r\n", 400),
    "version without a minor": (b"GET / HTTP/2\r\n" + H + b"\r\n", 400),
    "version 0": (b"GET / HTTP/0.9\r\n\r\n", 505),
    "version 2": (b"GET / HTTP/2.0\r\n" + H + b"\r\n", 505),
    "version 2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "bare LF": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare LF behind a field": (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
    "bare CR": (b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
    "CR CR LF": (b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\n" + H + H + b"\r\n", 400),
    "bad host": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "folded field": (b"GET / HTTP/1.1\r\n" + H + b"X: a\r\n b\r\n\r\n", 400),
    "folded first": (b"GET / HTTP/1.1\r\n X: a\r\n" + H + b"\r\n", 400),
    "no colon": (b"GET / HTTP/1.1\r\n" + H + b"Nothing\r\n\r\n", 400),
    "no name": (b"GET / HTTP/1.1\r\n" + H + b": x\r\n\r\n", 400),
    "bad name": (b"GET / HTTP/1.1\r\n" + H + b"A(b): x\r\n\r\n", 400),
    "eight bits in a name": (b"GET / HTTP/1.1\r\n" + H + b"A\xe4: x\r\n\r\n", 400),
    "NUL in a value": (b"GET / HTTP/1.1\r\n" + H + b"X: a\x00b\r\n\r\n", 400),
    "control in a value": (b"GET / HTTP/1.1\r\n" + H + b"X: a\x0bb\r\n\r\n", 400),
    "length without digits": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: x\r\n\r\n", 400),
    "empty length": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length:\r\n\r\n", 400),
    "negative length": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: -1\r\n\r\n", 400),
    "signed length": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: +1\r\n\r\n", 400),
    "hexadecimal length": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: 0x1\r\n\r\n", 400),
    "list of lengths": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: 1, 1\r\n\r\n", 400),
    "two lengths": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    "length of 2^64": (b"GET / HTTP/1.1\r\n" + H + b"Content-Length: 18446744073709551616\r\n\r\n", 400),
    "chunked": (b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    "chunked and a length": (b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                             400),
    "chunked in 1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "rubbish": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
    "too many fields": (b"GET / HTTP/1.1\r\n" + H + b"X: y\r\n" * 101 + b"\r\n", 431),
    "long field": (b"GET / HTTP/1.1\r\n" + H + b"X: " + b"y" * 9000 + b"\r\n\r\n", 431),
    "long field name": (b"GET / HTTP/1.1\r\n" + H + b"X" * 9000 + b": y\r\n\r\n", 431),
    "endless field": (b"GET / HTTP/1.1\r\n" + H + b"X: " + b"y" * 100000, 431),
    "long target": (b"GET /" + b"y" * 9000 + b" HTTP/1.1\r\n" + H + b"\r\n", 414),
    "long method": (b"G" * 9000 + b" / HTTP/1.1\r\n" + H + b"\r\n", 414),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_is_refused_and_the_connection_closed(http_server, what):
    data, status = MALFORMED[what]
    with Client(http_server) as c:
        # What follows must never be taken for a request.
        c.send(data + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        r = c.response()
        assert (r.status, r["Connection"]) == (status, "close")
        assert c.closed()


def test_target_of_8000_bytes_is_read(client):
    assert client.get("/?" + "q" * 8000).status == 200


@pytest.mark.parametrize("method,status", [("PUT", 405), ("DELETE", 405), ("PATCH", 405), ("OPTIONS", 405),
                                           ("TRACE", 405), ("POST", 405), ("BREW", 501), ("get", 501)])
def test_other_methods(client, method, status):
    r = client.get("/", method=method)
    assert r.status == status
    assert status != 405 or r["Allow"] == "GET, HEAD"
    assert client.get("/").status == 200


def test_power_off_is_not_for_everybody(client):
    assert client.get("/poweroff").status == 404
    assert client.get("/poweroff", method="POST").status == 405
    assert client.get("/").status == 200


def test_expectations(http_server):
    with Client(http_server) as c:
        r = c.get("/", "Expect: 100-continue", "Content-Length: 5", method="POST")
        assert (r.status, r["Connection"]) == (405, "close")
    assert ask(http_server, "/", "Expect: tea").status == 417


# --- bodies


@pytest.mark.parametrize("size", [1, 100, 20000, 65536])
def test_a_body_is_skipped(client, size):
    body = (b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n" * (size // 30 + 1))[:size]
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
    client.send(head + body + b"GET /favicon.svg HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.response().status == 405
    r = client.response()
    assert (r.status, r.body) == (200, ICON)


def test_a_get_with_a_body(client):
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab")
    assert client.response().body == INDEX
    client.send(b"cGET /favicon.svg HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.response().body == ICON


def test_a_large_body_ends_the_connection(client):
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + bytes(100000))
    r = client.response()
    assert (r.status, r["Connection"]) == (405, "close")
    assert client.closed()


# --- ranges and conditions

N = len(INDEX)
RANGES = [
    ("bytes=0-0", 0, 1), ("bytes=0-", 0, N), ("bytes=5-9", 5, 10), ("bytes=5-", 5, N), ("bytes=-1", N - 1, N),
    (f"bytes=-{N}", 0, N), (f"bytes=-{N + 1}", 0, N), (f"bytes=0-{N - 1}", 0, N), (f"bytes=0-{N + 1}", 0, N),
    (f"bytes={N - 1}-", N - 1, N), ("BYTES=1-2", 1, 3), ("bytes=0-18446744073709551615", 0, N),
]


@pytest.mark.parametrize("value,first,end", RANGES)
def test_range(client, value, first, end):
    r = client.get("/", f"Range: {value}")
    assert (r.status, r.body) == (206, INDEX[first:end])
    assert r["Content-Range"] == f"bytes {first}-{end - 1}/{N}"


@pytest.mark.parametrize("value", [f"bytes={N}-", f"bytes={N}-{N + 5}", "bytes=-0", "bytes=99999999-"])
def test_range_outside(client, value):
    r = client.get("/", f"Range: {value}")
    assert (r.status, r["Content-Range"]) == (416, f"bytes */{N}")


@pytest.mark.parametrize("value", ["bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes 0-1", "lines=0-1", "bytes=1",
                                   "bytes=0-1,3-4", "bytes=--1", "bytes=0x1-2", "bytes=1-99999999999999999999"])
def test_range_that_is_ignored(client, value):
    r = client.get("/", f"Range: {value}")
    assert (r.status, r.body) == (200, INDEX)


def test_range_of_head_is_ignored(client):
    r = client.get("/", "Range: bytes=0-1", method="HEAD")
    assert (r.status, r["Content-Length"]) == (200, str(N))


def test_if_range(client):
    tag = client.get("/")["ETag"]
    assert client.get("/", "Range: bytes=0-1", f"If-Range: {tag}").status == 206
    assert client.get("/", "Range: bytes=0-1", f"If-Range: W/{tag}").status == 200
    assert client.get("/", "Range: bytes=0-1", 'If-Range: "other"').status == 200


def test_if_none_match(client):
    tag = client.get("/")["ETag"]
    for value in (tag, "W/" + tag, "*", f'"a", {tag}', f'"a,b",W/{tag} , "c"'):
        r = client.get("/", f"If-None-Match: {value}")
        assert (r.status, r.body, r["ETag"]) == (304, b"", tag)
        assert client.get("/", f"If-None-Match: {value}", method="HEAD").status == 304
    for value in ('"other"', tag.strip('"'), "", '"*"'):
        assert client.get("/", f"If-None-Match: {value}").body == INDEX
    assert client.get("/missing", "If-None-Match: *").status == 404
    assert client.get("/favicon.svg", f"If-None-Match: {tag}").status == 200


def test_if_match(client):
    tag = client.get("/")["ETag"]
    assert client.get("/", f"If-Match: {tag}").status == 200
    assert client.get("/", "If-Match: *").status == 200
    assert client.get("/", 'If-Match: "other"').status == 412
    assert client.get("/", f"If-Match: W/{tag}").status == 412


def test_if_modified_since(client):
    r = client.get("/")
    if r["Last-Modified"] is None:
        pytest.skip("the file system keeps no times")
    since = f"If-Modified-Since: {r['Last-Modified']}"
    assert client.get("/", since).status == 304
    assert client.get("/", since, 'If-None-Match: "other"').status == 200


# --- nobody starves others


def test_early_close(http_server):
    """Clients that vanish at any point do no harm."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for i, c in enumerate(crowd(http_server, 60)):
        with c:
            c.send((request * 40)[:1 + i * 17])
            if i % 3 == 0:
                c.sock.shutdown(socket.SHUT_WR)
            if i % 3 == 1:
                c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert ask(http_server, "/").body == INDEX


def test_half_close(client):
    """A client may say that it has nothing more to ask, and still gets its answer."""
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.response().body == INDEX
    assert client.closed()


def test_slow_and_silent_clients_do_not_starve_others(http_server):
    silent = crowd(http_server, 50)
    slow = crowd(http_server, 50)
    greedy = crowd(http_server, 10)
    try:
        for c in slow:
            c.send(b"GET / HTTP/1.1\r\nHo")
        for c in greedy:
            c.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        started = time.monotonic()
        for _ in range(20):
            assert ask(http_server, "/favicon.svg").body == ICON
        assert time.monotonic() - started < 5
        for c in slow:
            c.send(b"st: a\r\n\r\n")
        assert all(c.response().body == INDEX for c in slow)
        assert all(c.get("/").status == 200 for c in silent)
    finally:
        for c in silent + slow + greedy:
            c.sock.close()


def test_an_unfinished_request_is_given_up(http_server):
    """Within 10 s of its beginning, however the client dribbles."""
    with Client(http_server) as c:
        started = time.monotonic()
        c.send(b"GET / HTTP/1.1\r\n")
        while not select.select([c.sock], [], [], 0.5)[0]:
            assert time.monotonic() - started < 15
            c.send(b"X: y\r\n")
        r = c.response()
        assert (r.status, r["Connection"]) == (408, "close")
        assert 8 < time.monotonic() - started < 15
        assert c.closed()


def test_a_thousand_connections(http_server):
    clients = crowd(http_server, MANY)
    try:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for _ in range(2):
                assert all(pool.map(lambda c: c.get("/favicon.svg").body == ICON, clients))
            status = json.loads(clients[0].get("/status.json").body)
            assert status["connections"] >= MANY
    finally:
        for c in clients:
            c.sock.close()
    assert ask(http_server, "/").body == INDEX
