# SPDX-License-Identifier: MIT
"""The part "storage": reads, writes, syncs and SQLite on a virtio disk, beside Linux with ext4.

The guest's program (storage/) does a phase for a line on the console, so the host knows when to read the count.
Instructions come from a guest whose every block is counted, rates and latencies from another one without the plugin.
"""

import contextlib
import os
import re
import subprocess
import tempfile
import time

from figures import INSNS, MIB, RATE, US, Figure
from guest import LINUX_BEST, Coracle, Guest, GuestError, Linux

APP = "tests/bench/storage"
PARTS = {"storage": ("raw", "littlefs", "fat"), "storage-raw": ("raw",), "storage-littlefs": ("littlefs",),
         "storage-fat": ("fat",)}
MEGA = 1 << 20
RAW_MIB, DATA_MIB, BASE_MIB = 64, 160, 48  # the partitions of the image
SPAN = 16 * MEGA  # what is read and written of a disk or file; all of it fits into both systems' caches
BLOCK, LARGE = 4096, 128 * 1024
DEPTHS = (1, 16)
PEER_TYPE = "ext4"
RAW, DATA, BASE, FILE = "/dev/vda1", "/dev/vda2", "/dev/vda3", "/data/bench"
COMMANDS = {"bench": ["tests/bench/run", "storage"]}
PEER_FILES = ("version",)  # linux/build's
INTRO = (" The disk is a file in the host's memory, so that neither system waits for a disk of the host's. Both have the same "
         "SQLite with a write-ahead log, `synchronous=FULL` and `journal_size_limit=0`; Linux's files are on ext4, with its own "
         "defaults.")
WAIT = 600  # seconds that a phase may take; the host may be busy


