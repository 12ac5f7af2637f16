# SPDX-License-Identifier: MIT
"""Malformed frames are dropped, and the guest still answers ARP and ping after each kind."""

import itertools
import random
import struct

import pytest

import frames
from frames import Cable, arp, ethernet, icmp, icmp6, ipv4, ipv6, tcp
from machine import Machine

SYN, ACK, RST = 2, 16, 4


def truncated():
    """Every length of frames that were right."""
    whole = (arp(1), ipv4(1, frames.echo(1)), ipv4(6, tcp(SYN, options=b"\2\4\5\xb4")),
             ipv6(58, icmp6(135, bytes(4) + bytes(16) + b"\1\1" + frames.OUR_MAC)))
    for frame in whole:
        for n in range(1, len(frame)):
            yield frame[:n]


def ip_headers():
    body = frames.echo(2)
    for ihl in range(16):
        yield ipv4(1, body, ihl=ihl)
    for length in (0, 1, 19, 20, 21, 27, 60000, 65535):
        yield ipv4(1, body, length=length)
    for version in (0, 3, 5, 6, 15):
        yield ipv4(1, body, version=version)
    yield ipv4(1, body, good=False)
    for protocol in range(256):
        yield ipv4(protocol, b"\xff" * 40)


def ip_options():
    for kind, size in itertools.product((0, 1, 7, 68, 131, 137, 255), (0, 1, 2, 3, 39, 40, 255)):
        yield ipv4(1, frames.echo(3), options=bytes((kind, size)) + bytes(range(38)))


def fragments():
    body = frames.echo(4, 3000)
    more, part = 0x2000, 1480
    yield ipv4(1, body[:part], fragment=more, ident=1)  # never completed
    for offset in (1, 100, 184, 185, 186, 0x1FFF):
        yield ipv4(1, body[part:], fragment=offset, ident=1)  # overlapping, beyond the end
        yield ipv4(1, body[:8], fragment=more | offset, ident=2)
    yield ipv4(1, b"", fragment=more, ident=3)
    yield ipv4(1, b"x", fragment=more, ident=4)  # no multiple of eight
    for ident in range(300):  # more than there is room for
        yield ipv4(17, bytes(1400), fragment=more, ident=1000 + ident)


