# SPDX-License-Identifier: MIT
"""The disk that loses its power (nbd.py), judged by QEMU's own tools and by a client that asks for more."""

import errno
import itertools
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from machine import PATIENCE
from nbd import FLUSH, FUA, GARBAGE, READ, REQUEST, SECTOR, TRIM, WRITE, ZERO, Disk, Loss

MIB = 1 << 20


def qemu_io(disk, *commands, cut=False, cache="writeback", options=(), ok=True):
    """qemu-io's commands; cut: it dies after the last one, and so does not flush."""
    words = [w for c in (*commands, *(["sigraise 9"] if cut else [])) for w in ("-c", c)]
    where = f"driver=nbd,server.type=unix,server.path={disk.path},export=disk"
    done = subprocess.run(["qemu-io", "-t", cache, *options, "--image-opts", where, *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    assert done.returncode == (-signal.SIGKILL if cut else 0) or not ok, done.stdout
    return done.stdout


class Client:
    """Sends what it is told, right or wrong."""

    def __init__(self, disk):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(disk.path)
        self.stream = self.sock.makefile("rb")
        self.stream.read(18)
        self.sock.sendall(struct.pack(">I8sII", 3, b"IHAVEOPT", 1, 4) + b"disk")
        self.size, self.flags = struct.unpack(">QH", self.stream.read(10))
        self.cookies = itertools.count(1)

    def send(self, op, offset=0, length=0, data=b"", flags=0):
        cookie = next(self.cookies)
        self.sock.sendall(struct.pack(">IHHQQI", REQUEST, flags, op, cookie, offset, length or len(data)) + data)
        return cookie

    def reply(self):
        magic, error, cookie = struct.unpack(">IIQ", self.stream.read(16))
        assert magic == 0x67446698
        return cookie, error

    def ask(self, *args, **options):
        cookie = self.send(*args, **options)
        got, error = self.reply()
        assert got == cookie
        return error

    def close(self):
        self.stream.close()
        self.sock.close()


@pytest.fixture
def disk():
    with Disk(MIB) as d:
        yield d



def sectors(content, first, count):
    """Each sector's first byte; a sector is of one byte only."""
    pieces = [content[s * SECTOR:(s + 1) * SECTOR] for s in range(first, first + count)]
    assert all(p == p[:1] * SECTOR for p in pieces), "a sector was torn"
    return [p[0] for p in pieces]


# --- a disk like others


def test_what_qemu_writes_it_reads(disk):
    text = qemu_io(disk, "length", "write -P 1 0 64k", "write -P 2 1020k 4k", "write -P 3 512 512", "write -z 4k 4k",
                   "read -P 1 8k 56k", "read -P 2 1020k 4k", "read -P 1 0 512", "read -P 3 512 512", "read -P 0 4k 4k")
    assert text.startswith("1 MiB") and "failed" not in text.lower()
    assert disk.counts["flush"] >= 1 and disk.counts["zero"] == 1


def test_images_come_through_whole(tmp_path):
    content = os.urandom(300 * 1024) + bytes(MIB) + os.urandom(5 * 512)
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(content)
    with Disk(len(content)) as disk:
        url = f"nbd+unix:///disk?socket={disk.path}"
        for words in (["-n", source, url], [url, back]):
            subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "raw", *words], check=True, timeout=PATIENCE)
        assert disk.content() == content and back.read_bytes() == content
        disk.cut(Loss(how="none"))
        assert disk.content() == content, "qemu-img flushes at its end"


def test_read_only():
    with Disk(b"\7" * MIB, read_only=True) as disk:
        assert "failed" not in qemu_io(disk, "read -P 7 0 1M", options=["-r"])
        assert "Permission denied" in qemu_io(disk, "write 0 4k", ok=False)
        client = Client(disk)
        assert client.ask(WRITE, 0, data=bytes(512)) == errno.EPERM
        client.close()
        assert disk.content() == b"\7" * MIB


