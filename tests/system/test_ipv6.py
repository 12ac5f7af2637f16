# SPDX-License-Identifier: MIT
"""IPv6 on a link with a router: addresses by SLAAC and by DHCPv6, from dnsmasq and from routers of our own
that change their mind and lie; duplicates; curl; large and fragmented packets."""

import contextlib
import socket
import struct
import time

import pytest

import frames
from lan import (GUEST_LL, GUEST_MAC, GUEST_SLAAC, HOST6, PREFIX, STATIC, TAP, Lan, addresses, answers, ask, beside,
                 curl, needed, output, resolve, sh, until)
from machine import ROOT
from wire import Namespace

pytestmark = needed
MANAGED, OTHER = 0x80, 0x40
INDEX = (ROOT / "apps/httpd/www/index.html").read_text()


def v6(m):
    return {a: n for a, n in addresses(m).items() if ":" in a}


def has(m, address):
    return address in v6(m)


def prefix(text, valid, preferred, flags=0xC0, length=64):
    return struct.pack(">BBBBIII", 3, 4, length, flags, valid, preferred, 0) + socket.inet_pton(socket.AF_INET6, text)


def rdnss(lifetime, *servers):
    addresses6 = b"".join(socket.inet_pton(socket.AF_INET6, s) for s in servers)
    return struct.pack(">BBHI", 25, 1 + 2 * len(servers), 0, lifetime) + addresses6


def advertise(lan, *options, flags=0, lifetime=1800, hops=255, edit=lambda f: f):
    """A router's advertisement to all, from fe80::2."""
    body = struct.pack(">BBHII", 64, flags, lifetime, 0, 0) + b"\1\1" + frames.OUR_MAC + b"".join(options)
    lan.wire.send(edit(frames.ipv6(58, frames.icmp6(134, body), hops=hops)))


# --- SLAAC


@beside
def test_slaac(arch):
    """It looks for duplicates, asks for a router, and has an address of the prefix at once; curl comes by it,
    by the link-local one too, and from there to here."""
    with Lan() as lan:
        lan.dnsmasq("--enable-ra", f"--dhcp-range={PREFIX},ra-only")
        m = lan.guest(arch, "httpd", bootargs="ip=off")
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        assert curl(f"http://[{GUEST_SLAAC}]/") == INDEX
        assert curl(f"http://[{GUEST_LL}%25{TAP}]/") == INDEX
        for address in (GUEST_LL, GUEST_SLAAC):
            assert lan.wire.seen(lambda p, a=address: p.icmp6(135) and not p.out and p.src == "::" and
                                 p.payload[8:24] == socket.inet_pton(socket.AF_INET6, a)), f"no probe for {address}"
        assert lan.wire.seen(lambda p: p.icmp6(133) and not p.out and p.dst == "ff02::2")


