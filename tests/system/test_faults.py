# SPDX-License-Identifier: MIT
"""Bad networks and bad peers, by a wire of ours: whatever happens, every byte that arrives is the right one, others
are served meanwhile, nothing stalls, and at the end all protocol memory is free again.

Most of these wait most of the time, so they run side by side, each with a guest of its own; a test waits for its
own result.
"""

import collections
import concurrent.futures
import contextlib
import itertools
import json
import os
import random
import select
import socket
import struct
import sys
import threading
import time

import pytest

import frames
import wire
from machine import PATIENCE, ROOT
from pools import Pools
from wire import Faults, Wire

AT_ONCE = 6
LONG = 3 * PATIENCE  # lwIP and Linux both wait up to a minute for their next try
LINK_DOWN = int(os.environ.get("LINK_DOWN", "60"))  # seconds
PATTERN = bytes(range(251)) * 1045
WWW = {f"/{p.name}": p.read_bytes() for p in sorted((ROOT / "apps/httpd/www").iterdir())}
READY = {"httpd": "httpd: listening on port 80", "tests/target/faults": "faults: listening"}
FAULTS = "tests/target/faults"

pytestmark = pytest.mark.skipif(wire.possible() is not None, reason=str(wire.possible()))
scenarios = {}


def scenario(function):
    """function(arch, tell): a test of its own; tell(text): for who reads why it failed."""
    scenarios[function.__name__] = function
    return function


@pytest.fixture(scope="module")
def running(arch, request):
    """Those scenarios that were chosen, by name: what each says, and its future."""
    sys.setswitchinterval(0.0005)  # the threads of the wires are many, and none may wait long for the others
    chosen = [i.callspec.params["name"] for i in request.session.items
              if i.fspath == request.fspath and i.callspec.params.get("arch") == arch]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        said = {name: [] for name in chosen}
        yield {name: (said[name], pool.submit(scenarios[name], arch, said[name].append)) for name in chosen}


@contextlib.contextmanager
def guest(arch, app, tell, large=False, settle=PATIENCE, **options):
    """A wire with a guest on it that is ready. At the end all of its memory must be free again."""
    with Wire(large=large) as w, w.machine(arch, app, **options) as m:
        try:
            m.expect(READY[app])
            pools = Pools(m)
            yield w, m, pools
            w.faults, w.down, w.gone = Faults(), False, False
            pools.settle(settle)
            assert m.process.poll() is None
        finally:
            tell(f"wire: {w.counts}\n--- {m.name()}\n{m.text}")


def until(check, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.01)


def all_of(*jobs):
    """Call them side by side; each must do."""
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        for future in [pool.submit(job) for job in jobs]:
            future.result()


# --- what a peer does