def tcp_headers():
    for flags in range(256):
        yield ipv4(6, tcp(flags))
    for offset in range(16):
        yield ipv4(6, tcp(SYN, offset=offset, options=bytes(8)))
    for option in (b"\2\0", b"\2\1", b"\2\xff", b"\3\0\0\0", b"\4\2\5\0", b"\x08\x0a", b"\xff\xff" * 20,
                   b"\1" * 40, b"\2\4\0\0" + b"\0" * 36, b"\2\4\0\1" * 10):
        yield ipv4(6, tcp(SYN, options=option[:40].ljust((len(option[:40]) + 3) // 4 * 4, b"\1")))
    yield ipv4(6, tcp(SYN, good=False))
    for _ in range(200):  # half-open connections that nobody completes
        yield ipv4(6, tcp(SYN, seq=random.Random(_).randrange(1 << 32)))
    yield ipv4(6, tcp(ACK, payload=bytes(1400), seq=1 << 31))
    yield ipv4(6, tcp(SYN | RST))


def icmp_rubbish():
    inner = ipv4(6, tcp(SYN))[14:]
    for kind, code in itertools.product(range(45), (0, 1, 4, 255)):
        yield ipv4(1, icmp(kind, bytes(4) + inner[:28], code))
        yield ipv4(1, icmp(kind, b"", code))
    yield ipv4(1, icmp(8, bytes(60), good=False))
    yield ipv4(1, icmp(3, struct.pack(">HH", 0, 1) + inner, 4))  # a path that takes one byte


def arp_rubbish():
    for operation in (0, 3, 255, 65535):
        yield arp(operation)
    for sizes in ((0, 0), (255, 255), (6, 16), (4, 6)):
        yield arp(1, sizes=sizes)
    yield arp(1, sender=frames.GUEST_IP)  # somebody else claims the guest's address
    yield arp(1, sender="0.0.0.0")
    yield arp(2, sender="255.255.255.255")
    for i in range(300):  # more neighbours than the table holds
        yield arp(1, sender=f"10.0.5.{i % 200 + 20}")


def ipv6_rubbish():
    for length in (0, 1, 7, 1000, 65535):
        yield ipv6(58, icmp6(128, bytes(8)), length=length)
    for header in range(256):
        yield ipv6(header, bytes(range(40)))
        yield ipv6(header, b"\0" * 8)
        yield ipv6(header, b"\xff" * 8)
    for kind in range(130, 160):
        for option in (b"", b"\1\0", b"\1\0" + bytes(6), b"\1\xff" + bytes(6), b"\3\4", b"\5\1\0\0\0\0\0\1",
                       b"\x19\0", b"\2\1", b"\x1f\2" + b"\xff" * 14):
            yield ipv6(58, icmp6(kind, bytes(4) + bytes(16) + option))
            yield ipv6(58, icmp6(kind, bytes(12) + option))
    yield ipv6(44, b"\x3a\0\xff\xf9\0\0\0\1" + bytes(64))  # a fragment beyond the end


def noise():
    draw = random.Random(1)
    for _ in range(1000):
        kind = draw.choice((frames.IPV4, frames.ARP, frames.IPV6, draw.randrange(65536)))
        yield ethernet(kind, draw.randbytes(draw.randrange(1500)))


def mutated():
    """One byte of a right frame changed."""
    draw = random.Random(2)
    whole = [arp(1), ipv4(1, frames.echo(5)), ipv4(6, tcp(SYN)), ipv6(58, icmp6(128, bytes(8)))]
    for _ in range(1000):
        frame = bytearray(draw.choice(whole))
        frame[draw.randrange(12, len(frame))] = draw.randrange(256)
        yield bytes(frame)


def sizes():
    # Not 0: QEMU takes an empty datagram for the end of its netdev.
    for n in (1, 13, 14, 15, 59, 60, 1513, 1514, 1515, 1518, 2000, 4000, 9000):
        yield ethernet(frames.IPV4, bytes(n))[:n]


KINDS = (truncated, ip_headers, ip_options, fragments, tcp_headers, icmp_rubbish, arp_rubbish, ipv6_rubbish,
         noise, mutated, sizes)


@pytest.fixture(scope="module")
def wire(arch):
    """A guest with nothing but our cable; returns the cable and a check that the guest is well."""
    cable = Cable()
    with Machine(arch, "httpd", net=cable.netdev, bootargs=frames.BOOTARGS, memory=32,
                 modern=arch == "aarch64") as m:
        m.expect("httpd: listening on port 80")
        yield cable, m
    cable.close()


def test_arp_and_ping(wire):
    cable, _ = wire
    cable.resolve()
    for size in (0, 1, 56, 1000, 1472):
        cable.ping(size, size)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_malformed(wire, kind):
    cable, m = wire
    for i, frame in enumerate(kind()):
        cable.send(frame)
        if i % 64 == 63:
            cable.ping(i)  # which also keeps us from overrunning the socket between us
    cable.resolve()
    cable.ping(9999)
    assert "panic" not in m.text and m.process.poll() is None


def test_connection_after_all_that(wire):
    """The server still shakes hands: SYN, and its SYN-ACK."""
    cable, _ = wire
    cable.resolve()

    def is_syn_ack(f):
        return f[12:14] == b"\x08\0" and f[23] == 6 and f[47] & 0x12 == 0x12 and f[36:38] == b"\x9c\x41"
    got = cable.ask(ipv4(6, tcp(SYN, seq=77, source=40001)), is_syn_ack, "SYN-ACK")
    assert struct.unpack_from(">I", got, 42)[0] == 78
