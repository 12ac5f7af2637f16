# SPDX-License-Identifier: MIT
"""mDNS and DNS-SD with avahi on the host: each finds the other's name, httpd's service is seen, names that are
taken give way, and without the bootarg there is silence."""

import os
import re
import socket
import struct

import pytest

import dns
from lan import GUEST, GUEST_LL, HOST, STATIC, TAP, Lan, answers, beside, curl, needed, output, resolve, until
from test_ipv6 import INDEX

pytestmark = needed
GROUP = "224.0.0.251"
ON = f"{STATIC} mdns=on"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>
"""


class Avahi:
    """avahi-daemon on the link, with a message bus of its own for its clients."""

    def __init__(self, lan, name="peer"):
        folder = lan.folder.name
        self.env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={folder}/bus")
        with open(f"{folder}/bus.conf", "w", encoding="ascii") as f:
            f.write(BUS.format(folder))
        with open(f"{folder}/avahi.conf", "w", encoding="ascii") as f:
            f.write(f"[server]\nhost-name={name}\nallow-interfaces={TAP}\n[publish]\npublish-workstation=no\n")
        lan.program("dbus-daemon", "--nofork", f"--config-file={folder}/bus.conf")
        until(lambda: os.path.exists(f"{folder}/bus"), "the message bus")
        # Its files in /run are its own, so that it minds no other avahi-daemon.
        self.daemon = lan.program("unshare", "-m", "sh", "-c", "mount -t tmpfs none /run && mkdir /run/avahi-daemon && "
                                  "exec avahi-daemon --no-drop-root --no-chroot --no-rlimits "
                                  f"-f {folder}/avahi.conf", env=self.env)
        self.daemon.expect("Server startup complete")

    def client(self, *words):
        return output("env", f"DBUS_SYSTEM_BUS_ADDRESS={self.env['DBUS_SYSTEM_BUS_ADDRESS']}", *words, status=None)

    def resolve(self, name, family):
        """The address of a name, or None."""
        said = self.client("avahi-resolve", f"-{family}", "-n", name)
        match = re.match(rf"{re.escape(name)}\t(\S+)", said)
        return match and match[1]

    def browse(self, kind):
        """{(name, address): (port, text)} of the services on the link."""
        found = {}
        for line in self.client("avahi-browse", "-rptk", kind).splitlines():
            w = line.split(";")
            if w[0] == "=":
                found[w[3].replace(r"\032", " "), w[7]] = (int(w[8]), w[9])
        return found


def group_socket():
    """One that is no responder's: it asks from a port of its own (RFC 6762, 6.7)."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
    s.settimeout(1)
    return s


def question(name, kind=dns.A, ident=0, cls=1):
    return struct.pack(">HHHHHH", ident, 0, 1, 0, 0, 0) + dns.name(name) + struct.pack(">HH", kind, cls)


def mine(p):
    return not p.out and p.udp(5353) is not None


@beside
def test_off_without_the_bootarg(arch):
    """Nobody is told, no group is joined, no question is answered."""
    with Lan() as lan, group_socket() as s:
        m = lan.guest(arch, "httpd", bootargs=STATIC)
        m.expect(f"eth0: {GUEST_LL}/64")
        for _ in range(2):
            s.sendto(question("coracle.local"), (GROUP, 5353))
            with pytest.raises(TimeoutError):
                s.recv(1000)
        assert answers(GUEST)
        assert not lan.wire.seen(mine)
        assert not lan.wire.seen(lambda p: not p.out and p.protocol == 2 and socket.inet_aton(GROUP) in p.payload)


@beside
def test_avahi(arch):
    """It resolves our name to both addresses and back, and sees httpd, which is where it says."""
    with Lan() as lan:
        avahi = Avahi(lan)
        lan.guest(arch, "httpd", bootargs=ON)
        until(lambda: avahi.resolve("coracle.local", 4) == GUEST, "our name by IPv4")
        until(lambda: avahi.resolve("coracle.local", 6) == GUEST_LL, "our name by IPv6")
        assert avahi.client("avahi-resolve", "-a", GUEST).split() == [GUEST, "coracle.local"]
        until(lambda: ("coracle", GUEST) in avahi.browse("_http._tcp"), "our service")
        services = avahi.browse("_http._tcp")
        port, _ = services["coracle", GUEST]
        assert port == 80 and curl(f"http://{GUEST}:{port}/") == INDEX
        assert {name for name, _ in services} == {"coracle"}
        assert "_http._tcp" in avahi.client("avahi-browse", "-aptk")


