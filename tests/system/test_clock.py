# SPDX-License-Identifier: MIT
"""The wall clock by SNTP: from chronyd, whom DHCP or `ntp=` names, and from a server of our own that is wrong.

The machine's clock chip says 2001, so that what the clock shows tells where it has its time from."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from dhcp import NTP, DhcpServer
from lan import HOST, STATIC, Lan, ask, beside, needed, sh

pytestmark = needed
SECOND = "10.99.7.123"
WRONG = ("-rtc", "base=2001-02-03T04:05:06")
NTP_TO_UNIX = 2208988800
NEAR = 30  # seconds: the machine is slow, and the years that we tell apart are not


def clock(m):
    """(wall clock, monotonic clock) there."""
    line = next(l for l in ask(m, "time") if l.startswith("time ") and len(l.split()) == 3)
    return tuple(map(float, line.split()[1:]))


def right(m):
    return abs(clock(m)[0] - time.time()) < NEAR


def chronyd(lan):
    """The host's own time; it does not touch the host's clock."""
    conf = f"{lan.folder.name}/chrony.conf"
    with open(conf, "w", encoding="ascii") as f:
        f.write(f"local stratum 5\nallow all\nport 123\ncmdport 0\nbindaddress {HOST}\nbindcmdaddress /\n"
                f"pidfile {lan.folder.name}/chrony.pid\ndriftfile {lan.folder.name}/drift\n")
    server = lan.program("/usr/sbin/chronyd", "-d", "-x", "-u", "root", "-f", conf)
    server.expect("chronyd version")
    return server


class NtpServer:
    """Answers with script(request) -> bytes, list of them or None."""

    def __init__(self, address=HOST):
        self.asked, self.ended = [], False
        self.script = self.answer
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 123))
        self.sock.settimeout(0.1)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.sock.close()
        print(f"--- NTP: {len(self.asked)} questions")

    def run(self):
        while not self.ended:
            try:
                data, source = self.sock.recvfrom(2000)
            except TimeoutError:
                continue
            self.asked.append((time.monotonic(), data))
            sent = self.script(data)
            for message in [sent] if isinstance(sent, bytes) else sent or ():
                self.sock.sendto(message, source)

    @staticmethod
    def answer(request, now=None, leap=0, version=4, mode=4, stratum=2, reference=b"TEST", origin=None):
        stamp = int(((time.time() if now is None else now) + NTP_TO_UNIX) * 2**32) & (2**64 - 1)
        first, origin = leap << 6 | version << 3 | mode, request[40:48] if origin is None else origin
        return struct.pack(">BBbb4s4s4sQ8sQQ", first, stratum, 6, -20, bytes(4), bytes(4), reference, stamp, origin,
                           stamp, stamp)


@contextlib.contextmanager
def scripted(arch, script, bootargs=f"{STATIC} ntp={HOST}"):
    """A guest whose server sends script(server, request); the server, and the link."""
    with Lan(ipv6=False) as lan, NtpServer() as server:
        server.script = lambda request: script(server, request)
        yield lan.guest(arch, args=WRONG, bootargs=bootargs), server, lan


# --- who is asked


@beside
def test_without_a_server(arch):
    """The clock chip's time, and nobody is asked."""
    with Lan(ipv6=False) as lan:
        m = lan.guest(arch, args=WRONG, bootargs=STATIC)
        assert 981173106 <= clock(m)[0] < 981173106 + 3600
        time.sleep(1)
        assert not lan.wire.seen(lambda p: p.udp(123) is not None)


@beside
def test_chronyd_named_by_bootarg(arch):
    with Lan(ipv6=False) as lan:
        chronyd(lan)
        m = lan.guest(arch, args=WRONG, bootargs=f"{STATIC} ntp={HOST}")
        m.expect(rf"clock: set to .* by NTP from {HOST}")
        assert right(m)


@beside
def test_chronyd_named_by_dhcp(arch):
    with Lan(ipv6=False) as lan:
        chronyd(lan)
        lan.dnsmasq("--dhcp-range=10.99.7.100,10.99.7.150,2m", f"--dhcp-option=option:ntp-server,{HOST}")
        m = lan.guest(arch, args=WRONG)
        m.expect(rf"clock: set to .* by NTP from {HOST}")
        assert right(m)


@beside
def test_said_time_is_the_time(arch):
    """The line of the log has the date that was set."""
    with scripted(arch, lambda server, r: server.answer(r, now=1893553445)) as (m, _, _):  # 2030-01-02 03:04:05
        m.expect(r"clock: set to 2030-01-02[ T]03:04:0\d")
        assert abs(clock(m)[0] - 1893553445) < NEAR


