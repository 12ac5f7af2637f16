# SPDX-License-Identifier: MIT
"""The clients of lib/ (HTTP, MQTT, syslog) against Debian's mosquitto and rsyslog on the host, and HTTP servers that
behave and misbehave. QEMU's user network: the host is 10.0.2.2."""

import socket
import socketserver
import subprocess
import threading
import time

import pytest

from machine import PATIENCE, Machine, free_port
from peers import Broker, Door, Rsyslog, assert_all_in_order, settled, subscriber, until, with_folder

APP = "tests/target/clients"
HOST = "10.0.2.2"


def clients(arch, *words):
    """The program with arguments. It prints lines; the machine is the caller's to stop."""
    return Machine(arch, APP, net="user", bootargs="quiet -- " + " ".join(str(w) for w in words))


# --- HTTP


class Scripted(socketserver.ThreadingTCPServer):
    """Answers by path with exactly the bytes given; keeps what it was asked."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers):
        self.answers, self.asked = answers, []
        super().__init__(("127.0.0.1", 0), Answer)
        self.port = self.server_address[1]


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        length = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length")), 0)
        self.server.asked.append(head + self.rfile.read(length))
        path = head.split()[1].decode()
        for part in self.server.answers.get(path, (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",)):
            self.wfile.write(part)
            self.wfile.flush()


def ok(body, *fields):
    return b"\r\n".join((b"HTTP/1.1 200 OK", *fields, b"Content-Length: %d" % len(body), b"", b"")) + body


BIG = bytes(range(33, 127)) * 700
CASES = {
    # path: (what is sent, arguments after the URL, what the program says)
    "/plain": ((ok(b"hello", b"Content-Type: text/plain"),), (), ("ok 200 5 text/plain", b"hello")),
    "/bytewise": (tuple(bytes([c]) for c in ok(b"slow")), (), ("ok 200 4", b"slow")),
    "/big": ((ok(BIG),), (), (f"ok 200 {len(BIG)}", BIG)),
    "/chunks": ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, chunk", b"ed!\r\n0\r\nT: v\r\n\r\n"),
                (), ("ok 200 15", b"hello, chunked!")),
    "/close": ((b"HTTP/1.0 200 OK\r\n\r\nuntil ", b"the end"), (), ("ok 200 13", b"until the end")),
    "/interim": ((b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", ok(b"final")), (), ("ok 200 5", b"final")),
    "/empty": ((b"HTTP/1.1 204 No Content\r\n\r\n",), (), ("ok 204 0", b"")),
    "/missing": ((b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope",), (), ("ok 404 4", b"nope")),
    "/moved": ((b"HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n",), (2,), ("ok 200 5", b"hello")),
    "/stay": ((b"HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n",), (0,), ("ok 302 0", b"")),
    "/loop": ((b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n",), (3,), ("Too many symbolic", b"")),
    "/short": ((b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour",), (), ("Connection reset by peer 200 4", b"four")),
    "/long": ((ok(b"0123456789"),), (0, 8), ("Message too long 200 7", b"0123456")),
    "/two": ((b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nfour",), (), ("Bad message 200 0", b"")),
    "/junk": ((b"SSH-2.0-OpenSSH_9.2\r\n",), (), ("Bad message 0 0", b"")),
    "/badchunk": ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",), (), ("Bad message 200 0", b"")),
    "/hang-up": ((), (), ("Connection reset by peer 0 0", b"")),
}


@pytest.fixture(scope="module")
def scripted():
    with Scripted({path: case[0] for path, case in CASES.items()}) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("path", CASES)
def test_http(arch, scripted, path):
    _, words, (line, body) = CASES[path]
    with clients(arch, "http", f"http://{HOST}:{scripted.port}{path}", *words) as m:
        assert m.wait() == 0
        assert f"reply {line}" in m.text, m.text
        text = m.data.replace(b"\r\n", b"\n")
        assert body + b"\nend" in text


def test_http_post(arch, scripted):
    with clients(arch, "post", f"http://{HOST}:{scripted.port}/plain", "21.5") as m:
        assert m.wait() == 0
        assert "reply ok 200 5" in m.text
    asked = scripted.asked[-1]
    assert asked.startswith(b"POST /plain HTTP/1.1\r\n") and asked.endswith(b"\r\n\r\n21.5")
    assert f"Host: {HOST}:{scripted.port}\r\n".encode() in asked and b"Content-Type: text/plain" in asked


def test_http_nobody_listens(arch):
    with clients(arch, "http", f"http://{HOST}:{free_port()}/") as m:
        assert m.wait() == 0
        assert "reply Connection refused 0 0" in m.text or "reply Connection reset" in m.text, m.text


# --- MQTT


@pytest.fixture
def broker():
    with with_folder(Broker, Broker.kill) as b:
        yield b


@pytest.mark.parametrize("version", [4, 5])
def test_mqtt(arch, broker, version):
    """Publishes, hears, keeps a quiet connection alive, and leaves its will."""
    broker.start()
    with subscriber(broker, "test/#") as sub:
        with clients(arch, "mqtt", version, broker.port, 100, 0, 0) as m:
            m.expect("bad topic 1, bad filter 1")
            m.expect("delivered 100 dropped 0 connects 1")
            until(lambda: len(sub.lines) >= 100, "the messages")
            assert sub.lines == [str(i) for i in range(100)]
            subprocess.run(broker.client("mosquitto_pub", "-t", "test/to", "-m", "are you there", "-q", "1"), check=True)
            m.expect("heard test/to are you there")
            until(lambda: "PINGREQ from coracle-test" in broker.log(), "a PINGREQ")
            assert f"p{'5' if version == 5 else '2'}" in broker.log()
            assert "\ndown: " not in m.text  # not OpenSBI's "Shutdown"
        until(lambda: "gone" in sub.lines, "the will")


def broker_comes_late_and_again(broker, start):
    """Published while there is no broker, while it is killed and started again: all arrive, in order. start(port, count):
    the guest, whose broker is at that port."""
    count, heard = 150, []
    door = Door(broker.port)
    with start(door.port, count) as m:
        m.expect("down: ")
        for _ in range(2):
            broker.start()
            with subscriber(broker, "test/from") as sub:
                door.open()
                m.expect("up: connected")
                until(lambda: len(sub.lines) > 20, "messages")
                # Gone in the middle of it; what the subscriber has not heard, it was not told of either.
                broker.kill()
                door.close()
                heard += settled(sub.lines)
            m.expect("down: ")
        broker.start()
        with subscriber(broker, "test/from") as sub:
            door.open()
            m.expect(rf"delivered {count} dropped 0 connects 3")
            until(lambda: str(count - 1) in sub.lines, "the last message")
            heard += sub.lines
    door.close()
    # mosquitto_sub tells of the broker's end where it tells of messages.
    assert_all_in_order([line for line in heard if line.isdigit()], count)


def test_mqtt_broker_comes_late_and_again(arch, broker):
    broker_comes_late_and_again(broker, lambda port, count: clients(arch, "mqtt", 4, port, count, 100, 0))


def test_mqtt_room(arch, broker):
    """Without a broker and with little room the oldest go, and are counted; the newest arrive."""
    with clients(arch, "mqtt", 4, broker.port, 100, 0, 1000) as m:
        m.expect("down: ")
        broker.start()
        with subscriber(broker, "test/from") as sub:
            match = m.expect(r"delivered (\d+) dropped (\d+) connects 1")
            delivered, dropped = int(match[1]), int(match[2])
            assert delivered + dropped == 100 and 10 < delivered < 40
            until(lambda: len(sub.lines) >= delivered, "the messages")
            assert sub.lines == [str(i) for i in range(dropped, 100)]


def test_mqtt_silent_broker(arch):
    """One that takes the connection and says nothing is given up by the keep-alive."""
    with socket.create_server(("127.0.0.1", 0)) as server, \
            clients(arch, "mqtt", 4, server.getsockname()[1], 1, 0, 0) as m:
        server.settimeout(PATIENCE)
        first, _ = server.accept()
        assert first.recv(100)[:1] == b"\x10"  # CONNECT
        m.expect("down: ")
        second, _ = server.accept()
        first.close()
        second.close()


# --- syslog


@pytest.fixture
def rsyslog():
    with with_folder(Rsyslog, Rsyslog.stop) as r:
        yield r


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_syslog(arch, rsyslog, scheme):
    rsyslog.start()
    with clients(arch, "syslog", f"{scheme}://{HOST}:{rsyslog.port}", "state-is", 5, 20) as m:
        m.expect("sent 5 lost 0 connects 1")
        assert m.wait() == 0
    until(lambda: len(rsyslog.lines()) >= 5, "five messages")
    for i, (version, facility, severity, when, host, app, text) in enumerate(rsyslog.lines()):
        assert (version, facility, severity) == ("1", "local3", "notice")
        assert (host, app, text.strip()) == ("device-7", "clients", f"state-is {i}")
        assert when.startswith("20")


def test_syslog_server_comes_late_and_again(arch, rsyslog):
    """TCP: what is said while nobody listens waits; a server that was restarted is found again."""
    with clients(arch, "syslog", f"tcp://{HOST}:{rsyslog.port}", "n", 40, 150) as m:
        m.expect("started 0")
        time.sleep(1.5)
        rsyslog.start()
        until(lambda: len(rsyslog.lines()) >= 15, "messages")
        rsyslog.stop()
        time.sleep(0.5)
        rsyslog.start()
        m.expect(r"sent 40 lost 0 connects \d")
    until(lambda: any(l[-1].strip() == "n 39" for l in rsyslog.lines()), "the last message")
    numbers = [int(l[-1].split()[1]) for l in rsyslog.lines()]
    # TCP has no answers: at most what was on its way when the server went may be missing.
    assert numbers == sorted(set(numbers)) and numbers[0] == 0 and len(numbers) >= 38, numbers


def test_syslog_room(arch, rsyslog):
    """More than there is room for while nobody listens: the rest is counted, and the server is told."""
    with clients(arch, "syslog", f"tcp://{HOST}:{rsyslog.port}", "n", 200, 0) as m:
        m.expect("started 0")
        time.sleep(1)
        rsyslog.start()
        lost = int(m.expect(r"sent \d+ lost (\d+) connects")[1])
    assert 100 < lost < 190
    until(lambda: any("messages were lost" in l[-1] for l in rsyslog.lines()), "the count of those lost")
    assert any(f"{lost} messages were lost: no room" in l[-1] for l in rsyslog.lines())