def patterned(at, n):
    at %= 251
    return PATTERN[at:at + n] if at + n <= len(PATTERN) else (PATTERN * (n // len(PATTERN) + 2))[at:at + n]


def expect_line(f, line):
    got = f.readline()
    assert got == line, f"{got} instead of {line}"


def take(f, size, done=0):
    """@size bytes of the pattern, from number @done on; every one is looked at."""
    while done < size:
        data = f.read1(min(65536, size - done))
        assert data == patterned(done, len(data)) and data, f"wrong after {done} of {size} bytes"
        done += len(data)


def get(w, size, **how):
    with w.dial(**how) as s, s.makefile("rb") as f:
        s.settimeout(LONG)
        s.sendall(b"get %d\n" % size)
        take(f, size)
        expect_line(f, b"done %d\n" % size)


def give(s, size):
    for at in range(0, size, len(PATTERN)):
        s.sendall(PATTERN[:min(len(PATTERN), size - at)])


def put(w, size, **how):
    with w.dial(**how) as s, s.makefile("rb") as f:
        s.settimeout(LONG)
        s.sendall(b"put %d\n" % size)
        give(s, size)
        expect_line(f, b"done %d\n" % size)


def request(path):
    return f"GET {path} HTTP/1.1\r\nHost: guest\r\n\r\n".encode()


def response(f):
    """(status, body); b"": the server closed the connection."""
    status = f.readline()
    if not status:
        return 0, b""
    length = 0
    for line in iter(f.readline, b"\r\n"):
        assert line, "half a head"
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return int(status.split()[1]), f.read(length)


def browse(w, rounds=1, **how):
    """Every file of httpd's on one connection."""
    with w.dial(**how) as s, s.makefile("rb") as f:
        s.settimeout(LONG)
        for _ in range(rounds):
            for path, body in WWW.items():
                s.sendall(request(path))
                assert response(f) == (200, body), path


# --- loss, reordering, duplication, corruption, delay

CASES = {
    # name: (faults, bytes of each transfer, what the wire must have done)
    "loss_1": (Faults(loss=0.01), 256 << 10, "lost"),
    "loss_10": (Faults(loss=0.1), 64 << 10, "lost"),
    "reordered": (Faults(reorder=0.05), 1 << 20, "late"),
    "doubled": (Faults(double=0.1), 1 << 20, "doubled"),
    "spoilt": (Faults(spoil=0.01), 256 << 10, "spoilt"),
    "delayed": (Faults(delay=0.05, jitter=0.02), 128 << 10, "passed"),
    "all": (Faults(loss=0.01, double=0.01, spoil=0.01, reorder=0.01, delay=0.005, jitter=0.005), 128 << 10, "spoilt"),
}


def bulk(case, large):
    """Both ways at once, by IPv4 and (where there is no router) IPv6."""

    def run(arch, tell):
        faults, size, must = CASES[case]
        with guest(arch, FAULTS, tell, large, cpus=1 + large) as (w, m, _):
            if not large:
                m.expect("fe80::5054:ff:fe12:3456")
            w.faults = faults
            all_of(*(lambda f=f, six=six: f(w, size, six=six) for f in (get, put) for six in (False, not large)))
            assert w.counts[must] > 0

    run.__name__ = f"{case}_{'large' if large else 'small'}"
    scenario(run)


for _case in CASES:
    bulk(_case, False)
    bulk(_case, True)


NETEM = {"loss_1": "loss 1%", "loss_10": "loss 10%", "reordered": "delay 5ms reorder 95% 25%", "doubled": "duplicate 10%",
         "spoilt": "corrupt 1%", "delayed": "delay 50ms 20ms"}


@scenario
def netem(arch, tell):
    """The same by the kernel's own faults, each way, where it has them."""
    with guest(arch, FAULTS, tell, True, cpus=2) as (w, _, _):
        if not w.netem("loss 1%"):
            pytest.skip("this kernel has no netem")
        for case, words in NETEM.items():
            w.netem(words)
            all_of(lambda case=case: get(w, CASES[case][1]), lambda case=case: put(w, CASES[case][1]))
        w.netem(None)


def pages(case):
    """A server's view: many connections, each for a few files."""

    def run(arch, tell):
        faults, _, must = CASES[case]
        with guest(arch, "httpd", tell, cpus=2) as (w, _, _):
            w.faults = faults
            all_of(*(lambda: browse(w, 3) for _ in range(8)))
            assert w.counts[must] > 0

    run.__name__ = f"pages_{case}"
    scenario(run)


for _case in ("loss_10", "all"):
    pages(_case)


# --- peers that go, and links


@scenario
def vanishing_peers(arch, tell):
    """Amid transfers both ways and in silence: whoever asked for it is told, and all memory comes back while the
    peer is still away. Others are served."""
    with guest(arch, FAULTS, tell) as (w, m, pools):
        with contextlib.ExitStack() as stack:
            for what in (b"get 1000000000\n", b"put 1000000000\n", b""):
                for _ in range(5):
                    s = stack.enter_context(w.dial(source=wire.GONE))
                    f = stack.enter_context(s.makefile("rb"))
                    s.sendall(b"guard\n")
                    expect_line(f, b"guarded\n")
                    s.sendall(what + (PATTERN if what.startswith(b"put") else b""))
                    if what.startswith(b"get"):
                        take(f, 100000)
            assert pools.used()["TCP_PCB"] >= 15 and pools.used()["bytes"] > 100000
            w.gone = True
            get(w, 1 << 20)
            pools.settle(LONG)
            put(w, 1 << 20)
        for what in ("get", "put", "line"):
            assert m.text.count(f"{what}: Connection timed out") == 5, what


@scenario
def unanswered(arch, tell):
    """While a peer answers nothing to what he asked for, the machine wakes to send it again, later and later, and not
    in between: his connections cost no tick."""
    def rounds():
        with w.dial() as s, s.makefile("rb") as f:
            s.sendall(b"rounds\n")
            return [int(word) for word in f.readline().split()]

    with guest(arch, FAULTS, tell) as (w, m, pools), contextlib.ExitStack() as stack:
        for _ in range(5):
            s = stack.enter_context(w.dial(source=wire.GONE))
            f = stack.enter_context(s.makefile("rb"))
            s.sendall(b"guard\n")
            expect_line(f, b"guarded\n")
        for _ in range(5):
            s = stack.enter_context(w.dial(source=wire.GONE))
            s.sendall(b"get 1000000000\n")
            take(stack.enter_context(s.makefile("rb")), 100000)
        w.gone = True
        time.sleep(2)  # their time-outs have grown
        (before, began), _ = rounds(), time.sleep(20)
        after, ended = rounds()
        tell(f"{after - before} rounds in {ended - began} ms")
        assert ended - began > 10000 and pools.used()["TCP_PCB"] >= 5
        # Half as many for a tick of 50 ms, and more. Asking takes a dozen, IPv6 and each time-out a few.
        assert after - before < (ended - began) / 100
        w.gone = False


@scenario
def link_down(arch, tell):
    """For long, under load both ways: both transfers go on when it is back, and new ones meanwhile."""
    with guest(arch, FAULTS, tell) as (w, m, _):
        w.faults = Faults(delay=0.002)
        size, seen = 16 << 20, threading.Semaphore(0)

        def hold_the_link():
            assert seen.acquire(timeout=PATIENCE)
            m.qmp("set_link", name="net0", up=False)
            m.expect("eth0: link down")
            time.sleep(LINK_DOWN)
            m.qmp("set_link", name="net0", up=True)
            m.expect("eth0: link up")
            w.faults = Faults()
            put(w, 1 << 20)
            get(w, 1 << 20)

        def taker():
            with w.dial() as s, s.makefile("rb") as f:
                s.settimeout(LONG)
                s.sendall(b"get %d\n" % size)
                take(f, 1 << 20)
                seen.release()
                rest = size - (1 << 20)
                for at in range(1 << 20, size, 1 << 20):
                    assert f.read(1 << 20) == patterned(at, 1 << 20), at
                expect_line(f, b"done %d\n" % size)
                assert rest % (1 << 20) == 0

        all_of(taker, lambda: put(w, size), hold_the_link)


# --- hostile peers


def spoofed_syns(count, dice):
    """SYNs from addresses beyond the gateway, which does not answer what the guest says to them."""
    for _ in range(count):
        source = struct.pack(">I", 0xC6120000 | dice.randrange(1 << 17))  # 198.18.0.0/15, RFC 2544
        data = struct.pack(">HHIIBBHHH", dice.randrange(1024, 65536), 80, dice.randrange(1 << 32), 0, 6 << 4, 2, 64240, 0, 0)
        data = frames.with_pseudo_sum(6, data + b"\2\4\5\xb4", 16, source, socket.inet_aton(frames.GUEST_IP))
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(data), dice.randrange(65536), 0, 64, 6, 0, source,
                           socket.inet_aton(frames.GUEST_IP))
        head = head[:10] + struct.pack(">H", frames.checksum(head)) + head[12:]
        yield frames.ethernet(frames.IPV4, head + data)


@scenario
def syn_flood(arch, tell):
    """Who is connected is served, and so is who comes; the half-open connections end by themselves."""
    with guest(arch, "httpd", tell, settle=LONG) as (w, _, pools), w.dial() as old, old.makefile("rb") as f:
        most, over, dice = 0, threading.Event(), random.Random(1)

        def flood():
            try:
                for i, frame in enumerate(spoofed_syns(5000, dice)):
                    w.inject(frame)
                    if i % 50 == 49:
                        time.sleep(0.02)
            finally:
                over.set()

        def others():
            nonlocal most
            rounds = 0
            while not over.is_set() or rounds < 3:
                old.sendall(request("/index.html"))
                assert response(f) == (200, WWW["/index.html"])
                browse(w)
                rounds += 1
                most = max(most, pools.used()["TCP_PCB"])

        all_of(flood, others)
        browse(w, 3)
        assert most > 500, f"{most} connections are no flood"


@scenario
def slowloris(arch, tell):
    """Many heads that come byte by byte: others are served, and each slow one is told to go."""
    with guest(arch, "httpd", tell, settle=LONG) as (w, _, _), contextlib.ExitStack() as stack:
        slow = [stack.enter_context(w.dial()) for _ in range(300)]
        told = []
        for letter in itertools.cycle(b"GET / HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"):
            for s in list(slow):
                if select.select([s], [], [], 0)[0]:
                    told.append(s.recv(65536))
                    slow.remove(s)
                    continue
                with contextlib.suppress(ConnectionError):
                    s.send(bytes([letter]))
            if not slow:
                break
            browse(w)
            time.sleep(0.5)
        assert len(told) == 300 and all(t.startswith(b"HTTP/1.1 408 ") for t in told)


@scenario
def half_open(arch, tell):
    """The peer has forgotten its connections. The guest learns it when it speaks, by its keep-alive, and when the
    peer comes again from the same port."""
    with guest(arch, FAULTS, tell) as (w, m, pools):
        names = []
        for what in (b"guard\n", b"hold 3\nget 1000000\n", b""):
            with w.dial() as s:
                s.sendall(what)
                if what == b"guard\n":
                    assert s.recv(8) == b"guarded\n"
                names.append(s.getsockname())
                time.sleep(0.2)  # the guest has it
                w.down, lost = True, w.counts["lost"]
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            until(lambda lost=lost: w.counts["lost"] > lost, "a reset that the guest never sees")
            w.down = False
        pools.wait(lambda now: now["TCP_PCB"] == 1, "two to be found out")

        def same_port(s):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(names[2])

        put(w, 100000, prepare=same_port)
        for line in ("line: Connection reset by peer", "get: Connection reset by peer"):
            m.expect(line)


# --- windows and sizes


def small_buffer(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)


@scenario
def zero_window(arch, tell):
    """Both ends stop reading for long, then go on; one of the peers opens its window while the wire is down, so
    that only the guest's probes find it open."""
    size = 1 << 20
    with guest(arch, FAULTS, tell) as (w, _, _):

        def stuck(lost):
            with w.dial(prepare=small_buffer) as s, s.makefile("rb") as f:
                s.settimeout(LONG)
                s.sendall(b"get %d\n" % size)
                time.sleep(20)
                done = 0
                if lost:
                    w.down = True
                    data = f.read1(65536)
                    assert data == patterned(0, len(data))
                    done = len(data)
                    time.sleep(1)
                    w.down = False
                take(f, size, done)
                expect_line(f, b"done %d\n" % size)

        def slow_guest():
            with w.dial() as s, s.makefile("rb") as f:
                s.settimeout(LONG)
                s.sendall(b"hold 20\nput %d\n" % size)
                give(s, size)
                expect_line(f, b"held\n")
                expect_line(f, b"done %d\n" % size)

        all_of(lambda: stuck(False), lambda: stuck(True), slow_guest)


def tiny(s):
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)