def test_wrong_requests(disk):
    """Refused, and the next one is served."""
    client = Client(disk)
    assert client.size == MIB
    assert client.ask(WRITE, MIB - 512, data=bytes(1024)) == errno.ENOSPC
    assert client.ask(READ, MIB, 512) == errno.EINVAL
    assert client.ask(READ, 2**64 - 512, 1024) == errno.EINVAL
    assert client.ask(WRITE, 1, data=bytes(512)) == errno.EINVAL
    assert client.ask(WRITE, 0, data=bytes(511)) == errno.EINVAL
    assert client.ask(99) == errno.EINVAL
    assert client.ask(WRITE, MIB - 512, data=b"\1" * 512) == 0
    client.close()
    assert disk.content() == bytes(MIB - 512) + b"\1" * 512


# --- what a cut takes


def test_nothing_is_safe_without_flush(disk):
    qemu_io(disk, "write -P 1 0 64k", cut=True)
    assert disk.cut(Loss(how="none")) == (128, 128)
    assert disk.content() == bytes(MIB)


def test_luck(disk):
    qemu_io(disk, "write -P 1 0 64k", cut=True)
    assert disk.cut(Loss(how="all")) == (128, 0)
    assert disk.content()[:65536] == b"\1" * 65536
    assert disk.cut(Loss(how="none")) == (0, 0), "it is safe now"


def test_write_through_is_fua(disk):
    qemu_io(disk, "write -P 1 0 64k", cut=True, cache="writethrough")
    assert disk.cut(Loss(how="none")) == (0, 0)
    assert disk.content()[:65536] == b"\1" * 65536


def test_flush_keeps_what_was_before(disk):
    qemu_io(disk, "write -P 1 0 4k", "flush", "write -P 2 2k 4k", cut=True)
    disk.cut(Loss(how="none"))
    assert sectors(disk.content(), 0, 12) == [1] * 8 + [0] * 4


def test_fua_keeps_itself_alone(disk):
    qemu_io(disk, "write -P 1 0 4k", "write -f -P 2 1k 1k", "write -P 3 8k 512", cut=True)
    disk.cut(Loss(how="none"))
    assert sectors(disk.content(), 0, 8) == [0, 0, 2, 2, 0, 0, 0, 0]


@pytest.mark.parametrize("how", Loss.HOWS)
def test_fua_is_not_undone_by_an_older_write(how):
    """Whatever becomes of the older one, in the middle, at the ends or covered whole."""
    for seed, (first, end) in itertools.product(range(8), ((1, 3), (0, 2), (6, 8), (0, 8))):
        with Disk(8 * SECTOR) as disk:
            client = Client(disk)
            assert client.ask(WRITE, 0, data=b"\1" * 8 * SECTOR) == 0
            assert client.ask(WRITE, first * SECTOR, data=b"\2" * (end - first) * SECTOR, flags=FUA) == 0
            client.close()
            disk.cut(Loss(seed, how))
            got = sectors(disk.content(), 0, 8)
            assert got[first:end] == [2] * (end - first)
            assert all(b in (0, 1) for b in got[:first] + got[end:])


def outcomes(how, *writes, seeds=200):
    """{what the first 8 sectors can be after a cut}, of writes (first sector, count, byte)."""
    found = set()
    with Disk(8 * SECTOR) as disk:
        for seed in range(seeds):
            client = Client(disk)
            client.ask(ZERO, 0, 8 * SECTOR, flags=FUA)
            for first, count, byte in writes:
                assert client.ask(WRITE, first * SECTOR, data=bytes([byte]) * count * SECTOR) == 0
            client.close()
            disk.cut(Loss(seed, how))
            found.add(tuple(sectors(disk.content(), 0, 8)))
    return found


def test_prefix_keeps_the_order():
    got = outcomes("prefix", (0, 1, 1), (1, 1, 2), (2, 1, 3))
    assert {g[:3] for g in got} == {(0, 0, 0), (1, 0, 0), (1, 2, 0), (1, 2, 3)}


def test_subset_does_not():
    got = outcomes("subset", (0, 2, 1), (2, 2, 2), (4, 2, 3))
    assert {g[::2] for g in got} == {(a, b, c, 0) for a in (0, 1) for b in (0, 2) for c in (0, 3)}
    assert all(g[0] == g[1] and g[2] == g[3] for g in got), "each write is there or not"


