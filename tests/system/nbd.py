# SPDX-License-Identifier: MIT
"""A disk that can lose its power: an NBD server (fixed newstyle, simple replies) on a UNIX socket.

What is written is volatile until FLUSH, or at once safe with FUA. cut() is the loss of power: of what was not safe any
part may be gone, as a Loss chooses it; a sector of 512 bytes is whole, old or new. So who forgets a FLUSH finds out.

A write is on its way from when it arrives until its reply. `shuffle` has the requests that are there at the same time
done in any order, as disks with queues do it: then a FLUSH keeps only what was replied to before it arrived.
Discarded sectors read as garbage, until they are written again.

    with Disk(size) as disk:
        Machine(..., args=disk.qemu_args())
        disk.cut(Loss(seed))

Faults, also while it runs: disk.fail("write", nth=3, times=1), disk.slow(seconds), disk.hang(), disk.vanish().
disk.stop_at(n): it hangs when the n-th request from now on comes, and disk.stopped is set.
"""

import collections
import contextlib
import errno
import random
import select
import shutil
import socket
import struct
import tempfile
import threading
import time

SECTOR = 512
GARBAGE = 0xDB
MAX_REQUEST = 32 << 20
OPTION, OPTION_REPLY = b"IHAVEOPT", 0x3E889045565A9
EXPORT_NAME, ABORT, LIST, INFO, GO = 1, 2, 3, 6, 7
REP_ACK, REP_SERVER, REP_INFO, REP_ERR_UNSUP = 1, 2, 3, 2**31 + 1
INFO_EXPORT, INFO_BLOCK_SIZE = 0, 3
REQUEST, REPLY = 0x25609513, 0x67446698
READ, WRITE, DISCONNECT, FLUSH, TRIM, ZERO = 0, 1, 2, 3, 4, 6
NAMES = {READ: "read", WRITE: "write", FLUSH: "flush", TRIM: "trim", ZERO: "zero"}
FUA = 1
HAS_FLAGS, READ_ONLY, CAN_FLUSH, CAN_FUA, CAN_TRIM, CAN_ZERO = 1, 2, 4, 8, 0x20, 0x40

Request = collections.namedtuple("Request", "op flags cookie offset length data")


class Loss:
    """What a cut keeps of each write that was not safe. Deterministic for a seed.

    how: none, all, prefix (the oldest ones), subset (each or not), torn (sectors of each), or one of these by the seed
    """

    HOWS = ("none", "all", "prefix", "subset", "torn")

    def __init__(self, seed=0, how=None):
        self.random = random.Random(seed)
        self.how = how or self.random.choice(self.HOWS)
        self.chance = self.random.random()

    def start(self, writes):
        self.kept = self.random.randint(0, writes)

    def pieces(self, index, length):
        """Of the write that is number `index`, from the oldest on: [(begin, end)...] that stay."""
        if self.how == "all" or (self.how == "prefix" and index < self.kept):
            return [(0, length)]
        if self.how in ("none", "prefix"):
            return []
        if self.how == "subset":
            return [(0, length)] if self.random.random() < self.chance else []
        return self.torn(length)

    def torn(self, length):
        """The beginning, the end, single sectors, or nothing of it."""
        sectors = length // SECTOR
        at = self.random.randint(0, sectors) * SECTOR
        kind = self.random.randrange(4)
        if kind == 0:
            return [(0, at)]
        if kind == 1:
            return [(at, length)]
        if kind == 2:
            return [(s * SECTOR, (s + 1) * SECTOR) for s in range(sectors) if self.random.random() < self.chance]
        return []


class Fault:
    """Requests of one kind that fail: from the nth on, as many as `times`; in a range, if one is given."""

    def __init__(self, op, nth, times, error, first, end):
        self.op, self.left, self.times, self.error, self.first, self.end = op, nth - 1, times, error, first, end

    def hits(self, request):
        if self.op not in (NAMES[request.op], "all") or self.times == 0:
            return False
        if self.end and not (request.offset < self.end and request.offset + request.length > self.first):
            return False
        if self.left > 0:
            self.left -= 1
            return False
        self.times -= 1
        return True


