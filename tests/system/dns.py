# SPDX-License-Identifier: MIT
"""A name server that says what a test tells it to, counts, and can be silent, wrong and hostile."""

import socket
import struct
import threading

A, CNAME, SOA, PTR, TXT, AAAA = 1, 5, 6, 12, 16, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in filter(None, text.split("."))) + b"\0"


def record(owner, kind, data, ttl):
    return name(owner) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def address(owner, text, ttl=300):
    family, kind = (socket.AF_INET6, AAAA) if ":" in text else (socket.AF_INET, A)
    return record(owner, kind, socket.inet_pton(family, text), ttl)


def alias(owner, target, ttl=300):
    return record(owner, CNAME, name(target), ttl)


def nothing(owner="test", ttl=300, minimum=300):
    """The SOA that says for how long there is nothing (RFC 2308)."""
    return record(owner, SOA, name("ns.test") + name("root.test") + struct.pack(">5I", 1, 2, 3, 4, minimum), ttl)


class Question:
    def __init__(self, data, source, server):
        self.data, self.source, self.server = data, source, server
        parts, at = [], 12
        while data[at]:
            parts.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
        self.name = ".".join(parts).lower()
        self.kind, self.cls = struct.unpack(">HH", data[at + 1:at + 5])
        self.text = data[12:at + 5]

    def answer(self, records=(), authority=(), code=NOERROR, flags=0x8180, ident=None, question=None):
        """The bytes of an answer to it."""
        ident = struct.unpack(">H", self.data[:2])[0] if ident is None else ident
        head = struct.pack(">HHHHHH", ident, flags | code, 1, len(records), len(authority), 0)
        return head + (self.text if question is None else question) + b"".join(records) + b"".join(authority)

    def __repr__(self):
        return f"{self.kind} {self.name} from {self.source[0]}"


class DnsServer:
    """with DnsServer(addresses) as d: d.script(question) is what is sent: bytes, a list of them, or None."""

    def __init__(self, *where):
        self.script = lambda q: q.answer(code=NXDOMAIN)
        self.asked = []
        self.ended = False
        self.socks = []
        for text in where:
            s = socket.socket(socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((text, 53))
            s.settimeout(0.1)
            self.socks.append((s, text))
        self.threads = [threading.Thread(target=self.run, args=pair, daemon=True) for pair in self.socks]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        for t in self.threads:
            t.join()
        for s, _ in self.socks:
            s.close()
        print("--- DNS:", *self.asked, sep="\n")

    def run(self, sock, where):
        while not self.ended:
            try:
                data, source = sock.recvfrom(2000)
            except TimeoutError:
                continue
            question = Question(data, source, where)
            self.asked.append(question)
            sent = self.script(question)
            for message in [sent] if isinstance(sent, bytes) else sent or ():
                sock.sendto(message, source)

    def count(self, text, kind=None):
        return sum(q.name == text and kind in (None, q.kind) for q in self.asked)