def test_a_sector_written_three_times_is_any_of_them():
    got = outcomes("subset", (0, 1, 1), (0, 1, 2), (0, 1, 3))
    assert {g[0] for g in got} == {0, 1, 2, 3}


def test_torn_in_sectors():
    """Beginnings, ends and holes."""
    got = outcomes("torn", (0, 8, 1))
    assert (1, 1, 1, 1, 0, 0, 0, 0) in got and (0, 0, 0, 0, 1, 1, 1, 1) in got and (0,) * 8 in got
    assert any(g[0] == g[7] == 1 and 0 in g for g in got) and any(g[0] == g[7] == 0 and 1 in g for g in got)


def test_the_seed_says_all():
    results = []
    for _ in range(2):
        with Disk(MIB) as disk:
            for seed in range(20):
                client = Client(disk)
                for i in range(10):
                    client.ask(WRITE, (seed * 10 + i) * 1024, data=bytes([i + 1]) * 2048)
                client.close()
                disk.cut(Loss(seed))
            results.append(disk.content())
    assert results[0] == results[1]
    assert {Loss(seed).how for seed in range(50)} == set(Loss.HOWS)


def test_discarded_is_garbage_and_zeroed_is_zeros(disk):
    client = Client(disk)
    assert client.ask(WRITE, 0, data=b"\1" * 8 * SECTOR) == 0
    assert client.ask(TRIM, 0, 2 * SECTOR) == 0
    assert client.ask(ZERO, 4 * SECTOR, 2 * SECTOR) == 0
    assert client.ask(FLUSH) == 0
    client.close()
    disk.cut(Loss(how="none"))
    assert sectors(disk.content(), 0, 8) == [GARBAGE, GARBAGE, 1, 1, 0, 0, 1, 1]


def test_a_disk_without_cache():
    with Disk(MIB, volatile=False) as disk:
        client = Client(disk)
        assert client.flags & 0xC == 0, "neither FLUSH nor FUA"
        client.close()
        qemu_io(disk, "write -P 1 0 64k", cut=True)
        assert disk.cut(Loss(how="none")) == (0, 0)
        assert disk.content()[:65536] == b"\1" * 65536


def test_a_deaf_disk():
    """For the tests of who tests flushes."""
    with Disk(MIB, deaf=True) as disk:
        client = Client(disk)
        assert client.ask(WRITE, 0, data=b"\1" * 512, flags=FUA) == 0 and client.ask(FLUSH) == 0
        client.close()
        assert disk.cut(Loss(how="none")) == (1, 1)


def test_cut_waits_for_its_client(disk):
    client = Client(disk)
    client.ask(WRITE, 0, data=bytes(512))
    with pytest.raises(AssertionError, match="still connected"):
        disk.cut(Loss(), patience=0.1)
    client.close()
    disk.cut(Loss())


# --- requests that overtake each other


def flushed_at_once(seed, wait):
    """A write and a flush, sent together or one after the other's reply: is it there after a cut?"""
    with Disk(MIB, shuffle=seed) as disk:
        client = Client(disk)
        if wait:
            client.ask(WRITE, 0, data=b"\1" * SECTOR)
            client.ask(FLUSH)
        else:
            client.sock.sendall(b"".join(
                struct.pack(">IHHQQI", REQUEST, 0, op, op, 0, len(data)) + data
                for op, data in ((WRITE, b"\1" * SECTOR), (FLUSH, b""))))
            assert sorted([client.reply(), client.reply()]) == [(WRITE, 0), (FLUSH, 0)]
        client.close()
        disk.cut(Loss(how="none"))
        return disk.content()[0] == 1


def test_a_flush_keeps_only_what_was_replied_to():
    assert all(flushed_at_once(seed, wait=True) for seed in range(20))
    assert not all(flushed_at_once(seed, wait=False) for seed in range(20))