class Phase:
    """What the program is asked for; its figures."""

    def __init__(self, key, title, kind, flags, operations, threads=1, size=BLOCK, span=SPAN, **aims):
        self.key, self.title, self.kind, self.flags = key, title, kind, flags
        self.operations, self.threads, self.size, self.span = operations, threads, size, span
        self.aims = aims
        # Each operation waits for the device, or for what others do there.
        self.waits = size == BLOCK and (kind == "fsync" or key == "insert" or bool(set(flags) & set("dc")))

    def line(self, path, timed, share):
        n = max(self.threads, self.operations // share // self.threads * self.threads)
        return f"{self.key} {self.kind} {path} -{self.flags}{'t' if timed else ''} {self.threads} {self.size} {self.span} {n}"

    def instructions(self, found):
        """In the unit of its row: an operation, or a KiB of a large one."""
        each = found["instructions"] / found["operations"]
        return round(each / (self.size / 1024) if self.size == LARGE else each)


def depth(n):
    return f"{n} at a time"


READ = {"below": 1 / 3}  # of Linux's instructions, the aim
SQL = {"below": 1 / 2}


def disk_phases():
    for n in DEPTHS:
        yield Phase(f"read_{n}", f"4 KiB read at random, O_DIRECT, {depth(n)}", "read", "rd", 8000, n, **READ)
    for n in DEPTHS:
        yield Phase(f"write_{n}", f"4 KiB written at random, O_DIRECT, {depth(n)}", "write", "rd", 8000, n)
    yield Phase("cached", "4 KiB read at random, from memory", "read", "rw", 40000, **READ)
    yield Phase("cold", "4 KiB read at random, not in memory", "read", "rc", 2000, **READ)
    yield Phase("read_seq", "128 KiB read in sequence, O_DIRECT", "read", "d", 1000, size=LARGE, span=RAW_MIB * MEGA)
    yield Phase("write_seq", "128 KiB written in sequence, O_DIRECT", "write", "d", 1000, size=LARGE, span=RAW_MIB * MEGA)
    yield Phase("fsync", "4 KiB written and fsync()", "fsync", "r", 2000)
    yield from sql_phases()


def file_phases():
    for n in DEPTHS:
        yield Phase(f"read_{n}", f"4 KiB read at random, from memory, {depth(n)}", "read", "rw", 40000, n, **READ)
    yield Phase("cold", "4 KiB read at random, not in memory", "read", "rc", 2000, **READ)
    for n in DEPTHS:
        yield Phase(f"write_{n}", f"4 KiB written at random, {depth(n)}, one fsync() at the end", "write", "rs", 8000, n)
    yield Phase("read_seq", "read in sequence, not in memory", "read", "c", 128, size=LARGE)
    yield Phase("write_seq", "written in sequence, one fsync() at the end", "write", "s", 128, size=LARGE)
    yield Phase("fsync", "4 KiB written and fsync()", "fsync", "r", 300)
    yield from sql_phases()


def sql_phases():
    yield Phase("insert", "SQLite: a transaction of one row", "insert", "", 2000, **SQL)
    yield Phase("insert_many", "SQLite: a row of one large transaction", "insert", "1", 50000)


# Where, by piece: its name, our path, the phases. Linux has a raw disk too, but SQLite wants a file there.
PLACES = {"raw": ("raw disk", RAW, tuple(disk_phases())),
          "littlefs": ("littlefs", FILE, tuple(file_phases())),
          "fat": ("FAT", FILE, tuple(file_phases()))}


def figures_of(place):
    name, _, phases = PLACES[place]
    for p in phases:
        key, title = f"storage_{place}_{p.key}", f"{name}: {p.title}"
        large = p.size == LARGE
        yield Figure(key, f"{title}, a KiB" if large else title, INSNS, below=p.aims.get("below"))
        yield Figure(f"{key}_rate", title if large else f"{title}, a second", MIB if large else RATE)
        if p.waits:
            yield Figure(f"{key}_p50", f"{title}, median", US)
            yield Figure(f"{key}_p99", f"{title}, 99 %", US)


FIGURES = tuple(f for place in PLACES for f in figures_of(place))
CHART = tuple(f"storage_{key}" for key in (
    "raw_read_1", "raw_read_16", "raw_write_1", "raw_cached", "raw_fsync", "littlefs_read_1", "fat_read_1", "littlefs_fsync",
    "fat_fsync", "raw_insert", "littlefs_insert", "fat_insert", "raw_insert_many", "raw_read_1_rate", "raw_read_16_rate",
    "raw_read_seq_rate", "raw_insert_rate", "raw_read_1_p99"))


def versions(first_line):
    """(name, value) of what the host uses."""
    yield "mkfs.ext4", first_line("/usr/sbin/mkfs.ext4", "-V")


# --- the image


def make_image(path, kind):
    """Three partitions: one for raw reads and writes, one with a file system, which ours makes itself, and one for a
    database without one."""
    with open(path, "wb") as f:
        f.truncate((RAW_MIB + DATA_MIB + BASE_MIB + 2) * MEGA)
    table = f"label: gpt\n size={RAW_MIB}MiB, name=raw\n size={DATA_MIB}MiB, name=files\n size={BASE_MIB}MiB, name=base\n"
    sfdisk = subprocess.run(["/usr/sbin/sfdisk", "-q", path], input=table, capture_output=True, text=True)
    if sfdisk.returncode != 0:
        raise GuestError(f"sfdisk: {sfdisk.stderr}")
    if kind == PEER_TYPE:
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-E", f"offset={(RAW_MIB + 1) * MEGA},lazy_itable_init=0", path,
                        f"{DATA_MIB}m"], check=True, capture_output=True)


@contextlib.contextmanager
def image(kind):
    """In memory: the host's disk is no part of what is compared."""
    with tempfile.NamedTemporaryFile(prefix="coracle-bench-", suffix=".img", dir="/dev/shm") as f:
        make_image(f.name, kind)
        yield f.name


# --- measuring


