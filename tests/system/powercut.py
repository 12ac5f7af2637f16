#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""powercut.py -n KILLS [--arch A] [--fs littlefs|fat] [--disk nbd|writeback|none] [--seed S]: take a guest's power.

A guest writes (tests/target/powercut) and says on its console which transactions it has been told are safe. At a
random moment QEMU is killed, the disk loses what was not flushed (nbd.py), and the same image boots again: it
has to find every file system whole and every acknowledged transaction there, and writes on. Everything
random comes from the seed, but for where the guest is when the clock decides. What is left after a loss lies in
OUT/powercut: the disk before and after the cut, both consoles, the disk's last requests.
"""

import argparse
import collections
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import machine
from nbd import Disk, Loss

APP = "tests/target/powercut"
LINE = re.compile(rb"^(?:(found|ack) (\d\w) (\d+)|(lost|failed)\b(.*)|(healthy|damaged)\b.*)\r?\n", re.M)


class Lost(AssertionError):
    """A transaction was acknowledged and is not there, or the file system is not whole."""


class Ledger:
    """What a guest has acknowledged, read from its console."""

    def __init__(self):
        self.last = {}  # "0a": 17
        self.acknowledged = 0
        self.losses = []

    def words(self):
        return ",".join(f"{name}{n}" for name, n in sorted(self.last.items()) if n)

    def read(self, console):
        """All of one boot's console. Returns whether it got as far as to look at everything."""
        whole = False
        for kind, name, n, bad, why, end in LINE.findall(console):
            whole |= bool(end)
            if bad:
                self.losses.append((bad + why).decode(errors="replace"))
            elif kind:
                self.take(kind, name.decode(), int(n))
        panic = re.search(rb"\*\*\* panic.*", console)
        if panic:
            self.losses.append(panic[0].decode(errors="replace"))
        return whole

    def take(self, kind, name, n):
        last = self.last.get(name, 0)
        if kind == b"ack":
            self.acknowledged += 1
            if n != last + 1:
                self.losses.append(f"ack {name} {n} after {last}")
        elif n not in (last, last + 1):
            self.losses.append(f"found {name} {n} of {last}")
        self.last[name] = n


def new_disk(folder, size="8M", label="data"):
    """The path of an image with one partition; without a file system, as the guest makes it."""
    path = pathlib.Path(folder) / "disk.img"
    subprocess.run([machine.ROOT / "tools/mkdisk.py", path, size, f"label={label},fs=none"], check=True)
    return path


class VolatileDisk:
    """Loses what was not flushed; a moment can be a number of requests."""

    def __init__(self, folder, deaf=False):
        self.disk = Disk(new_disk(folder).read_bytes(), shuffle=1, deaf=deaf)
        self.stopped = self.disk.stopped

    def args(self):
        return self.disk.qemu_args()

    def stop_at(self, requests):
        self.disk.stop_at(requests)

    def cut(self, seed):
        return self.disk.cut(Loss(seed))

    def content(self):
        return self.disk.content()

    def save(self, folder):
        self.disk.write_trace(folder / "trace")

    def close(self):
        self.disk.close()


class FileDisk:
    """A file of the host, which loses nothing: what a killed QEMU had not yet written is what is gone."""

    stopped = None

    def __init__(self, folder, cache):
        self.path, self.cache = new_disk(folder), cache

    def args(self):
        return ["-drive", f"if=none,id=disk0,format=raw,cache={self.cache},file={self.path}",
                "-device", "virtio-blk-device,drive=disk0"]

    def cut(self, _seed):
        return 0, 0

    def content(self):
        return self.path.read_bytes()

    def save(self, _folder):
        pass

    def close(self):
        pass