@beside
def test_router_comes_late(arch):
    """Long after we have given up asking."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_LL}/64")
        time.sleep(5)
        asked = len(lan.wire.seen(lambda p: p.icmp6(133) and not p.out))
        assert 1 <= asked <= 3  # RFC 4861, 6.3.7
        advertise(lan, prefix(PREFIX, 3600, 3600))
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        assert answers(GUEST_SLAAC)


@beside
def test_prefix_ends(arch):
    """When a prefix's time is over, so is the address's; a deprecated one still answers."""
    with Lan() as lan:
        sh(f"ip -6 addr add fd00:8::1/64 dev {TAP} nodad")
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_LL}/64")
        advertise(lan, prefix("fd00:8::", 8, 4))
        other = GUEST_SLAAC.replace("fd00:7:", "fd00:8:")
        m.expect(f"eth0: {other}/64")
        time.sleep(3)  # until it is deprecated, if not longer
        assert answers(other)
        until(lambda: not has(m, other), "the end of the address")
        assert not answers(other)
        advertise(lan, prefix("fd00:8::", 3600, 3600))
        until(lambda: answers(other), "it to come again")


def from_elsewhere(f):
    """The source is no link-local address; the checksum is right."""
    f = f[:22] + socket.inet_pton(socket.AF_INET6, "fd00:6::1") + f[38:]
    return f[:54] + frames.with_pseudo_sum(58, f[54:56] + b"\0\0" + f[58:], 2, f[22:38], f[38:54])


# How an advertisement of this prefix is spoilt; each leaves its prefix behind if it is believed.
SPOILT = {
    "hops": lambda lan, p: advertise(lan, prefix(p, 3600, 3600), hops=254),
    "code": lambda lan, p: advertise(lan, prefix(p, 3600, 3600), edit=lambda f: f[:55] + b"\1" + f[56:]),
    "checksum": lambda lan, p: advertise(lan, prefix(p, 3600, 3600), edit=lambda f: f[:56] + b"\x12\x34" + f[58:]),
    "source": lambda lan, p: advertise(lan, prefix(p, 3600, 3600), edit=from_elsewhere),
    "option-of-zero": lambda lan, p: advertise(lan, b"\5\0" + bytes(6), prefix(p, 3600, 3600)),
    "option-beyond-the-end": lambda lan, p: advertise(lan, b"\3\xff" + prefix(p, 3600, 3600)[2:]),
    "short-prefix": lambda lan, p: advertise(lan, b"\3\1" + prefix(p, 3600, 3600)[2:8]),
    "half": lambda lan, p: advertise(lan, prefix(p, 3600, 3600)[:16]),
    "preferred-after-valid": lambda lan, p: advertise(lan, prefix(p, 100, 200)),
    "length-of-63": lambda lan, p: advertise(lan, prefix(p, 3600, 3600, length=63)),
    "not-autonomous": lambda lan, p: advertise(lan, prefix(p, 3600, 3600, flags=0x80)),
    "link-local": lambda lan, p: advertise(lan, prefix("fe80:0:0:7::", 3600, 3600)),
}


@beside
def test_advertisements_that_are_none(arch):
    """None of them makes an address, nor harms: a good one afterwards does."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_LL}/64")
        for i, spoil in enumerate(SPOILT.values()):
            spoil(lan, f"fd00:66:{i:x}::")
        advertise(lan, prefix(PREFIX, 3600, 3600))
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        believed = [list(SPOILT)[int(a.split(":")[2], 16)] for a in v6(m) if a.startswith("fd00:66:")]
        assert set(v6(m)) == {GUEST_LL, GUEST_SLAAC}, believed