@beside
def test_bootarg_over_dhcp(arch):
    """Who is named by hand is asked, not whom the network names."""
    with Lan(ipv6=False) as lan, NtpServer() as server, DhcpServer() as dhcp:
        sh(f"ip addr add {SECOND}/24 dev tap0")
        dhcp.more[NTP] = socket.inet_aton(SECOND)
        m = lan.guest(arch, args=WRONG, bootargs=f"ntp={HOST}")
        m.expect(f"by NTP from {HOST}")
        assert server.asked
        assert not lan.wire.seen(lambda p: p.udp(123) is not None and p.dst == SECOND)


@beside
def test_off(arch):
    with Lan(ipv6=False) as lan, NtpServer() as server, DhcpServer() as dhcp:
        dhcp.more[NTP] = socket.inet_aton(HOST)
        m = lan.guest(arch, args=WRONG, bootargs="ntp=off")
        time.sleep(1)
        assert not server.asked and not right(m)


@beside
def test_second_server(arch):
    """The first one is silent, or not there."""
    with Lan(ipv6=False) as lan, NtpServer() as server:
        m = lan.guest(arch, args=WRONG, bootargs=f"{STATIC} ntp={SECOND},{HOST}")
        m.expect(f"by NTP from {HOST}")
        assert right(m) and server.asked


@beside
def test_server_by_name(arch):
    with Lan(ipv6=False) as lan, NtpServer():
        lan.dnsmasq("--no-dhcp-interface=tap0", f"--host-record=clock.test,{HOST}")
        m = lan.guest(arch, args=WRONG, bootargs=f"{STATIC}:{HOST} ntp=clock.test")
        m.expect(f"by NTP from {HOST}")
        assert right(m)


# --- what it says


@beside
def test_monotonic_clock_does_not_jump(arch):
    """When the wall clock goes by decades."""
    ready = threading.Event()

    def script(server, r):
        ready.wait(20)
        return server.answer(r)

    with scripted(arch, script) as (m, _, _):
        before = clock(m)
        ready.set()
        m.expect("by NTP from")
        after = clock(m)
        assert after[0] - before[0] > 20 * 365 * 86400
        assert 0 < after[1] - before[1] < 60


@pytest.mark.parametrize("now", [2085978496 + 3, 4102444800], ids=["next-era", "2100"])
@beside
def test_after_2036(arch, now):
    """The 32 bits of NTP's seconds begin again in February 2036."""
    with scripted(arch, lambda server, r: server.answer(r, now=now)) as (m, _, _):
        m.expect("by NTP from")
        assert abs(clock(m)[0] - now) < NEAR


LIES = {
    "wrong-origin": lambda s, r: s.answer(r, now=1, origin=b"\1" * 8),
    "no-origin": lambda s, r: s.answer(r, now=1, origin=bytes(8)),
    "not-synchronised": lambda s, r: s.answer(r, now=1, leap=3),
    "stratum-16": lambda s, r: s.answer(r, now=1, stratum=16),
    "our-own-mode": lambda s, r: s.answer(r, now=1, mode=3),
    "zero-time": lambda s, r: s.answer(r)[:40] + bytes(8),
    "short": lambda s, r: s.answer(r, now=1)[:47],
    "empty": lambda s, r: b"",
}


@pytest.mark.parametrize("lie", LIES)
@beside
def test_lies(arch, lie):
    """They come first and change nothing; the good answer that follows sets the clock."""
    with scripted(arch, lambda server, r: [LIES[lie](server, r), server.answer(r)]) as (m, _, _):
        m.expect("by NTP from")
        assert right(m)
        assert m.text.count("clock: set") == 1


@beside
def test_go_away(arch):
    """A kiss of death ("RATE") is no time: another server is asked, and this one not again for the time that RFC
    4330, 10 asks for."""
    with Lan(ipv6=False) as lan, NtpServer() as other:
        sh(f"ip addr add {SECOND}/24 dev tap0")
        with NtpServer(SECOND) as server:
            server.script = lambda r: server.answer(r, now=1, stratum=0, reference=b"RATE", leap=3)
            m = lan.guest(arch, args=WRONG, bootargs=f"{STATIC} ntp={SECOND},{HOST}")
            m.expect(f"by NTP from {HOST}")
            time.sleep(3)
            assert right(m) and len(server.asked) == 1 and other.asked


@beside
def test_answer_from_elsewhere(arch):
    """A right looking answer from another host is not looked at."""
    with Lan(ipv6=False) as lan, NtpServer() as server:
        sh(f"ip addr add {SECOND}/24 dev tap0")
        with NtpServer(SECOND) as other:

            def script(request):
                question = lan.wire.expect(lambda p: p.udp(123) == request, "the question")
                port, = struct.unpack(">H", question.payload[:2])
                other.sock.sendto(other.answer(request, now=1), (question.src, port))
                time.sleep(0.2)
                return server.answer(request)

            server.script = script
            m = lan.guest(arch, args=WRONG, bootargs=f"{STATIC} ntp={HOST}")
            m.expect("by NTP from")
            assert right(m) and m.text.count("clock: set") == 1
