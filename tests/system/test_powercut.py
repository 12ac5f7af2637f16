# SPDX-License-Identifier: MIT
"""Power cuts: what was acknowledged is there, the file systems are whole, nobody repairs anything (powercut.py).

A few kills of each kind here; `make powercut N=1000` for as many as you like. First: that the guest's check, compiled
for the host, finds what is lost.
"""

import os
import shutil
import subprocess

import pytest

import machine
import powercut
from powercut import Ledger, Lost, Run

SOURCES = machine.ROOT / powercut.APP
KINDS = "asrcfl"


# --- the check itself, on the host


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("powercut") / "powercut"
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-g", "-O1", "-fsanitize=address,undefined",
                    "-fno-sanitize-recover=all", "-o", path, *SOURCES.glob("*.c"), "-lpthread"], check=True)
    return path


class HostLoad:
    """The guest's program in a folder of the host."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.ledger = Ledger()

    def command(self, *words):
        said = self.ledger.words()
        return [str(self.program), f"dir={self.folder}", "anywhere=1", *words, *([f"acked={said}"] if said else [])]

    def run(self, *words):
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=machine.PATIENCE)
        whole = self.ledger.read(done.stdout)
        return done.returncode, whole, done.stdout.decode()

    def run_and_kill(self, acks, *words):
        process = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        console = b""
        while console.count(b"\nack ") < acks:
            data = os.read(process.stdout.fileno(), 4096)
            assert data, console.decode()
            console += data
        process.kill()
        console += process.stdout.read()
        process.wait()
        process.stdout.close()
        return self.ledger.read(console), console.decode()


@pytest.fixture
def load(program, tmp_path):
    (tmp_path / "data").mkdir()
    return HostLoad(program, tmp_path / "data")


def test_check_finds_nothing_where_nothing_is_lost(load):
    """The host loses nothing when a process is killed, so every boot is healthy."""
    for i in range(30):
        whole, text = load.run_and_kill(1 + i % 37, f"seed={i}")
        assert whole and load.ledger.losses == [], text
    assert load.ledger.acknowledged > 300
    status, whole, text = load.run("steps=5")
    assert status == 0 and whole and text.endswith("done\n"), text


def files_of(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("kind", KINDS)
def test_check_finds_each_loss(load, kind):
    """Each file of each kind is removed, made shorter and changed: nothing of this goes unnoticed."""
    for steps in (3, 7, 90):
        status, _, text = load.run("threads=1", f"kinds={kind}", f"steps={steps}", f"seed={steps}")
        assert status == 0, text
        kept = load.folder.with_name("kept")
        shutil.copytree(load.folder, kept)
        before = dict(load.ledger.last)
        for path in files_of(load.folder):
            for damage in ("removed", "shorter", "changed"):
                content = path.read_bytes()
                if damage == "removed":
                    path.unlink()
                elif not content:
                    continue
                elif damage == "shorter":
                    path.write_bytes(content[:-1] if kind != "l" else b"")  # that becomes shorter in many steps
                else:
                    path.write_bytes(content[:len(content) // 2] + bytes([content[len(content) // 2] ^ 1])
                                     + content[len(content) // 2 + 1:])
                status, _, text = load.run("threads=1", f"kinds={kind}", "steps=1")
                assert status == 1 and load.ledger.losses, f"{path} {damage}: {text}"
                assert "damaged: " in text and "\nack " not in text
                shutil.rmtree(load.folder)
                shutil.copytree(kept, load.folder)
                load.ledger.last, load.ledger.losses = dict(before), []
        shutil.rmtree(kept)


@pytest.mark.parametrize("kind", KINDS)
def test_check_finds_an_older_state(load, kind):
    """The whole folder as it was a few transactions ago."""
    old = load.folder.with_name("old")
    load.run("threads=1", f"kinds={kind}", "steps=30")
    shutil.copytree(load.folder, old)
    load.run("threads=1", f"kinds={kind}", "steps=4")
    shutil.rmtree(load.folder)
    shutil.copytree(old, load.folder)
    status, _, text = load.run("threads=1", f"kinds={kind}", "steps=1")
    assert status == 1 and load.ledger.losses, text
    shutil.rmtree(load.folder)
    load.folder.mkdir()
    load.ledger.losses = []
    status, _, text = load.run("threads=1", f"kinds={kind}", "steps=1")
    assert status == 1 and "is not there" in text and load.ledger.losses


def test_ledger():
    ledger = Ledger()
    assert not ledger.read(b"found 0a 0\nack 0a 1\nack 0a 2\nack 0a 3")  # the last line is not whole
    assert ledger.last == {"0a": 2} and ledger.acknowledged == 2 and ledger.words() == "0a2"
    assert ledger.read(b"found 0a 3\r\nhealthy: 3 names\r\nack 0a 4\r\n") and ledger.losses == []
    ledger.read(b"ack 0a 6\n")
    ledger.read(b"found 0a 4\n")
    ledger.read(b"lost 0a: acknowledged 9: why\n*** panic: bad\n")
    assert ledger.losses == ["ack 0a 6 after 4", "found 0a 4 of 6", "lost 0a: acknowledged 9: why", "*** panic: bad"]


# --- guests


def cuts(arch, n, seed=1, **options):
    with Run(arch, seed, **options) as run:
        for _ in range(n):
            run.cycle()
        run.last_check()
        print(run.line(), run.details(), sep="\n")
        assert run.kills == n and run.ledger.losses == []
        return run


@pytest.mark.parametrize("fs", ["littlefs", "fat"])
def test_cuts(arch, fs):
    run = cuts(arch, 16, fs=fs)
    assert run.ledger.acknowledged > 30 and run.unsafe > 0, run.details()


def test_cuts_of_four_cpus(arch):
    cuts(arch, 8, options="threads=6", cpus=4)


def test_cuts_of_a_modern_device(arch):
    cuts(arch, 8, modern=True)


@pytest.mark.parametrize("kind", ["writeback", "none"])
def test_cuts_of_a_file(arch, kind, tmp_path):
    """The host keeps what QEMU has written: what was on its way when it was killed is gone."""
    if kind == "none":
        try:
            os.close(os.open(tmp_path / "direct", os.O_RDWR | os.O_CREAT | os.O_DIRECT))
        except OSError:
            pytest.skip("the host's file system has no O_DIRECT")
    cuts(arch, 8, kind=kind)


def test_a_forgotten_flush_is_found(arch):
    """With a disk that does not hear them, soon something is lost that was acknowledged."""
    with pytest.raises(Lost), Run(arch, 1, kind="deaf") as run:
        for _ in range(100):
            run.cycle()