@beside
def test_many_prefixes(arch):
    """More than there is room for, again and again."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_LL}/64")
        advertise(lan, prefix(PREFIX, 3600, 3600))
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        for i in range(300):
            advertise(lan, *(prefix(f"fd01:{i:x}:{k:x}::", 3600, 3600) for k in range(20)))
        assert answers(GUEST_SLAAC)
        assert {GUEST_LL, GUEST_SLAAC} <= set(v6(m)) and len(v6(m)) <= 8


@beside
def test_duplicate(arch):
    """Somebody has our address: it is not used, and the log says so."""
    with Lan() as lan:
        sh(f"ip -6 addr add {GUEST_SLAAC}/64 dev {TAP} nodad")
        lan.dnsmasq("--enable-ra", f"--dhcp-range={PREFIX},ra-only")
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_LL}/64")
        taken = socket.inet_pton(socket.AF_INET6, GUEST_SLAAC)
        lan.wire.expect(lambda p: p.icmp6(136) and p.out and p.payload[8:24] == taken, "the host to defend its address")
        m.seen = 0
        m.expect(f"{GUEST_SLAAC}.*(in use|duplicate)")
        assert not has(m, GUEST_SLAAC)


# --- DHCPv6


@beside
def test_dhcp6_stateful(arch):
    """By the router's M: an address of the server's, beside no SLAAC; it is in the lease file and works."""
    with Lan() as lan:
        lan.dnsmasq("--enable-ra", "--dhcp-range=fd00:7::100,fd00:7::1ff,64,2m")
        m = lan.guest(arch, "httpd", bootargs="ip=off")
        address = m.expect(r"eth0: (fd00:7::1[0-9a-f]{2})/128 \(dhcpv6\)")[1].decode()
        assert any(address in lease for lease in lan.leases())
        assert curl(f"http://[{address}]/") == INDEX


@beside
def test_dhcp6_names(arch):
    """Name servers by DHCPv6 alone: the router has no RDNSS."""
    with Lan() as lan:
        log = lan.dnsmasq("--enable-ra", f"--dhcp-range={PREFIX},ra-stateless", "--host-record=six.test,fd00::36",
                          f"--dhcp-option=option6:dns-server,[{HOST6}]")
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        log.expect("DHCPINFORMATION-REQUEST|INFORMATION-REQUEST")
        until(lambda: resolve(m, "six.test", 6) == ["fd00::36"], "the name")
        assert not [lease for lease in lan.leases() if "fd00:7::" in lease]


class Dhcp6Server:
    """As much of a DHCPv6 server as short leases take; script(message type) says what is sent, if anything."""

    SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE, _, INFORM = range(1, 12)

    def __init__(self, lan, gives="fd00:7::77", t1=3, t2=5, preferred=7, valid=9):
        self.lan, self.gives, self.times = lan, gives, (t1, t2, preferred, valid)
        self.silent = lambda kind: False
        self.status = None
        self.edit = lambda body: [body]  # what is sent instead
        self.done = lan.wire.mark()
        self.asked = []

    def serve(self, check, what):
        """Answer what has come until check() is true."""
        def once():
            for p in self.lan.wire.packets[self.done:]:
                self.done += 1
                message = None if p.out else p.udp(547)
                if message:
                    self.asked.append((message[0], p))
                    if not self.silent(message[0]):
                        self.answer(p, message)
            return check()
        until(once, what)

    def kinds(self):
        return [kind for kind, _ in self.asked]

    @staticmethod
    def option(code, data):
        return struct.pack(">HH", code, len(data)) + data

    @staticmethod
    def find(message, code):
        at = 4
        while at + 4 <= len(message):
            kind, length = struct.unpack(">HH", message[at:at + 4])
            if kind == code:
                return message[at + 4:at + 4 + length]
            at += 4 + length
        return None

    def answer(self, p, message):
        kind = self.ADVERTISE if message[0] == self.SOLICIT else self.REPLY
        body = bytes([kind]) + message[1:4] + self.option(1, self.find(message, 1))
        body += self.option(2, b"\0\3\0\1" + frames.OUR_MAC)
        ia = self.find(message, 3)
        if ia:
            t1, t2, preferred, valid = self.times
            inner = self.option(5, socket.inet_pton(socket.AF_INET6, self.gives) + struct.pack(">II", preferred, valid))
            if self.status is not None:
                inner = self.option(13, struct.pack(">H", self.status) + b"no")
            body += self.option(3, ia[:4] + struct.pack(">II", t1, t2) + inner)
        for text in self.edit(body):
            self.send(text, p.src)

    def send(self, body, to):
        pseudo = (socket.inet_pton(socket.AF_INET6, a) for a in ("fe80::2", to))
        udp = frames.with_pseudo_sum(17, struct.pack(">HHHH", 547, 546, 8 + len(body), 0) + body, 6, *pseudo)
        self.lan.wire.send(bytes.fromhex(GUEST_MAC.replace(":", "")) + frames.ipv6(17, udp, target=to)[6:])


@beside
def test_dhcp6_life(arch):
    """Asked for, renewed at its server, rebound at any, given up at its end, and asked for anew."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        server = Dhcp6Server(lan)
        m.expect(f"eth0: {GUEST_LL}/64")
        advertise(lan, flags=MANAGED)
        server.serve(lambda: server.gives in m.text, "an address")
        assert server.kinds() == [server.SOLICIT, server.REQUEST]
        server.serve(lambda: server.kinds().count(server.RENEW) >= 2, "two renewals")
        assert has(m, server.gives)
        server.silent = lambda kind: kind == server.RENEW
        server.serve(lambda: server.REBIND in server.kinds(), "to be asked again, as anybody")
        assert has(m, server.gives)
        server.silent = lambda kind: True
        at = len(m.data)
        until(lambda: not has(m, server.gives), "the end of the address")
        m.wait_for(lambda data: b"lease has ended" in data[at:], "a word about it")
        server.gives, server.silent = "fd00:7::78", lambda kind: False
        server.serve(lambda: f"{server.gives}/128 (dhcpv6)" in m.text, "another address")


