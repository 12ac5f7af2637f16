# SPDX-License-Identifier: MIT
"""A network of the test's own: a namespace with a TAP, and between it and the guest's card a wire with faults.

The kernel's netem is not everywhere, and it would not harm what a guest sends before the host's checksum
offload. So frames pass through this process, which loses, doubles, delays, reorders and spoils them by dice
of its own, seeded, each way alike.
"""

import ctypes
import fcntl
import heapq
import os
import pickle
import random
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
import traceback

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
HOST, GUEST, TAP = "10.99.7.1", "10.99.7.2", "tap0"
HOST6, GUEST6 = "fd00:7::1", "fd00:7::2"
MAC = "52:54:00:99:07:02"
BOOTARGS = f"ip={GUEST}::{HOST}:255.255.255.0::eth0:off"
LIBC = ctypes.CDLL(None, use_errno=True)


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

    def command(self, *words):
        """The words of a program's command line, to be run in here."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *words]

    def sh(self, text):
        for line in filter(None, map(str.strip, text.splitlines())):
            subprocess.run(self.command(*line.split()), check=True)

    def call(self, function, *args):
        """function(*args) by a child in here; its result, or AssertionError with its traceback."""
        down, up = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(down)
            try:
                self.enter()
                answer = (True, function(*args))
            except BaseException:  # whatever it was, the parent reports it
                answer = (False, traceback.format_exc())
            with os.fdopen(up, "wb") as f:
                f.write(pickle.dumps(answer))
            os._exit(0)
        os.close(up)
        with os.fdopen(down, "rb") as f:
            good, answer = pickle.loads(f.read())
        os.waitpid(pid, 0)
        assert good, answer
        return answer


def open_tap(namespace):
    """A TAP in the namespace, by a thread that goes there and does not come back."""
    fds = []

    def go():
        namespace.enter()
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", TAP.encode(), IFF_TAP | IFF_NO_PI))
        fds.append(fd)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    return fds[0]


class Faults:
    """What happens to a frame, as probabilities; delay in seconds, for each frame, and how much it varies."""

    def __init__(self, loss=0.0, double=0.0, spoil=0.0, reorder=0.0, delay=0.0, jitter=0.0):
        self.loss, self.double, self.spoil, self.reorder = loss, double, spoil, reorder
        self.delay, self.jitter = delay, jitter


class Wire:
    """with Wire() as w: Machine(..., net=w.netdev, bootargs=wire.BOOTARGS); w.faults = Faults(loss=0.1)."""

    def __init__(self, seed=1):
        self.dice = random.Random(seed)
        self.faults = Faults()
        self.down = False
        self.folder = tempfile.TemporaryDirectory(prefix="coracle-wire-")
        ours, theirs = f"{self.folder.name}/wire", f"{self.folder.name}/card"
        self.netdev = (f"dgram,id=net0,local.type=unix,local.path={theirs},"
                       f"remote.type=unix,remote.path={ours}")
        self.card = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.card.bind(ours)
        self.card.setblocking(False)
        self.card_path = theirs
        self.namespace = Namespace()
        self.tap = open_tap(self.namespace)
        self.namespace.sh(f"""
            ip link set lo up
            sysctl -q -w net.ipv6.conf.{TAP}.accept_dad=0
            ip addr add {HOST}/24 dev {TAP}
            ip -6 addr add {HOST6}/64 dev {TAP} nodad
            ip link set {TAP} up""")
        self.waiting, self.order = [], 0  # frames that are delayed: (when, order, send)
        self.counts = {"passed": 0, "lost": 0, "spoilt": 0, "doubled": 0, "late": 0}
        self.wake, self.waker = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.waker, b"x")
        self.thread.join()
        self.card.close()
        for fd in (self.tap, self.wake, self.waker):
            os.close(fd)
        self.namespace.close()
        self.folder.cleanup()

    def to_card(self, frame):
        try:
            self.card.sendto(frame, self.card_path)
        except OSError:
            pass  # QEMU is slow, or gone: lost, as on any wire

    def to_tap(self, frame):
        try:
            os.write(self.tap, frame)
        except OSError:
            pass

    def run(self):
        while True:
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready, _, _ = select.select([self.card, self.tap, self.wake], [], [], wait)
            if self.wake in ready:
                return
            if self.card in ready:
                self.take(lambda: self.card.recv(65536), self.to_tap)
            if self.tap in ready:
                self.take(lambda: os.read(self.tap, 65536), self.to_card)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, send, frame = heapq.heappop(self.waiting)
                send(frame)

    def take(self, receive, send):
        """All that has come."""
        while True:
            try:
                frame = receive()
            except OSError:
                return
            self.fate(frame, send)

    def fate(self, frame, send):
        f, dice = self.faults, self.dice.random
        if self.down or dice() < f.loss:
            self.counts["lost"] += 1
            return
        if dice() < f.spoil:
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
