# SPDX-License-Identifier: MIT
"""A network of the test's own: a namespace with a TAP, and between it and the guest's card a wire with faults.

The kernel's netem is not everywhere, and it would not harm what a guest sends before the host's checksum
offload. So frames pass through this process, which loses, doubles, delays, reorders and spoils them by dice
of its own, seeded, each way alike.

The guest's card is QEMU's end of a socket, without offloads; or, with large=True, a TAP with all of them, and
the wire lies behind a router that cuts the guest's large segments:

    peer's namespace                              peer's namespace            router's namespace
    tap0 == wire == card                          tap0 == wire == out0 -- router -- tap0 == card
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time

import frames
from machine import PATIENCE, Machine

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
HOST, GUEST, TAP = frames.OUR_IP, frames.GUEST_IP, "tap0"
GONE = "10.0.5.99"  # another address of the peer's, for those who vanish; not behind the router
GONE_BYTES = socket.inet_aton(GONE)
NEAR, FAR, OUT = "10.0.6.1", "10.0.6.2", "out0"  # the router's other address, and whom it routes to
GUEST6 = "fe80::5054:ff:fe12:3456"  # of QEMU's usual MAC; on tap0
LIBC = ctypes.CDLL(None, use_errno=True)
ARP = b"\x08\x06"  # is not spoilt: it has no checksum of its own, and Ethernet's has gone by here
BATCH = 64  # frames one way before we look at the other
QUEUE = 2000  # datagrams between QEMU and us; the kernel's default of 10 would lose some by itself


def possible():
    """Why such a network cannot be made here, or None."""
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    done = subprocess.run(["unshare", "-n", "true"], capture_output=True)
    return None if done.returncode == 0 else "no right to make a network namespace"


class Namespace:
    """A network namespace that lives as long as the process in it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.holder.stdout.read(1)
        self.fd = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)

    def close(self):
        os.close(self.fd)
        self.holder.stdin.close()
        self.holder.wait()

    def enter(self):
        if LIBC.setns(self.fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    @contextlib.contextmanager
    def inside(self):
        """This thread is in here: what it opens or starts meanwhile stays so."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            self.enter()
            yield
        finally:
            assert LIBC.setns(home, CLONE_NEWNET) == 0
            os.close(home)

    def command(self, *words):
        """The words of a program's command line, to be run in here."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *words]

    def sh(self, text):
        for line in filter(None, map(str.strip, text.splitlines())):
            subprocess.run(self.command(*line.split()), check=True)


def open_tap(namespace, name):
    with namespace.inside():
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


class Faults:
    """What happens to a frame, as probabilities; delay in seconds, for each frame, and how much it varies."""

    def __init__(self, loss=0.0, double=0.0, spoil=0.0, reorder=0.0, delay=0.0, jitter=0.0):
        self.loss, self.double, self.spoil, self.reorder = loss, double, spoil, reorder
        self.delay, self.jitter = delay, jitter


class Wire:
    """with Wire() as w: m = w.machine(arch, app); w.faults = Faults(loss=0.1); s = w.dial(80)."""

    def __init__(self, seed=1, large=False):
        self.dice = random.Random(seed)
        self.faults = Faults()
        self.down = False
        self.gone = False  # nobody is at GONE any more
        self.folder = tempfile.TemporaryDirectory(prefix="coracle-wire-")
        self.namespace = Namespace()
        self.router = Namespace() if large else None
        self.tap = open_tap(self.namespace, TAP)
        self.host = FAR if large else HOST
        self.set_up_peer()
        self.card, self.netdev = self.make_router() if large else self.make_card()
        self.waiting, self.order = [], 0  # frames that are delayed: (when, order, send, frame)
        self.counts = {"passed": 0, "lost": 0, "spoilt": 0, "doubled": 0, "late": 0}
        self.heard = None  # if somebody wants to see them: the frames that came from the guest's side
        self.wake, self.waker = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def set_up_peer(self):
        self.namespace.sh(f"""
            ip link set lo up
            sysctl -q -w net.unix.max_dgram_qlen={QUEUE}
            sysctl -q -w net.ipv6.conf.{TAP}.accept_dad=0
            ip link set {TAP} address {frames.OUR_MAC.hex(":")}
            ip addr add {self.host}/24 dev {TAP}
            ip addr add {frames.OUR_IP6}/64 dev {TAP} nodad
            ip link set {TAP} up""")
        self.namespace.sh(f"ip addr add {GONE}/24 dev {TAP}" if self.router is None else f"ip route add default via {NEAR}")

    def make_card(self):
        """QEMU's socket and ours."""
        ours, self.card_path = f"{self.folder.name}/wire", f"{self.folder.name}/card"
        with self.namespace.inside():
            card = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        card.bind(ours)
        card.setblocking(False)
        return card, (f"dgram,id=net0,local.type=unix,local.path={self.card_path},"
                      f"remote.type=unix,remote.path={ours}")

    def make_router(self):
        """The near end of the wire, and what QEMU is to open."""
        out = open_tap(self.router, OUT)
        self.router.sh(f"""
            ip link set lo up
            ip tuntap add {TAP} mode tap
            ip addr add {HOST}/24 dev {TAP}
            ip addr add {NEAR}/24 dev {OUT}
            ip link set {TAP} up
            ip link set {OUT} up
            sysctl -q -w net.ipv4.ip_forward=1""")
        return out, f"tap,id=net0,ifname={TAP},script=no,downscript=no"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.waker, b"x")
        self.thread.join()
        for fd in (self.tap, self.wake, self.waker):
            os.close(fd)
        if self.router is None:
            self.card.close()
        else:
            os.close(self.card)
            self.router.close()
        self.namespace.close()
        self.folder.cleanup()

    def machine(self, arch, app, bootargs="", **options):
        """A Machine with its card at the wire."""
        with (self.router or self.namespace).inside():
            return Machine(arch, app, net=self.netdev, bootargs=f"{frames.BOOTARGS} {bootargs}", **options)

    def netem(self, words):
        """The kernel's faults each way, behind a router; None: no more of them. False: this kernel has none."""
        for namespace, device in ((self.namespace, TAP), (self.router, OUT)):
            what = ["replace", *f"dev {device} root netem {words}".split()] if words else ["del", *f"dev {device} root".split()]
            done = subprocess.run(namespace.command("tc", "qdisc", *what), capture_output=True, text=True)
            if done.returncode != 0:
                assert "Specified qdisc kind is unknown" in done.stderr or "not found" in done.stderr, done.stderr
                return False
        return True

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        """A socket of the peer."""
        with self.namespace.inside():
            return socket.socket(family, kind, protocol)

    def dial(self, port=80, six=False, source=None, prepare=None):
        """A connection from the peer to the guest; prepare(socket) comes before connect()."""
        s = self.socket(socket.AF_INET6 if six else socket.AF_INET)
        s.settimeout(PATIENCE)
        try:
            if prepare is not None:
                prepare(s)
            if source is not None:
                s.bind((source, 0))
            s.connect((GUEST6, port, 0, self.index()) if six else (GUEST, port))
        except OSError:
            s.close()
            raise
        return s

    def index(self):
        with self.namespace.inside():
            return socket.if_nametoindex(TAP)

    def to_card(self, frame):
        try:
            if self.router is None:
                self.card.sendto(frame, self.card_path)
            else:
                os.write(self.card, frame)
        except OSError:
            pass  # QEMU is slow, or gone: lost, as on any wire

    def to_tap(self, frame):
        if self.heard is not None:
            self.heard(frame)
        try:
            os.write(self.tap, frame)
        except OSError:
            pass

    def inject(self, frame):
        """To the guest, past all faults."""
        self.to_card(frame)

    def from_card(self):
        return self.card.recv(65536) if self.router is None else os.read(self.card, 65536)

    def run(self):
        while True:
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready, _, _ = select.select([self.card, self.tap, self.wake], [], [], wait)
            if self.wake in ready:
                return
            if self.card in ready:
                self.take(self.from_card, self.to_tap)
            if self.tap in ready:
                self.take(lambda: os.read(self.tap, 65536), self.to_card)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, send, frame = heapq.heappop(self.waiting)
                send(frame)

    def take(self, receive, send):
        """What has come; not for ever, the other way waits."""
        for _ in range(BATCH):
            try:
                frame = receive()
            except OSError:
                return
            self.fate(frame, send)

    def fate(self, frame, send):
        f, dice = self.faults, self.dice.random
        if self.down or dice() < f.loss or (self.gone and GONE_BYTES in (frame[26:30], frame[30:34])):
            self.counts["lost"] += 1
            return
        if dice() < f.spoil and frame[12:14] != ARP:
            self.counts["spoilt"] += 1
            at = self.dice.randrange(len(frame))
            frame = frame[:at] + bytes([frame[at] ^ 1 << self.dice.randrange(8)]) + frame[at + 1:]
        delay = f.delay + f.jitter * dice()
        if dice() < f.reorder:
            self.counts["late"] += 1
            delay += 0.02
        self.pass_on(frame, send, delay)
        if dice() < f.double:
            self.counts["doubled"] += 1
            self.pass_on(frame, send, delay)

    def pass_on(self, frame, send, delay):
        self.counts["passed"] += 1
        if delay == 0:
            send(frame)
            return
        self.order += 1
        heapq.heappush(self.waiting, (time.monotonic() + delay, self.order, send, frame))