def tiny_mss(large):
    """A peer that takes no more than 88 bytes a segment: all of the guest's are so small."""

    def run(arch, tell):
        longest = 0

        def look(frame):
            nonlocal longest
            if frame[12:14] == b"\x08\0" and frame[23] == 6:
                longest = max(longest, int.from_bytes(frame[16:18], "big"))

        with guest(arch, FAULTS, tell, large) as (w, _, _):
            w.heard = look
            all_of(lambda: get(w, 200000, prepare=tiny), lambda: put(w, 200000, prepare=tiny))
            w.heard = None
        assert 100 < longest <= 128

    run.__name__ = f"tiny_mss_{'large' if large else 'small'}"
    scenario(run)


tiny_mss(False)
tiny_mss(True)


# --- fragments


def fragment4(ident, at, data, more):
    return frames.ipv4(1, data, fragment=(0x2000 if more else 0) | at // 8, ident=ident)


def fragment6(ident, at, data, more):
    head = struct.pack(">BBHI", 58, 0, at | more, ident)
    return frames.ipv6(44, head + data, target=wire.GUEST6, to=frames.GUEST_MAC)


def echo6(number, size):
    return frames.icmp6(128, struct.pack(">HH", 0x4321, number) + bytes(i & 0xFF for i in range(size)), target=wire.GUEST6)


def in_fragments(make, ident, data, order=None, step=1000):
    """@data in pieces of a multiple of 8 bytes."""
    pieces = [(at, data[at:at + step], at + step < len(data)) for at in range(0, len(data), step)]
    return [make(ident, *piece) for piece in (order(pieces) if order else pieces)]


class Pings:
    """The guest's answers to echo requests, put together again, by number."""

    def __init__(self, w):
        self.w, self.parts, self.whole = w, collections.defaultdict(dict), {}
        w.heard = self.look

    def look(self, frame):
        kind, ip = frame[12:14], frame[14:]
        if kind == b"\x08\0" and ip[9] == 1:
            word = int.from_bytes(ip[6:8], "big")
            self.piece(ip[4:6], (word & 0x1FFF) * 8, ip[20:int.from_bytes(ip[2:4], "big")], word & 0x2000)
        elif kind == b"\x86\xdd" and ip[6] == 58:
            self.piece(None, 0, ip[40:40 + int.from_bytes(ip[4:6], "big")], 0)
        elif kind == b"\x86\xdd" and ip[6] == 44 and ip[40] == 58:
            word = int.from_bytes(ip[42:44], "big")
            self.piece(ip[44:48], word & ~7, ip[48:40 + int.from_bytes(ip[4:6], "big")], word & 1)

    def piece(self, ident, at, data, more):
        parts = self.parts[ident] if at or more else {}
        parts[at] = (data, more)
        body, last = b"", False
        while len(body) in parts and not last:
            data, more = parts[len(body)]
            body, last = body + data, not more
        if last and body[0] in (0, 129):
            self.whole[int.from_bytes(body[6:8], "big")] = body

    def expect(self, number, frames_of, sent):
        """The answer to @sent, which goes in these frames as often as is needed."""
        deadline = time.monotonic() + PATIENCE
        while number not in self.whole:
            assert time.monotonic() < deadline, f"no answer to {number}"
            for frame in frames_of:
                self.w.inject(frame)
            with contextlib.suppress(AssertionError):
                until(lambda: number in self.whole, "it", 1)
        assert self.whole.pop(number)[8:] == sent[8:]


OVERLAPS = {
    "contained": lambda d: [(0, d[:1600], 1), (800, b"\xaa" * 400, 1), (1600, d[1600:], 0)],
    "across": lambda d: [(0, d[:1000], 1), (800, b"\xaa" * 800, 1), (1600, d[1600:], 0)],
    "before": lambda d: [(1000, d[1000:], 0), (0, d[:800] + b"\xaa" * 400, 1)],
    "twice the end": lambda d: [(0, d[:1600], 1), (1600, d[1600:], 0), (2400, b"\xaa" * 8, 0)],
    "same place": lambda d: [(0, b"\xaa" * 1000, 1), (0, d[:1000], 1), (1000, d[1000:], 0)],
}


@scenario
def fragments(arch, tell):
    """Whole datagrams in fragments are answered, whatever order they come in; overlapping ones are not, with the
    wrong bytes; those that are never completed take no memory for long, and do not keep whole ones out."""
    with guest(arch, "httpd", tell, settle=LONG) as (w, m, pools):
        m.expect("fe80::5054:ff:fe12:3456")
        # Both know where the other is.
        browse(w)
        browse(w, six=True)
        pings = Pings(w)
        count = itertools.count(1)

        def whole(order=None):
            for make, data in ((fragment4, frames.echo), (fragment6, echo6)):
                n = next(count)
                sent = data(n, 3000)
                pings.expect(n, in_fragments(make, n, sent, order), sent)

        whole()
        whole(lambda pieces: pieces[::-1])
        whole(lambda pieces: random.Random(1).sample(pieces, len(pieces)))
        for overlap in OVERLAPS.values():
            for make, data in ((fragment4, frames.echo), (fragment6, echo6)):
                n = next(count)
                sent = data(n, 2000)
                for at, piece, more in overlap(sent):
                    w.inject(make(n, at, piece, more))
                whole()
                assert pings.whole.get(n, sent)[8:] == sent[8:], overlap
        for ident in range(10000, 12000):
            for make, data in ((fragment4, frames.echo), (fragment6, echo6)):
                w.inject(make(ident, (ident % 3) * 1000, bytes(1000), 1))
            if ident % 100 == 0:
                browse(w)
                time.sleep(0.01)
        assert pools.used()["REASSDATA"] > 0 and pools.used()["IP6_REASSDATA"] > 0
        whole()
        w.heard = None


# --- no memory


def greedy(w, stack, **how):
    """150 clients who ask for 460 KB each and read nothing; some may be refused."""
    for _ in range(150):
        with contextlib.suppress(OSError):
            s = stack.enter_context(w.dial(prepare=small_buffer, **how))
            s.settimeout(1)
            s.sendall(request("/index.html") * 60)


@scenario
def out_of_memory(arch, tell):
    """On a machine that cannot hold what clients ask for and do not read: it does not try again and again in vain, has
    its memory back once they are gone, and takes no more of it each time."""
    free = []
    with guest(arch, "httpd", tell, settle=LONG, memory=8) as (w, _, pools):
        for _ in range(5):
            with contextlib.ExitStack() as stack:
                greedy(w, stack)
                before = pools.failed()
                time.sleep(1)
                tell(f"lacked {before} times, then {pools.failed() - before} in a second; {pools.used()}")
                assert 0 < before and pools.failed() - before < 5000
            pools.settle(LONG)
            browse(w, 10)
            free.append(json.loads(status(w))["mem_free"])
        # How full the allocator's pages are varies; a kilobyte lost with each of 750 connections would be more.
        assert max(free[2:]) >= free[0] - (256 << 10), free


def held(gone):
    def run(arch, tell):
        with guest(arch, "httpd", tell, settle=LONG, memory=8) as (w, _, pools), contextlib.ExitStack() as stack:
            greedy(w, stack, source=wire.GONE)
            assert pools.failed() > 0
            w.gone = gone

            def served():
                with contextlib.suppress(OSError, AssertionError):
                    all_of(*(lambda: browse(w, 5) for _ in range(16)))
                    return True
                return False

            full = pools.used()
            until(served, "others to be served", LONG)
            tell(f"{full}; when others were served {pools.used()}")

    run.__name__ = "memory_held_by_the_" + ("gone" if gone else "idle")
    run.__doc__ = """The same clients vanish, or stay and read nothing. The server closes their connections, and what
    those hold in vain goes to whoever needs it, long before TCP gives them up."""
    scenario(run)


held(True)
held(False)


def status(w):
    with w.dial() as s, s.makefile("rb") as f:
        s.sendall(request("/status.json"))
        return response(f)[1]


@pytest.mark.parametrize("name", list(scenarios))
def test(running, name):
    said, future = running[name]
    try:
        future.result()
    finally:
        print("\n".join(said))