@beside
def test_dhcp6_refused(arch):
    """NoAddrsAvail: it asks on, less and less often, and takes one when there is one."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        server = Dhcp6Server(lan)
        server.status = 2
        m.expect(f"eth0: {GUEST_LL}/64")
        advertise(lan, flags=MANAGED)
        server.serve(lambda: len(server.asked) >= 3, "to be asked again")
        assert set(server.kinds()) == {server.SOLICIT}
        server.status = None
        server.serve(lambda: server.gives in m.text, "an address")


@beside
def test_dhcp6_lies(arch):
    """Answers with another number, for another client, from no server, of no use, cut at each byte or spoilt in
    each, come before each good one; the good one is taken."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        server = Dhcp6Server(lan, t1=100, t2=200, preferred=300, valid=400)
        evil, good = (socket.inet_pton(socket.AF_INET6, a) for a in ("fd00:7::66", server.gives))

        def lies(body):
            bad = body.replace(good, evil)
            # Its own DUID lies at 4 to 17, the server's at 18 to 31; what ends there is whole, and gives nothing.
            useless = [bad.replace(evil, bytes(16)), bad.replace(evil, b"\xff\2" + bytes(13) + b"\1")]
            return [*(useless if body[0] == server.ADVERTISE else ()), bad[:1] + bytes(3) + bad[4:], b"\x0d" + bad[1:],
                    *(bad[:n] for n in range(len(bad)) if n != 32),
                    *(bad[:n] + b"\xff" + bad[n + 1:] for n in range(4, 22)), body]

        server.edit = lies
        m.expect(f"eth0: {GUEST_LL}/64")
        advertise(lan, flags=MANAGED)
        server.serve(lambda: "(dhcpv6)" in m.text, "an address")
        assert set(v6(m)) == {GUEST_LL, server.gives}


@beside
def test_dhcp6_link_flap(arch):
    """After the link was gone the server is asked again (whatever way), and the address works."""
    with Lan() as lan:
        lan.dnsmasq("--enable-ra", "--dhcp-range=fd00:7::100,fd00:7::1ff,64,2m")
        m = lan.guest(arch, bootargs="ip=off")
        address = m.expect(r"eth0: (fd00:7::1[0-9a-f]{2})/128")[1].decode()
        m.qmp("set_link", name="net0", up=False)
        m.expect("link down")
        at = lan.wire.mark()
        m.qmp("set_link", name="net0", up=True)
        lan.wire.expect(lambda p: not p.out and p.udp(547) is not None, "a question to the server", at)
        until(lambda: answers(address), "an answer")


# --- large packets


def ping6(address, size, *options):
    return output("ping", "-n", "-6", "-c", 2, "-i", 0.2, "-W", 10, "-s", size, *options, address)


@pytest.mark.parametrize("size", [0, 1, 1452, 1453, 4000, 20000])
def test_ping(arch, shared_link, size):
    """Each byte comes back, in one packet or in fragments."""
    said = ping6(GUEST_SLAAC, size) + output("ping", "-n", "-4", "-c", 2, "-i", 0.2, "-W", 10, "-s", size, "10.99.7.2")
    assert said.count("2 received") == 2 and "wrong data" not in said, said


@pytest.fixture(scope="module")
def shared_link(arch):
    with Lan() as lan:
        lan.dnsmasq("--enable-ra", f"--dhcp-range={PREFIX},ra-only")
        m = lan.guest(arch, "httpd", bootargs=STATIC)
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        yield lan