class Store:
    """The bytes: what a reader sees, what is safe, and the writes between the two, oldest first."""

    def __init__(self, content):
        self.safe = bytearray(content)
        self.now = bytearray(content)
        self.waiting = []  # (offset, data, turn)

    def write(self, offset, data, safe, turn):
        end = offset + len(data)
        self.now[offset:end] = data
        if not safe:
            self.waiting.append((offset, data, turn))
            return
        # An older write of the same sectors is no longer there to be lost, or to come after this one.
        self.safe[offset:end] = data
        self.waiting = [piece for w in self.waiting for piece in self.without(*w, offset, end)]

    @staticmethod
    def without(at, data, turn, first, end):
        if at + len(data) <= first or at >= end:
            return [(at, data, turn)]
        left = [(at, data[:first - at], turn)] if at < first else []
        return left + ([(end, data[end - at:], turn)] if at + len(data) > end else [])

    def flush(self, turn):
        """What was written in earlier turns is safe."""
        n = 0
        while n < len(self.waiting) and self.waiting[n][2] < turn:
            at, data, _ = self.waiting[n]
            self.safe[at:at + len(data)] = data
            n += 1
        del self.waiting[:n]

    def cut(self, loss):
        """Returns how many sectors were not safe, and how many of these were lost."""
        unsafe = {s for at, data, _ in self.waiting for s in range(at // SECTOR, (at + len(data)) // SECTOR)}
        wanted = self.now
        loss.start(len(self.waiting))
        for i, (at, data, _) in enumerate(self.waiting):
            for begin, end in loss.pieces(i, len(data)):
                self.safe[at + begin:at + end] = data[begin:end]
        self.waiting.clear()
        self.now = bytearray(self.safe)
        lost = sum(self.now[s * SECTOR:(s + 1) * SECTOR] != wanted[s * SECTOR:(s + 1) * SECTOR] for s in unsafe)
        return len(unsafe), lost


class Gone(Exception):
    """The other side, or we, ended the connection."""


class Stream:
    """What arrives on a socket, in pieces of wanted length."""

    def __init__(self, sock):
        self.sock, self.held = sock, bytearray()

    def take(self, n):
        while len(self.held) < n:
            data = self.sock.recv(max(n - len(self.held), 1 << 16))
            if not data:
                raise Gone
            self.held += data
        piece = bytes(self.held[:n])
        del self.held[:n]
        return piece

    def ready(self):
        """Something is there already."""
        return bool(self.held or select.select([self.sock], [], [], 0)[0])


class Disk:
    """The server, in threads of its own.

    content    bytes to begin with, or a size: zeros
    shuffle    a seed: requests that are there at once are done in any order
    volatile   False: everything is safe at once, and a client is not told that it may flush
    deaf       FLUSH and FUA have no effect, as if the client had forgotten them
    trace      how many of the last requests are kept for .trace: (number, name, offset, length, flags, error)
    """

    def __init__(self, content, *, read_only=False, volatile=True, shuffle=None, deaf=False, trace=4096):
        self.store = Store(bytes(content) if isinstance(content, int) else content)
        self.size = len(self.store.now)
        self.read_only, self.volatile, self.deaf = read_only, volatile, deaf
        self.random = None if shuffle is None else random.Random(shuffle)
        self.trace = collections.deque(maxlen=trace)
        self.counts = collections.Counter()
        self.number = self.turn = 0
        self.faults = []
        self.delay = 0
        self.go = threading.Event()  # cleared: requests get no answer
        self.go.set()
        self.left = 0  # requests until it hangs; 0: it does not
        self.stopped = threading.Event()
        self.off = False  # requests that wait for an answer are dropped
        self.lock = threading.Lock()
        self.idle = threading.Condition(self.lock)
        self.clients = set()
        self.folder = tempfile.mkdtemp(prefix="coracle-nbd-")
        self.path = f"{self.folder}/socket"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.start(self.accept)

    def qemu_args(self, device="virtio-blk-device", cache="writeback", drive="", **properties):
        """-drive and -device; QEMU's `serial` of the device and others as keywords."""
        words = "".join(f",{k.replace('_', '-')}={v}" for k, v in properties.items())
        ro = ",readonly=on" if self.read_only else ""
        return ["-drive", f"if=none,id=disk0,format=raw,cache={cache},file.driver=nbd,file.server.type=unix,"
                f"file.server.path={self.path},file.export=disk{ro}{drive}",
                "-device", f"{device},drive=disk0{words}"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.vanish(for_good=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what tests do to it

    def cut(self, loss, patience=60):
        """The power goes, once every client has ended: returns (sectors not safe, of these lost)."""
        with self.lock:
            self.off, self.left = True, 0
            self.stopped.clear()
            self.go.set()
            if not self.idle.wait_for(lambda: not self.clients, patience):
                raise AssertionError("a client is still connected to the disk; end it before the cut")
            self.off = False
            unsafe, lost = self.store.cut(loss)
            self.trace.append((self.number, f"cut, {loss.how}", 0, 0, unsafe, lost))
        return unsafe, lost

    def content(self):
        with self.lock:
            return bytes(self.store.now)

    def fail(self, op="all", nth=1, times=-1, error=errno.EIO, first=0, end=0):
        """The nth and those after it, `times` (-1: all), fail. op: as in NAMES, or all. first, end: a range of bytes."""
        with self.lock:
            self.faults.append(Fault(op, nth, times, error, first, end))

    def mend(self):
        with self.lock:
            self.faults.clear()
        self.delay = 0
        self.go.set()

    def slow(self, seconds):
        """Each request takes so long."""
        self.delay = seconds

    def hang(self):
        """It takes requests and answers none, until mend()."""
        self.go.clear()

    def stop_at(self, n):
        """It hangs at the n-th request from now on, as with hang()."""
        with self.lock:
            self.stopped.clear()
            self.left = n

    def vanish(self, for_good=False):
        """Every connection ends in the middle; who connects again finds it as it was, or nobody can."""
        if for_good:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)  # close() alone would leave accept() waiting
            self.listener.close()
        with self.lock:
            clients = list(self.clients)
        self.go.set()
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def write_trace(self, path):
        with open(path, "w") as f:
            f.write("number what offset length flags error\n")
            f.writelines(" ".join(map(str, entry)) + "\n" for entry in list(self.trace))

    # --- connections

    @staticmethod
    def start(target, *args):
        threading.Thread(target=target, args=args, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.clients.add(client)
            self.start(self.serve, client)

    def serve(self, client):
        try:
            stream = Stream(client)
            if self.handshake(client, stream):
                self.transmission(client, stream)
        except (Gone, OSError):
            pass
        finally:
            client.close()
            with self.lock:
                self.clients.discard(client)
                self.idle.notify_all()

    @property
    def flags(self):
        return HAS_FLAGS | (READ_ONLY if self.read_only else 0) | CAN_TRIM | CAN_ZERO | (
            CAN_FLUSH | CAN_FUA if self.volatile else 0)

    def handshake(self, client, stream):
        """True: on with requests."""
        client.sendall(b"NBDMAGIC" + OPTION + struct.pack(">H", 3))
        no_zeroes = struct.unpack(">I", stream.take(4))[0] & 2
        while True:
            magic, option, length = struct.unpack(">8sII", stream.take(16))
            data = stream.take(length) if magic == OPTION and length <= 4096 else None
            if data is None:
                raise Gone

            def reply(kind, content=b"", option=option):
                client.sendall(struct.pack(">QIII", OPTION_REPLY, option, kind, len(content)) + content)

            if option == EXPORT_NAME:
                client.sendall(struct.pack(">QH", self.size, self.flags) + (b"" if no_zeroes else bytes(124)))
                return True
            if option == ABORT:
                reply(REP_ACK)
                return False
            if option == LIST:
                reply(REP_SERVER, struct.pack(">I4s", 4, b"disk"))
                reply(REP_ACK)
            elif option in (INFO, GO):
                reply(REP_INFO, struct.pack(">HQH", INFO_EXPORT, self.size, self.flags))
                reply(REP_INFO, struct.pack(">HIII", INFO_BLOCK_SIZE, SECTOR, 4096, MAX_REQUEST))
                reply(REP_ACK)
                if option == GO:
                    return True
            else:
                reply(REP_ERR_UNSUP)

    # --- requests

    @staticmethod
    def read_request(stream):
        magic, flags, op, cookie, offset, length = struct.unpack(">IHHQQI", stream.take(28))
        if magic != REQUEST or (op in (READ, WRITE) and length > MAX_REQUEST):
            raise Gone
        return Request(op, flags, cookie, offset, length, stream.take(length) if op == WRITE else b"")

    def transmission(self, client, stream):
        ended = False
        while not ended:
            # Those of a turn are all on their way before the first one's reply is.
            batch = [self.read_request(stream)]
            while self.random and len(batch) < 16 and stream.ready():
                batch.append(self.read_request(stream))
            ended = any(r.op == DISCONNECT for r in batch)
            if self.random:
                self.random.shuffle(batch)
            with self.lock:
                self.turn += 1
                turn = self.turn
            for r in batch:
                if r.op != DISCONNECT:
                    self.answer(client, r, turn)

    def answer(self, client, r, turn):
        if self.delay:
            time.sleep(self.delay)
        if self.left:
            with self.lock:
                self.left -= 1
                if self.left == 0:
                    self.go.clear()
                    self.stopped.set()
        self.go.wait()
        if self.off:
            raise Gone
        with self.lock:
            error, data = self.do(r, turn)
        client.sendall(struct.pack(">IIQ", REPLY, error, r.cookie) + data)

    def do(self, r, turn):
        """Returns (error, what a read gives)."""
        error = self.refuse(r)
        data = b"" if error else self.carry_out(r, turn)
        self.number += 1
        self.counts[NAMES.get(r.op)] += 1
        self.trace.append((self.number, NAMES.get(r.op), r.offset, r.length, r.flags, error))
        return error, data

    def refuse(self, r):
        if r.op not in NAMES:
            return errno.EINVAL
        if r.op != FLUSH and r.offset + r.length > self.size:
            return errno.ENOSPC if r.op in (WRITE, ZERO) else errno.EINVAL
        if r.op != FLUSH and (r.offset | r.length) % SECTOR:
            return errno.EINVAL
        if self.read_only and r.op in (WRITE, TRIM, ZERO):
            return errno.EPERM
        return next((f.error for f in self.faults if f.hits(r)), 0)

    def carry_out(self, r, turn):
        if r.op == READ:
            return bytes(self.store.now[r.offset:r.offset + r.length])
        if r.op == FLUSH:
            self.store.flush(0 if self.deaf else turn)
            return b""
        fill = {WRITE: None, ZERO: 0, TRIM: GARBAGE}[r.op]
        data = r.data if fill is None else bytes([fill]) * r.length
        safe = not self.volatile or (r.flags & FUA and not self.deaf)
        self.store.write(r.offset, data, safe, turn)
        return b""