def test_shuffled_requests_are_all_done():
    with Disk(MIB, shuffle=5) as disk:
        client = Client(disk)
        client.sock.sendall(b"".join(struct.pack(">IHHQQI", REQUEST, 0, WRITE, i, i * SECTOR, SECTOR) +
                                     bytes([i]) * SECTOR for i in range(64)))
        replies = [client.reply() for _ in range(64)]
        client.close()
        assert sorted(replies) == [(i, 0) for i in range(64)] and replies != sorted(replies)
        assert sectors(disk.content(), 0, 64) == list(range(64))
        qemu_io(disk, "write -P 9 0 1M", "flush", "read -P 9 0 1M")


# --- disks that lie


@pytest.mark.parametrize("op, ask", [
    ("read", (READ, 0, 512)), ("write", (WRITE, 0, 0, bytes(512))), ("flush", (FLUSH,)),
    ("trim", (TRIM, 0, 512)), ("zero", (ZERO, 0, 512)), ("all", (FLUSH,)),
])
def test_the_nth_fails(disk, op, ask):
    def one():
        client = Client(disk)  # of its own, as the data of a read stays unread
        error = client.ask(*ask)
        client.close()
        return error
    disk.fail(op, nth=3, times=2, error=errno.EIO)
    assert [one() for _ in range(6)] == [0, 0, errno.EIO, errno.EIO, 0, 0]
    disk.fail(op, error=errno.ENOSPC)
    assert [one() for _ in range(3)] == [errno.ENOSPC] * 3
    disk.mend()
    assert one() == 0


def test_a_bad_place(disk):
    disk.fail("all", first=4096, end=4608)
    text = qemu_io(disk, "write -P 1 0 4k", "write -P 1 4608 512", ok=False)
    assert "failed" not in text
    text = qemu_io(disk, "write -P 1 0 8k", "read 4k 512", ok=False)
    assert text.count("Input/output error") == 2
    disk.mend()
    assert disk.content()[4096] == 0, "what failed was not done"


def test_hang_and_mend(disk):
    client = Client(disk)
    disk.hang()
    client.send(WRITE, 0, data=b"\1" * 512)
    client.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.sock.recv(1, socket.MSG_PEEK)
    client.sock.settimeout(PATIENCE)
    disk.mend()
    assert client.reply() == (1, 0)
    client.close()


@pytest.mark.parametrize("op", [WRITE, FLUSH])
def test_stop_at(disk, op):
    """The request that it stopped at has not happened, and does not after the cut."""
    client = Client(disk)
    client.ask(WRITE, 0, data=b"\1" * 512)
    client.ask(FLUSH)
    client.ask(WRITE, 512, data=b"\2" * 512)
    disk.stop_at(2)
    assert client.ask(WRITE, 1024, data=b"\3" * 512) == 0 and not disk.stopped.is_set()
    client.send(op, 1536, data=b"\4" * 512 if op == WRITE else b"")
    assert disk.stopped.wait(PATIENCE)
    client.close()
    disk.cut(Loss(how="none" if op == FLUSH else "all"))
    assert sectors(disk.content(), 0, 4) == ([1, 0, 0, 0] if op == FLUSH else [1, 2, 3, 0])
    client = Client(disk)
    assert client.ask(FLUSH) == 0 and not disk.stopped.is_set()
    client.close()


def test_slow(disk):
    disk.slow(0.05)
    started = time.monotonic()
    qemu_io(disk, "read 0 512", "read 0 512", "read 0 512")
    assert time.monotonic() - started >= 0.15


def test_vanish(disk):
    client = Client(disk)
    threading.Timer(0.1, disk.vanish).start()
    assert client.sock.recv(1) == b""
    client.close()
    client = Client(disk)
    assert client.ask(FLUSH) == 0
    disk.vanish(for_good=True)
    assert client.sock.recv(1) == b""
    with pytest.raises(OSError):
        Client(disk)
    client.close()


def test_trace(disk, tmp_path):
    qemu_io(disk, "write -P 1 512 1k", "flush", cut=True)
    disk.cut(Loss(how="none"))
    disk.write_trace(tmp_path / "trace")
    lines = [line.split()[1:4] for line in (tmp_path / "trace").read_text().splitlines()]
    at = lines.index(["write", "512", "1024"])
    assert lines[at + 1] == ["flush", "0", "0"] and lines[-1][:2] == ["cut,", "none"]