def test_fragments_out_of_order(shared_link):
    """The last one first: the echo has each byte. With one missing there is no echo."""
    wire, source = shared_link.wire, "fe80::2"
    pseudo = tuple(socket.inet_pton(socket.AF_INET6, a) for a in (source, GUEST_LL))
    body = struct.pack(">HH", 0x77, 1) + bytes(i % 251 for i in range(3000))
    echo = frames.with_pseudo_sum(58, struct.pack(">BBH", 128, 0, 0) + body, 2, *pseudo)
    to = bytes.fromhex(GUEST_MAC.replace(":", ""))

    def send(ident, *pieces):
        for at, end in pieces:
            head = struct.pack(">BBHI", 58, 0, at | (end < len(echo)), ident)
            wire.send(to + frames.ipv6(44, head + echo[at:end], target=GUEST_LL)[6:])

    def ours(p):
        """A fragment from the guest: (offset, is the last one, data)."""
        if p.out or p.dst != source or p.protocol != 44:
            return None
        at, = struct.unpack(">H", p.payload[2:4])
        return at & ~7, not at & 1, p.payload[8:]

    at = wire.mark()
    send(1, (2000, len(echo)), (1000, 2000), (0, 1000))
    # fe80::2 is nobody: the guest's question who that is, is answered here.
    wire.expect(lambda p: p.icmp6(135) and not p.out and p.payload[8:24] == pseudo[0], "the question who asks", at)
    advert = struct.pack(">I", 0x60000000) + pseudo[0] + b"\2\1" + frames.OUR_MAC
    data = frames.with_pseudo_sum(58, struct.pack(">BBH", 136, 0, 0) + advert, 2, *pseudo)
    wire.send(to + frames.ipv6(58, data, target=GUEST_LL)[6:])
    wire.expect(lambda p: ours(p) and ours(p)[1], "the last piece of the echo", at)
    pieces = sorted(ours(p) for p in wire.seen(ours, at))
    answer = b"".join(data for _, _, data in pieces)
    assert answer[0] == 129 and answer[4:] == body
    at = wire.mark()
    send(2, (2000, len(echo)), (0, 1000))
    assert answers(GUEST_SLAAC)
    assert not wire.seen(ours, at)


@pytest.mark.parametrize("off", [(), ("host_tso6",), ("csum",)], ids=["large", "small", "no-offload"])
@beside
def test_narrow_path(arch, off):
    """A client behind a router with an MTU of 1,280, who knows of nothing: the guest learns by Packet Too Big, and
    its page arrives without waiting for a time-out."""
    with Lan() as lan, contextlib.closing(Namespace()) as beyond:
        sh(f"""sysctl -qw net.ipv6.conf.all.forwarding=1
               ip link add near type veth peer name far
               ip link set far netns {beyond.holder.pid}
               ip -6 addr add fd00:9::1/64 dev near nodad
               ip link set near mtu 1280 up""")
        beyond.sh("""ip -6 addr add fd00:9::2/64 dev far nodad
                     ip link set far mtu 1280 up
                     ip -6 route add default via fd00:9::1 advmss 1440""")
        lan.dnsmasq("--enable-ra", f"--dhcp-range={PREFIX},ra-only")
        args = [w for o in off for w in ("-global", f"virtio-net-device.{o}=off")]
        m = lan.guest(arch, "httpd", bootargs="ip=off", args=args)
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        for first in (True, False):
            at = lan.wire.mark()
            with beyond.inside():
                assert curl(f"http://[{GUEST_SLAAC}]/") == INDEX
            too_big = lan.wire.seen(lambda p: p.out and p.icmp6(2), at)
            # What was under way when the first one came, and nothing after it; the second time nothing at all.
            assert 1 <= len(too_big) <= 10 if first else not too_big


@beside
def test_dead_router(arch):
    """A router that leaves (lifetime 0) is not sent to any more; one that comes is."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs="ip=off")
        m.expect(f"eth0: {GUEST_LL}/64")
        advertise(lan, prefix(PREFIX, 3600, 3600))
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        at = lan.wire.mark()
        ask(m, "say 2001:db8::1 9 beyond")
        sent = lan.wire.expect(lambda p: p.udp(9) == b"beyond", "a packet by the router", at)
        assert sent.to == frames.OUR_MAC.hex(":")
        advertise(lan, lifetime=0)
        time.sleep(1)
        at = lan.wire.mark()
        ask(m, "say 2001:db8::1 9 beyond")
        time.sleep(1)
        assert not lan.wire.seen(lambda p: p.udp(9) == b"beyond", at)
        advertise(lan)
        ask(m, "say 2001:db8::1 9 again")
        lan.wire.expect(lambda p: p.udp(9) == b"again", "a packet by the router", at)
