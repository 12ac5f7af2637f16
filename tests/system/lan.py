# SPDX-License-Identifier: MIT
"""A link of the guest's own with real servers on it: a network namespace that the test is in while it lasts,
a TAP, who watches what passes there, and dnsmasq, chronyd and avahi in the same namespace."""

import concurrent.futures
import contextlib
import functools
import inspect
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest

from machine import PATIENCE, Machine, die_with_parent
from peers import until
from wire import Namespace, possible

HOST, GUEST, TAP = "10.99.7.1", "10.99.7.2", "tap0"
HOST6 = "fd00:7::1"
APP = "tests/target/ask"
GUEST_MAC, GUEST_LL = "52:54:00:12:34:56", "fe80::5054:ff:fe12:3456"
STATIC = f"ip={GUEST}::{HOST}:255.255.255.0::eth0:off"
PREFIX, GUEST_SLAAC = "fd00:7::", "fd00:7::5054:ff:fe12:3456"
DNSMASQ = ("/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--bind-interfaces", "--user=root",
           "--group=root", "--pid-file=", "--no-ping", "--log-facility=-")
ETH_P_ALL, OUTGOING, SOL_PACKET, PACKET_AUXDATA = 3, 4, 263, 8
CSUMNOTREADY, VLAN_VALID = 8, 16

needed = pytest.mark.skipif(os.geteuid() != 0 or possible() is not None, reason="a TAP device takes root")


# --- tests beside each other

POOL = concurrent.futures.ThreadPoolExecutor(4)
running = {}  # test item: its Future


def beside(test):
    """Most of such a test is waiting. Those of a module run beside each other, in threads, each on a link of its
    own; the first that pytest comes to starts them all. Its arguments are parameters, no other fixtures."""

    @functools.wraps(test)
    def wait(request, **_):
        if request.node not in running:
            for item in request.session.items:
                if item.module is request.module and hasattr(item.function, "beside"):
                    running[item] = POOL.submit(tell, item.function.beside, item.callspec.params)
        running.pop(request.node).result()

    wait.beside = test
    wait.__signature__ = inspect.Signature([inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
                                            for name in ("request", *inspect.signature(test).parameters)])
    return wait


def tell(test, params):
    """What is printed goes to the test that pytest is at: the links' consoles are told with the failure instead."""
    try:
        test(**params)
    except AssertionError as e:
        raise AssertionError("\n".join([str(e), *getattr(e, "__notes__", ())])) from e


def netdev(tap=TAP, number=0):
    return f"tap,id=net{number},ifname={tap},script=no,downscript=no"


def sh(text):
    """Commands, one a line."""
    for line in filter(None, map(str.strip, text.splitlines())):
        output(*line.split())


def output(*words, timeout=PATIENCE, status=0):
    """What a program says; it ends with this status (None: with any)."""
    done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout)
    assert status is None or done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}"
    return done.stdout


# --- what passes on the wire


