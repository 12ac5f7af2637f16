# SPDX-License-Identifier: MIT
"""A DHCP server that does what a test tells it to: short leases, silence, refusal, nonsense. It keeps what
it was asked. (dnsmasq leases for two minutes at least, and is never wrong.)"""

import socket
import struct
import threading
import time

from lan import GUEST, HOST, TAP, until

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
MASK, ROUTER, DNS, NAME, NTP = 1, 3, 6, 12, 42
WANTED, LEASE, OVERLOAD, KIND, SERVER, ASKED_FOR, T1, T2 = 50, 51, 52, 53, 54, 55, 58, 59
COOKIE = b"\x63\x82\x53\x63"
SO_BINDTODEVICE, IP_PKTINFO = 25, 8


def seconds(n):
    return struct.pack(">I", n)


class Message:
    """What a client sent."""

    def __init__(self, data, to, source):
        self.data, self.to, self.source, self.at = data, to, source, time.monotonic()
        self.xid, self.flags = data[4:8], struct.unpack(">H", data[10:12])[0]
        self.client, self.mac = socket.inet_ntoa(data[12:16]), data[28:34].hex(":")
        self.options = {}
        rest = data[240:]
        while rest and rest[0] != 255:
            if rest[0] == 0:
                rest = rest[1:]
                continue
            self.options[rest[0]] = rest[2:2 + rest[1]]
            rest = rest[2 + rest[1]:]
        self.kind = self.options[KIND][0]

    def address(self, option):
        return socket.inet_ntoa(self.options[option]) if option in self.options else None

    def __repr__(self):
        return f"{self.kind} from {self.source} to {self.to} for {self.client}: {self.options}"


class DhcpServer:
    """with DhcpServer() as s: s.gives, .lease, .t1 and .t2 say what is leased; .accepts(message) whether one is
    looked at; .naks(message) whether it is refused. .more are further options."""

    def __init__(self, device=TAP, address=HOST):
        self.ours = address
        self.gives, self.lease, self.t1, self.t2 = GUEST, 3600, None, None
        self.more = {MASK: socket.inet_aton("255.255.255.0"), ROUTER: socket.inet_aton(HOST)}
        self.accepts, self.naks = lambda m: True, lambda m: False
        self.edit = lambda reply, message: reply  # the last word on what is sent; None: nothing
        self.messages = []
        self.ended = False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode())
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.sock.bind(("", 67))
        self.sock.settimeout(0.1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.sock.close()
        print("--- DHCP:", *self.messages, sep="\n")

    def run(self):
        while not self.ended:
            try:
                data, extra, _, source = self.sock.recvmsg(2000, 100)
            except TimeoutError:
                continue
            message = Message(data, socket.inet_ntoa(extra[0][2][8:12]), source[0])
            self.messages.append(message)
            if self.accepts(message):
                self.answer(message)

    def answer(self, m):
        if m.kind == DISCOVER:
            kind = OFFER
        elif m.kind == REQUEST:
            kind = NAK if self.naks(m) else ACK
        else:
            return
        if m.address(SERVER) not in (None, self.ours):
            return  # it has chosen another
        reply = self.edit(self.reply(m, kind, self.options(kind)), m)
        if reply is None:
            return
        # As RFC 2131, 4.1 says: to the address that it has, if any; a refusal to all.
        to = m.client if m.client != "0.0.0.0" and kind == ACK else "255.255.255.255"
        self.sock.sendto(reply, (to, 68))

    def options(self, kind):
        options = {KIND: bytes([kind]), SERVER: socket.inet_aton(self.ours)}
        if kind != NAK:
            options[LEASE] = seconds(self.lease)
            options.update({o: seconds(v) for o, v in ((T1, self.t1), (T2, self.t2)) if v is not None})
            options.update(self.more)
        return options

    def reply(self, m, kind, options):
        gives = socket.inet_aton("0.0.0.0" if kind == NAK else self.gives)
        head = struct.pack(">BBBB4sHH4s4s4s4s16s64s128s", 2, 1, 6, 0, m.xid, 0, 0x8000, bytes(4), gives, bytes(4),
                           bytes(4), m.data[28:44], b"", b"")
        body = b"".join(bytes([o, len(v)]) + v for o, v in options.items())
        return head + COOKIE + body + b"\xff"

    # --- what was asked

    def of(self, kind, since=0):
        return [m for m in self.messages[since:] if m.kind == kind]

    def mark(self):
        return len(self.messages)

    def expect(self, check, what, since=0):
        """The first message from the mark on that matches; waits for it."""
        until(lambda: any(check(m) for m in self.messages[since:]), what)
        return next(m for m in self.messages[since:] if check(m))