class Run:
    """Cuts of one guest's power, one after the other."""

    def __init__(self, arch, seed, fs="littlefs", kind="nbd", options="", **machine_options):
        self.arch, self.seed, self.fs, self.kind, self.options = arch, seed, fs, kind, options
        self.machine_options = machine_options
        self.random = random.Random(f"{seed} {arch} {fs} {kind}")
        self.folder = tempfile.TemporaryDirectory(prefix="coracle-powercut-")
        if kind in ("nbd", "deaf"):
            self.disk = VolatileDisk(self.folder.name, kind == "deaf")
        else:
            self.disk = FileDisk(self.folder.name, kind)
        self.ledger = Ledger()
        self.kills = 0
        self.moments = collections.Counter()
        self.unsafe = self.gone = 0
        self.before = self.after = self.console = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.disk.close()
        self.folder.cleanup()

    def boot(self, words=""):
        said = self.ledger.words()
        words = f"seed={self.kills} noise={self.kills % 2} {self.options} {words}" + (f" acked={said}" if said else "")
        return machine.Machine(self.arch, APP, args=self.disk.args(), **self.machine_options,
                               bootargs=f"mount=PARTLABEL=data:/data:{self.fs}:format -- {words}")

    def cycle(self):
        """Boot, check, write, kill."""
        m = self.boot()
        try:
            self.wait_for_the_moment(m)
        finally:
            m.stop()  # SIGKILL
        console = m.data
        self.kills += 1
        whole = self.ledger.read(console)
        self.judge(console, whole)
        self.before = self.disk.content()
        unsafe, gone = self.disk.cut(self.random.random())
        self.unsafe += unsafe
        self.gone += gone
        self.after, self.console = self.disk.content(), console

    def wait_for_the_moment(self, m):
        """A moment of the boot one time in eight, of the writing otherwise."""
        early = self.kills > 0 and self.random.random() < 1 / 8
        if not early:
            m.wait_for(lambda data: LINE_OF_HEALTH.search(data), "the guest to have looked at everything")
        by_requests = self.disk.stopped and self.random.random() < 3 / 4
        self.moments["boot" if early else "writing"] += 1
        if by_requests:
            self.disk.stop_at(self.random.randint(1, 40 if early else 150))
            self.wait_for_stop(m)
        else:
            acks = 0 if early else self.random.randint(0, 20)
            m.wait_for(lambda data: data.count(b"\nack ") >= acks or ended(data), f"{acks} acknowledgements")
            time.sleep(self.random.random() / (4 if early else 40))

    def wait_for_stop(self, m):
        deadline = time.monotonic() + machine.PATIENCE
        while not self.disk.stopped.wait(0.05):
            if m.process.poll() is not None or ended(m.data):
                return
            if time.monotonic() > deadline:
                m.fail("the guest asks the disk for nothing any more")

    def judge(self, console, whole):
        if not self.ledger.losses:
            return
        folder = machine.OUT / "powercut" / f"{self.arch}-{self.fs}-{self.kind}-{self.seed}-{self.kills}"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (("disk-before-cut", self.before), ("disk-after-cut", self.after),
                              ("disk-now", self.disk.content()), ("console-before-cut", self.console),
                              ("console-after-cut", console)):
            (folder / name).write_bytes(content)
        self.disk.save(folder)
        raise Lost(f"kill {self.kills - 1}: {'; '.join(self.ledger.losses)}; see {folder}"
                   + ("" if whole else "; the check did not end"))

    def last_check(self):
        """Boots once more, writes a little, and ends by itself."""
        m = self.boot("steps=3")
        try:
            status = m.wait()
        finally:
            m.stop()
        self.ledger.read(m.data)
        self.judge(m.data, True)
        assert status == 0, m.text

    def line(self):
        return (f"powercut {self.arch} {self.fs} {self.kind}: {self.kills} kills, {self.ledger.acknowledged} "
                f"transactions acknowledged, {len(self.ledger.losses)} lost")

    def details(self):
        return (f"{self.moments['boot']} kills while it booted; {self.unsafe} sectors were not safe, {self.gone} of "
                f"these lost; seed {self.seed}")


LINE_OF_HEALTH = re.compile(rb"^(?:healthy|damaged|failed|lost|\*\*\* panic).*\n", re.M)


def ended(data):
    return re.search(rb"^(?:damaged|failed|lost|done|\*\*\* panic)", data, re.M)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("-n", type=int, default=1000, help="kills")
    parser.add_argument("--arch", choices=machine.QEMU, default="aarch64")
    parser.add_argument("--fs", choices=("littlefs", "fat"), default="littlefs")
    parser.add_argument("--disk", choices=("nbd", "writeback", "none"), default="nbd")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    started = time.monotonic()
    with Run(options.arch, options.seed, options.fs, options.disk) as run:
        status = 0
        try:
            for i in range(options.n):
                run.cycle()
                if (i + 1) % 50 == 0:
                    print(f"{run.line()}; {run.details()}; {time.monotonic() - started:.0f} s", flush=True)
            run.last_check()
        except AssertionError as e:
            print(e, flush=True)
            status = 1
        print(run.details())
        print(run.line() + ("" if status == 0 or run.ledger.losses else ", and it failed"), flush=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