class Packet:
    """A frame that passed: .out is true if the host sent it. With what a test asks of it."""

    def __init__(self, data, out, half=False):
        self.data, self.out = data, out
        self.half_sum = half  # its checksum is left to a device
        self.to, self.source = data[:6].hex(":"), data[6:12].hex(":")
        self.vlan, at = None, 12
        if data[12:14] == b"\x81\0":
            self.vlan, at = struct.unpack(">H", data[14:16])[0] & 0xFFF, 16
        self.kind, = struct.unpack(">H", data[at:at + 2])
        self.body = data[at + 2:]
        self.ip()

    def ip(self):
        """Of an IP packet: .src and .dst as text, .protocol, .payload behind all headers of IP."""
        b = self.body
        self.src = self.dst = self.protocol = self.payload = None
        if self.kind == 0x0800 and len(b) >= 20:
            self.src, self.dst = (socket.inet_ntoa(b[i:i + 4]) for i in (12, 16))
            length, = struct.unpack(">H", b[2:4])
            self.protocol, self.payload = b[9], b[(b[0] & 15) * 4:length]
        elif self.kind == 0x86DD and len(b) >= 40:
            self.src, self.dst = (socket.inet_ntop(socket.AF_INET6, b[i:i + 16]) for i in (8, 24))
            length, self.protocol = struct.unpack(">HB", b[4:7])
            self.payload = b[40:40 + length]
            if self.protocol == 0 and len(self.payload) >= 8:  # hop-by-hop options: MLD has one
                self.protocol, self.payload = self.payload[0], self.payload[8 + 8 * self.payload[1]:]

    def udp(self, port=None):
        """The datagram's data, if it is one to this port."""
        if self.protocol != 17 or len(self.payload) < 8:
            return None
        to, = struct.unpack(">H", self.payload[2:4])
        return self.payload[8:] if port in (None, to) else None

    def arp(self):
        """(operation, sender's address, target's address) as numbers and text, or None."""
        b = self.body
        if self.kind != 0x0806 or len(b) < 28:
            return None
        return struct.unpack(">H", b[6:8])[0], socket.inet_ntoa(b[14:18]), socket.inet_ntoa(b[24:28])

    def icmp6(self, kind):
        return self.protocol == 58 and self.kind == 0x86DD and self.payload[:1] == bytes([kind])

    def __repr__(self):
        return f"{'>' if self.out else '<'} {self.data[:120].hex(' ', 2)}"


class Sniffer:
    """Everything that passes on a device."""

    def __init__(self, device):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.sock.bind((device, ETH_P_ALL))
        self.sock.settimeout(0.2)
        self.packets = []
        self.changed = threading.Condition()
        self.ended = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended:
            try:
                data, extra, _, address = self.sock.recvmsg(70000, 256)
            except (TimeoutError, OSError):
                continue  # also where the device is down for a while
            status, tag, protocol = struct.unpack("I12xHH", extra[0][2])
            if status & VLAN_VALID:  # the kernel took the tag off
                data = data[:12] + struct.pack(">HH", protocol, tag) + data[12:]
            if len(data) >= 14:
                with self.changed:
                    self.packets.append(Packet(data, address[2] == OUTGOING, status & CSUMNOTREADY != 0))
                    self.changed.notify_all()

    def send(self, frame):
        self.sock.send(frame)

    def mark(self):
        """Where we are: for since=."""
        with self.changed:
            return len(self.packets)

    def seen(self, check, since=0):
        with self.changed:
            return [p for p in self.packets[since:] if check(p)]

    def expect(self, check, what, since=0, timeout=PATIENCE):
        """The first packet that matches, from the mark on; waits for it."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                found = next((p for p in self.packets[since:] if check(p)), None)
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    tail = "\n".join(map(repr, self.packets[since:][-40:]))
                    raise AssertionError(f"waited {timeout} s for {what}; the latest that passed:\n{tail}")
                self.changed.wait(left)

    def close(self):
        self.ended = True
        self.thread.join()
        self.sock.close()


# --- the link


class Program:
    """A server that runs beside us; what it says goes to a file."""

    def __init__(self, folder, *line, env=None):
        self.path = f"{folder}/{os.path.basename(line[0])}.log"
        with open(self.path, "ab") as log:
            self.process = subprocess.Popen([str(w) for w in line], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=env, preexec_fn=die_with_parent)

    def log(self):
        with open(self.path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def expect(self, pattern, since=0):
        """A match in what it said."""
        def said():
            return re.search(pattern, self.log()[since:])

        until(lambda: said() or self.process.poll() is not None, f"{pattern} in {self.path}")
        match = said()
        assert match, f"{self.path} ended:\n{self.log()}"
        return match

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


class Lan:
    """with Lan() as lan: what the test does is done in a namespace of its own, with HOST on the TAP."""

    def __init__(self, ipv6=True):
        self.ipv6 = ipv6

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="coracle-lan-")
        self.namespace = Namespace()
        self.programs, self.machines = [], []
        self.stay = contextlib.ExitStack()
        self.stay.callback(self.folder.cleanup)
        self.stay.callback(self.namespace.close)
        self.stay.enter_context(self.namespace.inside())
        with contextlib.ExitStack() as undo:
            undo.callback(self.stay.close)
            sh("ip link set lo up")
            self.tap(TAP, HOST, HOST6 if self.ipv6 else None)
            self.wire = Sniffer(TAP)
            undo.pop_all()
        return self

    @staticmethod
    def tap(name, address, address6=None):
        """One more device for a guest."""
        sh(f"""ip tuntap add {name} mode tap
               sysctl -qw net.ipv6.conf.{name}.accept_dad=0
               sysctl -qw net.ipv6.conf.{name}.accept_ra=0
               ip addr add {address}/24 dev {name}
               ip link set {name} up""")
        if address6:
            sh(f"ip -6 addr add {address6}/64 dev {name} nodad")

    def __exit__(self, _, error, __):
        for machine in reversed(self.machines):
            machine.stop()
        for program in reversed(self.programs):
            program.stop()
        if error is not None:
            error.add_note("\n".join([*(f"--- {m.name()}\n{m.text}" for m in self.machines),
                                      *(f"--- {p.path}\n{p.log()}" for p in self.programs)]))
        self.wire.close()
        self.stay.close()

    def guest(self, arch, app=APP, *, bootargs="", **options):
        """A machine on the link; "ask" is ready, or httpd listens. It ends with the link."""
        options.setdefault("net", netdev())
        machine = Machine(arch, app, bootargs=bootargs, **options)
        self.machines.append(machine)
        machine.expect("ask: ready" if app == APP else "httpd: listening on port 80")
        machine.seen = 0
        return machine

    def program(self, *line, env=None):
        self.programs.append(Program(self.folder.name, *line, env=env))
        return self.programs[-1]

    def dnsmasq(self, *options):
        """On the TAP; --dhcp-range and the like are the caller's. Its log has each lease and query."""
        server = self.program(*DNSMASQ, "--no-resolv", "--no-hosts", f"--interface={TAP}", "--except-interface=lo",
                              f"--dhcp-leasefile={self.folder.name}/leases", "--log-queries", "--log-dhcp", *options)
        server.expect("started, version")
        return server

    def dhcp_on(self, device, network):
        """dnsmasq for DHCPv4 alone on another device; returns what reads its leases."""
        path = f"{self.folder.name}/leases-{device}"
        server = self.program(*DNSMASQ, "--port=0", f"--interface={device}", f"--dhcp-leasefile={path}",
                              f"--dhcp-range={network}.100,{network}.199,2m")
        server.expect("sockets bound exclusively")
        return lambda: read_leases(path)

    def leases(self):
        """What dnsmasq leased: lists of words (when it ends, MAC, address, name, client)."""
        return read_leases(f"{self.folder.name}/leases")


