# SPDX-License-Identifier: MIT
"""Ethernet, ARP, IP, TCP and ICMP made by hand, right and wrong, and a cable of UDP datagrams to QEMU."""

import socket
import struct
import time

from machine import PATIENCE, free_port

GUEST_MAC, OUR_MAC = bytes.fromhex("525400123456"), bytes.fromhex("525400aabbcc")
GUEST_IP, OUR_IP, OUR_IP6 = "10.0.5.15", "10.0.5.2", "fe80::2"
BOOTARGS = f"ip={GUEST_IP}::{OUR_IP}:255.255.255.0::eth0:off"
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(kind, payload, to=GUEST_MAC):
    return to + OUR_MAC + struct.pack(">H", kind) + payload


def arp(operation, target=GUEST_IP, sender=OUR_IP, sizes=(6, 4), to=b"\xff" * 6):
    body = struct.pack(">HHBBH", 1, IPV4, *sizes, operation) + OUR_MAC + socket.inet_aton(sender)
    return ethernet(ARP, body + bytes(6) + socket.inet_aton(target), to)


def ipv4(protocol, payload, *, options=b"", length=None, ihl=None, fragment=0, good=True, version=4, ident=7):
    size = 20 + len(options)
    head = struct.pack(">BBHHHBBH", version << 4 | (ihl if ihl is not None else size // 4), 0,
                       size + len(payload) if length is None else length, ident, fragment, 64, protocol, 0)
    head += socket.inet_aton(OUR_IP) + socket.inet_aton(GUEST_IP) + options
    total = checksum(head) if good else 0x1234
    return ethernet(IPV4, head[:10] + struct.pack(">H", total) + head[12:] + payload)


def icmp(kind, body, code=0, good=True):
    data = struct.pack(">BBH", kind, code, 0) + body
    return data[:2] + struct.pack(">H", checksum(data) if good else 0xBAD) + data[4:]


def echo(number, size=56):
    return icmp(8, struct.pack(">HH", 0x4321, number) + bytes(i & 0xFF for i in range(size)))


def with_pseudo_sum(protocol, data, at, source, target):
    pseudo = source + target + struct.pack(">HH", protocol, len(data)) if len(source) == 4 else (
        source + target + struct.pack(">II", len(data), protocol))
    return data[:at] + struct.pack(">H", checksum(pseudo + data)) + data[at + 2:]


def tcp(flags, *, port=80, source=40000, options=b"", offset=None, payload=b"", seq=1000, ack=0, good=True):
    words = (20 + len(options)) // 4 if offset is None else offset
    data = struct.pack(">HHIIBBHHH", source, port, seq, ack, words << 4 & 0xFF, flags, 8192, 0, 0)
    data += options + payload
    if good:
        data = with_pseudo_sum(6, data, 16, socket.inet_aton(OUR_IP), socket.inet_aton(GUEST_IP))
    return data


def ipv6(next_header, payload, *, length=None, target="ff02::1", hops=255, version=6, to=bytes.fromhex("333300000001")):
    head = struct.pack(">IHBB", version << 28, len(payload) if length is None else length, next_header, hops)
    head += socket.inet_pton(socket.AF_INET6, OUR_IP6) + socket.inet_pton(socket.AF_INET6, target)
    return ethernet(IPV6, head + payload, to)


def icmp6(kind, body, target="ff02::1", code=0):
    data = struct.pack(">BBH", kind, code, 0) + body
    source = socket.inet_pton(socket.AF_INET6, OUR_IP6)
    return with_pseudo_sum(58, data, 2, source, socket.inet_pton(socket.AF_INET6, target))


class Cable:
    """The other end of the guest's network card."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(0.2)
        self.guest = ("127.0.0.1", free_port(socket.SOCK_DGRAM))
        self.netdev = (f"dgram,id=net0,local.type=inet,local.host=127.0.0.1,local.port={self.guest[1]},"
                       f"remote.type=inet,remote.host=127.0.0.1,remote.port={self.sock.getsockname()[1]}")

    def send(self, frame):
        self.sock.sendto(frame, self.guest)

    def ask(self, frame, is_answer, what):
        """Send until an answer comes; frames may be lost on the way."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.send(frame)
            try:
                while True:
                    got = self.sock.recv(65536)
                    if is_answer(got):
                        return got
            except socket.timeout:
                pass
        raise AssertionError(f"no {what} within {PATIENCE} s")

    def resolve(self):
        """The guest answers ARP, with its own address. Then it knows ours as well."""
        got = self.ask(arp(1), lambda f: f[12:14] == b"\x08\x06" and f[20:22] == b"\0\2", "ARP reply")
        assert got[22:28] == got[6:12] == GUEST_MAC and got[28:32] == socket.inet_aton(GUEST_IP)

    def ping(self, number, size=56):
        """The guest answers an echo request, every byte of it right."""
        sent = echo(number, size)

        def is_reply(f):
            if f[12:14] == b"\x08\x06" and f[20:22] == b"\0\1":  # it asks who we are
                self.send(arp(2, to=GUEST_MAC))
            return f[12:14] == b"\x08\0" and f[23] == 1 and f[34] == 0 and f[40:42] == sent[6:8]
        got = self.ask(ipv4(1, sent), is_reply, "echo reply")
        assert checksum(got[14:34]) == 0 and got[26:30] == socket.inet_aton(GUEST_IP)
        reply = got[34:34 + len(sent)]
        assert checksum(reply) == 0 and reply[4:] == sent[4:]

    def close(self):
        self.sock.close()
