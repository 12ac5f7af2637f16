# SPDX-License-Identifier: MIT
"""A client that comes back from the same port while the last connection is in TIME-WAIT (RFC 1122, 4.2.2.13)."""

import struct

import pytest

import frames
from frames import Cable, ipv4, tcp
from machine import Machine

FIN, SYN, RST, ACK = 1, 2, 4, 16
PORT = 40100
NUMBERS = 1 << 32


class Segment:
    """What the guest sent of the connection from PORT, or None by of()."""

    @staticmethod
    def of(frame):
        mine = frame[12:14] == b"\x08\0" and frame[23] == 6 and frame[36:38] == struct.pack(">H", PORT)
        return Segment(frame[14:]) if mine else None

    def __init__(self, packet):
        size = struct.unpack_from(">H", packet, 2)[0]
        self.seq, self.ack, offset, self.flags = struct.unpack_from(">IIBB", packet, 24)
        self.data = packet[20 + (offset >> 4) * 4:size]
        self.end = (self.seq + len(self.data) + bool(self.flags & FIN) + bool(self.flags & SYN)) % NUMBERS


def ask(cable, flags, wanted, what, **fields):
    """The first segment that wanted() takes."""
    def is_answer(frame):
        s = Segment.of(frame)
        return s is not None and wanted(s)
    return Segment.of(cable.ask(ipv4(6, tcp(flags, source=PORT, **fields)), is_answer, what))


def visit(cable, seq):
    """One request, its answer, both ends closed, the guest's first: it keeps the TIME-WAIT. Returns the next
    numbers of ours and of its, and its first."""
    request = b"GET /bench.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    first, ours = (seq + 1) % NUMBERS, (seq + 1 + len(request)) % NUMBERS
    after = (ours + 1) % NUMBERS
    opened = ask(cable, SYN, lambda s: s.flags & SYN and s.ack == first, "SYN-ACK of its own", seq=seq)
    last = ask(cable, ACK, lambda s: s.flags & FIN, "answer's end", seq=first, ack=opened.end, payload=request)
    ask(cable, FIN | ACK, lambda s: s.ack == after, "ACK of our FIN", seq=ours, ack=last.end)
    return after, last.end, opened.seq


@pytest.fixture
def cable(arch):
    cable = Cable()
    with Machine(arch, "httpd", net=cable.netdev, bootargs=frames.BOOTARGS, memory=32) as m:
        m.expect("httpd: listening on port 80")
        cable.resolve()
        yield cable
    cable.close()


def test_same_port_again(cable):
    """A newer SYN opens a connection of its own, above the old one's numbers; three times in a row."""
    seq, below = 1000, None
    for _ in range(3):
        ours, theirs, isn = visit(cable, seq)
        assert below is None or (isn - below) % NUMBERS < NUMBERS // 2
        seq, below = ours + 5, theirs


def test_old_segments(cable):
    """Duplicates of the old connection end nothing: its SYN, and what is not above its last number."""
    ours, theirs, _ = visit(cable, 5000)
    for seq in (5000, ours - 1, ours):
        s = ask(cable, SYN, lambda s: s.flags & (SYN | RST) or s.seq == theirs, "answer to an old SYN", seq=seq)
        assert not s.flags & SYN, f"SYN {seq} of an old connection, which ended at {ours}, was taken"
    visit(cable, ours + 1)


def test_wrap(cable):
    """Numbers are compared around 2^32."""
    ours, _, _ = visit(cable, NUMBERS - 20)
    assert ours < 1000
    visit(cable, ours + 1)
    visit(cable, NUMBERS // 2 - 100)