class Storage:
    """Everything of one architecture. bench records and says how it went."""

    def __init__(self, bench):
        self.bench, self.options, self.arch = bench, bench.options, bench.arch
        self.share = 8 if self.options.quick else 1
        self.linux = {}  # what Linux needs for a file, which stands beside each of our file systems

    def run(self, places):
        for place in places:
            system = Coracle(self.arch, APP)
            system.boot = ["-append", "" if place == "raw" else f"mount={DATA}:/data:{place}:format"]
            self.bench.attempt(f"storage, {place}", system, lambda s, p=place: self.measure(s, p, p, PLACES[p][2]))
        if not self.options.no_linux:
            system = Linux(self.arch, "initrd-storage", f"{LINUX_BEST} DISK={DATA}", "/storage")
            self.bench.attempt("storage", system, lambda s: self.peer(s, places))

    def peer(self, system, places):
        """The disk itself, then ext4, which is measured once, for both of ours. A database is on ext4 always."""
        if "raw" in places:
            self.measure(system, PEER_TYPE, "raw", PLACES["raw"][2])
        files = [p for p in places if p != "raw"]
        if files:
            self.measure(system, PEER_TYPE, files[0], PLACES[files[0]][2])
        for place in files[1:]:
            for figure in figures_of(place):
                same = self.bench.figures.get(figure.key.replace(f"_{place}_", f"_{files[0]}_", 1), {})
                if system.name in same:
                    self.bench.record(figure.key, system, same[system.name])

    def measure(self, system, kind, place, phases):
        """One guest that is counted, then one that is not. In a hurry the first gives the rates as well, but no
        latencies: operations whose time is taken cost more."""
        for count in (True,) if self.options.quick else (True, False):
            with image(kind) as path, Guest(system, count=count, disk=path) as g:
                g.wait_for("storage: what next?", "storage program")
                base = self.phase(g, "nothing nothing - - 1 1 1 0")["instructions"]
                for p in phases:
                    where = PLACES[place][1]
                    if p.kind == "insert":
                        where = BASE if system.name == "Coracle" and place == "raw" else "/data/bench.db"
                    found = self.phase(g, p.line(where, not g.counts, self.share))
                    if g.counts:
                        found["instructions"] -= base
                    self.record(g, f"storage_{place}_{p.key}", p, found)

    def rates(self, g):
        return self.options.quick or not g.counts

    def record(self, g, key, p, found):
        if g.counts:
            self.bench.record(key, g.system, p.instructions(found))
        if self.rates(g):
            rate = found["operations"] / (found["ns"] / 1e9)
            self.bench.record(f"{key}_rate", g.system, round(rate * p.size / MEGA, 1) if p.size == LARGE else round(rate))
            for name in ("p50", "p99"):
                if not g.counts and any(f.key == f"{key}_{name}" for f in FIGURES):
                    self.bench.record(f"{key}_{name}", g.system, round(found[name] / 1000, 1))

    def phase(self, g, line):
        """What the program says of it, and the instructions from when it was ready."""
        name = line.split()[0]
        g.say(line)
        self.wait(g, f"READY {name}")
        before = g.instructions() if g.counts else 0
        g.say("go")
        done = self.wait(g, f"DONE {name} ")
        after = g.instructions() if g.counts else 0
        operations, ns, p50, p99 = (int(v) for v in done.split()[:4])
        return {"operations": operations, "ns": ns, "p50": p50, "p99": p99, "instructions": after - before}

    def wait(self, g, words):
        """The rest of the line that begins so."""
        end = time.monotonic() + WAIT
        while True:
            found = re.search(rf"^{re.escape(words)}(.*)\r?\n", g.text(), re.M)
            if found:
                return found[1]
            failed = re.search(r"^FAILED.*", g.text(), re.M)
            if failed or g.process.poll() is not None or time.monotonic() > end:
                raise GuestError(f"{words.strip()}: {failed[0] if failed else g.last_words()}")
            time.sleep(0.001)