def read_leases(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as f:
        return [line.split() for line in f]


def ask(machine, line):
    """What "ask" answers, as a list of lines; its log may be among them."""
    at = len(machine.data)
    machine.seen = max(machine.seen, at)
    machine.send(line.encode() + b"\n")
    match = machine.wait_for(lambda data: re.search(rb"^done .*$", data[at:], re.M), f"the answer to {line}")
    return machine.data[at:at + match.start()].decode().replace("\r\n", "\n").splitlines()


def addresses(machine, device="eth0"):
    """{address: length of its prefix} of a device, as getifaddrs() there says."""
    found = {}
    for line in ask(machine, "addrs"):
        match = re.match(rf"addr {re.escape(device)} (\S+)/(\d+)", line)
        if match:
            found[match[1]] = int(match[2])
    return found


def resolve(machine, name, family=""):
    """The addresses of a name as a list, or as text what was said instead."""
    head = f"resolve {name}:"
    line = next(l for l in ask(machine, f"resolve {name} {family}") if l.startswith(head))[len(head):]
    return line.split() if re.fullmatch(r"( [0-9a-f.:]+)+", line) else line


def answers(address, device=None):
    """Does it answer one ping now?"""
    where = ("-I", device) if device else ()
    return subprocess.run(["ping", "-n", "-c", "1", "-W", "2", *where, address], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def curl(url, *options):
    return output("curl", "-sS", "--noproxy", "*", "--globoff", "--max-time", PATIENCE, *options, url)