@beside
def test_hostname(arch):
    with Lan() as lan:
        avahi = Avahi(lan)
        lan.guest(arch, "httpd", bootargs=f"{ON} hostname=buoy-7")
        until(lambda: avahi.resolve("buoy-7.local", 4) == GUEST, "our name")
        assert avahi.resolve("coracle.local", 4) is None


@beside
def test_name_is_taken(arch):
    """Somebody is called as we are: we take another name, and both are found."""
    with Lan() as lan:
        avahi = Avahi(lan, "coracle")
        assert avahi.resolve("coracle.local", 4) == HOST
        m = lan.guest(arch, "httpd", bootargs=ON)
        m.expect("coracle-2")
        until(lambda: avahi.resolve("coracle-2.local", 4) == GUEST, "our new name")
        assert avahi.resolve("coracle.local", 4) == HOST


@beside
def test_probes_before_it_claims(arch):
    """RFC 6762, 8: three questions whether anybody has the name, then two announcements, all to the group."""
    with Lan() as lan:
        lan.guest(arch, "httpd", bootargs=ON)
        lan.wire.expect(lambda p: mine(p) and p.kind == 0x0800 and p.udp()[2] & 0x80, "an announcement")
        ours = lan.wire.seen(lambda p: mine(p) and p.kind == 0x0800)
        claims = [p.udp()[2] >= 0x80 for p in ours]
        assert claims.index(True) >= 3 and not any(claims[:3])
        assert {p.dst for p in ours} == {GROUP} and {p.body[8] for p in ours} == {255}


@beside
def test_guest_asks(arch):
    """A name in .local is asked of the group, not of a name server."""
    with Lan() as lan:
        Avahi(lan)
        m = lan.guest(arch, bootargs=STATIC)
        assert resolve(m, "peer.local", 4) == [HOST]
        assert not lan.wire.seen(lambda p: not p.out and p.udp(53) is not None)


@beside
def test_question_of_a_simple_client(arch):
    """From another port than 5353: the answer goes to it alone, with the question's number; none for another's name."""
    with Lan() as lan, group_socket() as s:
        lan.guest(arch, "httpd", bootargs=ON)
        lan.wire.expect(lambda p: mine(p) and p.udp()[2] & 0x80, "an announcement")

        def ask_until_answered():
            s.sendto(question("coracle.local", ident=0x1234), (GROUP, 5353))
            try:
                return s.recv(1000)
            except TimeoutError:
                return None

        answer = []
        until(lambda: answer.append(ask_until_answered()) or answer[-1], "an answer")
        assert answer[-1][:2] == b"\x12\x34" and socket.inet_aton(GUEST) in answer[-1]
        s.sendto(question("other.local", ident=0x1235), (GROUP, 5353))
        with pytest.raises(TimeoutError):
            while s.recv(1000)[:2] == b"\x12\x34":
                pass


@beside
def test_link_comes_back(arch):
    """All is announced anew, since the link may be another one."""
    with Lan() as lan:
        avahi = Avahi(lan)
        m = lan.guest(arch, "httpd", bootargs=ON)
        until(lambda: avahi.resolve("coracle.local", 4) == GUEST, "our name")
        m.qmp("set_link", name="net0", up=False)
        m.expect("link down")
        at = lan.wire.mark()
        m.qmp("set_link", name="net0", up=True)
        lan.wire.expect(lambda p: mine(p) and p.udp()[2] & 0x80, "an announcement", at)
        assert avahi.resolve("coracle.local", 4) == GUEST


@beside
def test_damaged_packets(arch):
    """Questions and answers cut at each byte, spoilt in each, with names that loop: it survives and answers."""
    with Lan() as lan, group_socket() as s:
        avahi = Avahi(lan)
        lan.guest(arch, "httpd", bootargs=ON)
        until(lambda: avahi.resolve("coracle.local", 4) == GUEST, "our name")
        answer = struct.pack(">HHHHHH", 0, 0x8400, 0, 1, 0, 0) + dns.address("other.local", "10.9.9.9")
        service = question("_http._tcp.local", dns.PTR)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            peer.bind((HOST, 5353))
            for good in (question("coracle.local"), service, answer):
                for n in range(len(good)):
                    spoilt = (good[:n] + bytes([v]) + good[n + 1:] for v in (0, 0xC0, 0xFF, good[n] ^ 1))
                    for bad in (good[:n], *spoilt):
                        for sender in (s, peer):
                            sender.sendto(bad, (GROUP, 5353))
            for loop in (b"\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\3abc\xc0\x0c"):
                s.sendto(struct.pack(">HHHHHH", 0, 0, 1, 0, 0, 0) + loop + b"\0\1\0\1", (GROUP, 5353))
        assert answers(GUEST)
        until(lambda: avahi.resolve("coracle.local", 4) == GUEST, "our name")
