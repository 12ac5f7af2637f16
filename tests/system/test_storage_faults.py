# SPDX-License-Identifier: MIT
"""Disks that fail: the right errno at the right call, no hang, no crash, and all is well again when the disk is.

The guest (tests/target/filesh) does what the test says, on a disk of nbd.py's or under QEMU's blkdebug.
"""

import random
import time

import pytest

import machine
from nbd import Disk
from powercut import new_disk

APP = "tests/target/filesh"
MIB = 1 << 20
PART = MIB  # where the data partition begins
LABEL = "files"  # not "data", which is mounted without being asked for
SOURCE = f"PARTLABEL={LABEL}"
GONE = ("EIO", "ENODEV")
NO_MOUNT = ("EIO", "ENODEV", "EINVAL", "ENOENT")  # ENOENT: its partition table is gone as well
FILE_SYSTEMS = ("littlefs", "fat")


class Shell:
    """A guest, and a call of its at a time."""

    def __init__(self, boot, arch, args, bootargs="", **options):
        self.start = lambda: boot(arch, APP, args=args, bootargs=bootargs, **options)
        self.m = self.start()
        self.m.expect("filesh: ready")

    def reboot(self, *lines):
        """Nothing is in memory any more: what is on the disk counts."""
        self.end()
        self.m = self.start()
        self.m.expect("filesh: ready")
        self.ok(*lines)

    def __call__(self, line, timeout=machine.PATIENCE):
        """The result as filesh says it: a number, or an error's name."""
        self.m.send(line.encode() + b"\n")
        return self.result(timeout)

    def result(self, timeout=machine.PATIENCE):
        said = self.m.expect(r"^-> (.*?)\r?\n", timeout)[1].decode()
        return int(said) if said.lstrip("-").isdigit() else said

    def ok(self, *lines):
        """Calls that must succeed."""
        for line in lines:
            said = self(line)
            assert isinstance(said, int), f"{line}: {said}"

    def put(self, path, size, seed, slot=0):
        """A file with its bytes safe."""
        self.ok(f"open {slot} {path} rwct", f"write {slot} {size} {seed} 0", f"fsync {slot}", f"close {slot}")

    def has(self, path, size, seed, slot=0):
        """"ok", or what is wrong with the file."""
        said = self(f"open {slot} {path} r")
        if said != 0:
            return said
        got = self(f"read {slot} {size + 1} {seed} 0")
        closed = self(f"close {slot}")
        return "ok" if (got, closed) == (size, 0) else (got, closed)

    def end(self):
        self.m.send(b"exit 0\n")
        assert self.m.wait() == 0
        assert "panic" not in self.m.text


@pytest.fixture(params=FILE_SYSTEMS)
def fs(request):
    return request.param


@pytest.fixture
def disk(tmp_path):
    with Disk(new_disk(tmp_path, label=LABEL).read_bytes()) as d:
        yield d


@pytest.fixture
def shell(boot, arch, fs, disk):
    """A guest whose /data is on the disk, with one file in it that is safe."""
    sh = Shell(boot, arch, disk.qemu_args(), "blk.timeout=5")
    sh.ok(f"mount {SOURCE} /data {fs} rw format")
    sh.put("/data/kept", 20000, 7)
    sh.ok("umount /data")
    again(sh, fs)
    yield sh
    sh.end()


def again(sh, fs):
    sh.reboot(f"mount {SOURCE} /data {fs}")


# --- errors of the disk


def test_read(shell, fs, disk):
    """EIO at read(), and no wrong bytes; afterwards the same descriptor reads on."""
    again(shell, fs)
    shell.ok("open 1 /data/kept r")
    disk.fail("read")
    assert shell("read 1 20000 7 0") == "EIO"
    assert shell("read 1 100 7 12000") == "EIO"
    assert shell.has("/data/kept", 20000, 7) in ("EIO", ("EIO", 0))
    shell.put("/tmp/other", 100, 1)
    disk.mend()
    assert shell("read 1 20000 7 0") == 20000
    shell.ok("close 1")
    again(shell, fs)
    assert shell.has("/data/kept", 20000, 7) == "ok"


def test_mount_of_a_disk_that_reads_nothing(boot, arch, fs, disk):
    sh = Shell(boot, arch, disk.qemu_args())
    sh.ok(f"mount {SOURCE} /data {fs} rw format", "umount /data")
    sh.reboot()
    content = disk.content()
    disk.fail("read", first=PART, end=PART + MIB)
    assert sh(f"mount {SOURCE} /data {fs} rw format") in NO_MOUNT, "and it is not taken for empty"
    assert disk.content() == content
    disk.mend()
    sh.ok(f"mount {SOURCE} /data {fs}")
    sh.end()


@pytest.mark.parametrize("op", ["write", "flush"])
def test_fsync_tells(shell, fs, disk, op):
    """What could not be written is told by fsync(), whatever write() said; once the disk is well, so is all else."""
    shell.ok("open 1 /data/new rwc")
    disk.fail(op)
    said = shell("write 1 5000 3 0")
    assert said in (5000, "EIO")
    assert shell("fsync 1") == "EIO"
    shell.put("/tmp/other", 100, 1)
    disk.mend()
    shell("close 1")
    shell.put("/data/new", 5000, 4)
    again(shell, fs)
    assert shell.has("/data/new", 5000, 4) == "ok" and shell.has("/data/kept", 20000, 7) == "ok"


@pytest.mark.parametrize("op", ["write", "flush"])
def test_o_sync_tells_at_write(shell, fs, disk, op):
    shell.ok("open 1 /data/new rwcs", "write 1 1000 3 0")
    disk.fail(op)
    assert shell("write 1 1000 3 1000") == "EIO"
    disk.mend()
    shell("close 1")
    again(shell, fs)
    assert shell.has("/data/kept", 20000, 7) == "ok"


@pytest.mark.parametrize("op", ["write", "flush"])
def test_names(shell, fs, disk, op):
    """Calls on names fail with EIO, or a later sync does: the old state or the new one is there, not neither."""
    disk.fail(op)
    results = [shell(f"{line}") for line in ("mkdir /data/folder", "rename /data/kept /data/moved")]
    assert all(r in (0, "EIO") for r in results)
    disk.mend()
    shell("sync")
    again(shell, fs)
    there = [path for path in ("/data/kept", "/data/moved") if shell.has(path, 20000, 7) == "ok"]
    assert len(there) == 1
    shell.put("/data/new", 100, 1)


def test_umount_of_a_disk_that_writes_nothing(shell, fs, disk):
    """It ends the mount all the same; what was safe is there later."""
    shell.ok("open 1 /data/new rwc", "write 1 9000 3 0")
    disk.fail("write")
    shell("close 1")
    assert shell("umount /data") in (0, "EIO")
    disk.mend()
    assert shell(f"mount {SOURCE} /data {fs}") in (0, "EBUSY")
    assert shell.has("/data/kept", 20000, 7) == "ok"


@pytest.mark.parametrize("op", ["read", "write", "flush"])
def test_each_request_fails_once(shell, fs, disk, op):
    """The n-th request fails, from the first to the last: a call says EIO or does its work; what was safe stays."""
    work = ("open 1 /data/a rwct", "write 1 3000 {n} 0", "fsync 1", "close 1", "rename /data/a /data/b",
            "mkdir /data/f", "unlink /data/b", "rmdir /data/f", "open 2 /data/kept r", "read 2 20000 7 0", "close 2",
            "ls /data")
    n = 0
    while True:
        n += 1
        before = disk.counts[op]
        disk.fail(op, nth=n, times=1)
        results = {line: shell(line.format(n=n)) for line in work}
        hit = disk.counts[op] - before >= n
        disk.mend()
        for line, said in results.items():
            assert isinstance(said, int) or said in ("EIO", "ENOENT", "EBADF", "EEXIST"), f"{op} {n}: {line}: {said}"
        assert results["read 2 20000 7 0"] in (20000, "EIO", "EBADF")
        shell("sync")
        again(shell, fs)
        assert shell.has("/data/kept", 20000, 7) == "ok", f"{op} {n}"
        for line in ("unlink /data/a", "unlink /data/b", "rmdir /data/f"):
            assert shell(line) in (0, "ENOENT")
        if not hit or n == 24:
            assert n > (0 if op == "read" else 2)
            return


# --- full, read-only


def test_full(shell, fs, disk):
    """ENOSPC at write() or fsync(), never later and never silently; what is removed makes room again."""
    free = shell("free /data")
    assert free > 4000
    shell.ok("open 1 /data/big rwc")
    size = 0
    while (said := shell(f"write 1 65536 5 {size}")) == 65536:
        size += 65536
        assert size < 8 * MIB
    if isinstance(said, int):
        size += said
        assert shell(f"write 1 65536 5 {size}") == "ENOSPC"
    else:
        assert said == "ENOSPC"
    assert shell("fsync 1") in (0, "ENOSPC")
    assert size > 3 * MIB
    assert shell("open 2 /data/small rwc") in (0, "ENOSPC")
    shell("close 2")
    assert shell("read 1 65536 5 0") == 65536
    shell("close 1")
    shell.put("/tmp/other", 1000, 1)
    shell.ok("unlink /data/big")
    assert shell("free /data") >= free - 64
    shell.put("/data/small", 50000, 2)
    again(shell, fs)
    assert shell.has("/data/kept", 20000, 7) == "ok" and shell.has("/data/small", 50000, 2) == "ok"
    assert shell("stat /data/big") == "ENOENT"


def test_read_only_disk(boot, arch, fs, tmp_path):
    path = new_disk(tmp_path, label=LABEL)
    with Disk(path.read_bytes()) as disk:
        sh = Shell(boot, arch, disk.qemu_args())
        sh.ok(f"mount {SOURCE} /data {fs} rw format")
        sh.put("/data/kept", 20000, 7)
        sh.ok("umount /data")
        sh.end()
        content = disk.content()
    with Disk(content, read_only=True) as disk:
        sh = Shell(boot, arch, disk.qemu_args())
        assert sh(f"mount {SOURCE} /data {fs}") in (0, "EROFS")
        sh("umount /data")
        sh.ok(f"mount {SOURCE} /data {fs} ro")
        assert sh.has("/data/kept", 20000, 7) == "ok"
        for line in ("open 1 /data/kept rw", "open 1 /data/new rwc", "mkdir /data/folder", "unlink /data/kept",
                     "rename /data/kept /data/moved", "truncate /data/kept 0", "open 1 /dev/vda w"):
            assert sh(line) == "EROFS", line
        assert sh("open 1 /dev/vda r") == 0
        sh.ok("umount /data")
        sh.end()
        assert disk.content() == content and disk.counts["write"] == 0


def pattern(seed, size):
    """What filesh writes at the start of a file."""
    x = ((at + 1) * 2654435761 + seed * 40503 & 0xffffffff for at in range(size))
    return bytes((v ^ v >> 15) >> 7 & 0xff for v in x)


def test_nobody_syncs(shell, disk):
    """What is written and neither synced nor closed is safe after a while, although the guest does nothing more."""
    want = pattern(77, 500)
    assert want not in disk.content()
    shell.ok("open 1 /data/log rwca", "write 1 9000 77")
    until = time.monotonic() + machine.PATIENCE
    while want not in disk.content():
        assert time.monotonic() < until, "it never came to the disk"
        time.sleep(0.5)


def test_mount_twice(shell, fs):
    """Two who write the same blocks would destroy each other's work."""
    assert shell(f"mount {SOURCE} /other {fs}") == "EBUSY"
    assert shell(f"mount {SOURCE} /data {fs}") == "EBUSY"
    assert shell("mount /dev/vda /other auto") == "EBUSY", "the disk that it is a part of"
    assert shell.has("/data/kept", 20000, 7) == "ok"
    shell.ok("umount /data", f"mount {SOURCE} /other {fs}")
    assert shell.has("/other/kept", 20000, 7) == "ok"


# --- gone


def test_vanish(shell, fs, disk):
    """Everything on it is EIO or ENODEV from then on; the rest of the system goes on."""
    shell.ok("open 1 /data/kept rw", "open 2 /data/new rwc", "write 2 1000 1 0")
    disk.vanish(for_good=True)
    assert shell("fsync 2") in GONE
    assert shell("write 1 100 9 0") in (100, *GONE)
    assert shell("fsync 1") in GONE
    assert shell("mkdir /data/folder") in (0, "EROFS", *GONE)
    assert shell.has("/data/kept", 20000, 7) in ("ok", *GONE, *((e, 0) for e in GONE)), "what is in memory may be told"
    shell.put("/tmp/other", 1000, 1)
    assert shell.has("/tmp/other", 1000, 1) == "ok"
    for line in ("close 1", "close 2", "umount /data"):
        assert shell(line) in (0, *GONE), line


def test_hang(shell, fs, disk):
    """A disk that answers no request: after blk.timeout calls end with an error, and the disk is out of use."""
    shell.ok("open 1 /data/new rwc", "write 1 1000 1 0")
    disk.hang()
    shell.m.send(b"fsync 1\n")
    shell.m.wait_for(lambda data: b"no answer for 5 s; the device is stopped" in data, "blk.timeout")
    disk.mend()  # QEMU as a whole stands still in the reset of a device that has requests on their way
    assert shell.result() in ("ETIMEDOUT", *GONE)
    assert shell("write 1 1000 2 0") in (1000, *GONE)
    assert shell("fsync 1") in GONE
    shell.put("/tmp/other", 1000, 1)
    shell("close 1")
    assert shell("umount /data") in (0, *GONE)


def test_slow(shell, fs, disk):
    """Slow is no error."""
    disk.slow(0.05)
    shell.put("/data/new", 5000, 1)
    again(shell, fs)
    assert shell.has("/data/new", 5000, 1) == "ok"


# --- damaged


def formatted(boot, arch, fs, tmp_path, made={}):
    """The bytes of a disk with some files in it; made once."""
    if fs in made:
        return bytearray(made[fs])
    with Disk(new_disk(tmp_path, label=LABEL).read_bytes()) as disk:
        sh = Shell(boot, arch, disk.qemu_args())
        sh.ok(f"mount {SOURCE} /data {fs} rw format", "mkdir /data/folder")
        for i in range(8):
            sh.put(f"/data/file-{i}", 100 + 3000 * i, i)
            sh.put(f"/data/folder/with a long name {i}".replace(" ", "-"), 100, i)
        sh.ok("umount /data")
        sh.end()
        made[fs] = disk.content()
        return bytearray(made[fs])


def look_around(sh):
    """Read all of it and write a little: errors are well, wrong ends are not."""
    for line in ("ls /data", "ls /data/folder", *(f"stat /data/file-{i}" for i in range(8))):
        sh(line)
    for i in range(8):
        sh.has(f"/data/file-{i}", 100 + 3000 * i, i)
    for line in ("open 1 /data/new rwc", "write 1 5000 1 0", "fsync 1", "close 1", "mkdir /data/another",
                 "rename /data/file-1 /data/file-2", "unlink /data/file-3", "sync", "umount /data"):
        sh(line)


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_no_superblock(boot, arch, fs, tmp_path, byte):
    """Its first blocks are gone: it does not mount, and it is not formatted because it is damaged."""
    content = formatted(boot, arch, fs, tmp_path)
    content[PART:PART + 8192] = bytes([byte]) * 8192
    with Disk(content) as disk:
        sh = Shell(boot, arch, disk.qemu_args())
        assert sh(f"mount {SOURCE} /data {fs}") in NO_MOUNT
        if byte != 0:
            assert sh(f"mount {SOURCE} /data {fs} rw format") in NO_MOUNT
            assert disk.content() == content
        sh.put("/tmp/other", 1000, 1)
        sh.end()


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bits(boot, arch, fs, tmp_path, seed):
    """Some bits of the metadata are others: an error, or nothing of it is seen; never a crash or a hang."""
    rng = random.Random(f"{seed} {fs}")
    content = formatted(boot, arch, fs, tmp_path)
    used = [i for i in range(PART, PART + 5 * MIB, 512) if any(content[i:i + 512])]
    for _ in range(1 << rng.randrange(8)):
        content[rng.choice(used) + rng.randrange(512)] ^= 1 << rng.randrange(8)
    with Disk(content) as disk:
        sh = Shell(boot, arch, disk.qemu_args(), "blk.timeout=5")
        if sh(f"mount {SOURCE} /data {fs}") == 0:
            look_around(sh)
        sh.put("/tmp/other", 1000, 1)
        sh.end()


def test_damaged_table(boot, arch, fs, tmp_path):
    """The first GPT header is damaged: the second one serves. Both: no partition, and no crash."""
    content = formatted(boot, arch, fs, tmp_path)
    content[512 + 40] ^= 1
    for ends in (False, True):
        with Disk(content) as disk:
            sh = Shell(boot, arch, disk.qemu_args())
            assert sh(f"mount {SOURCE} /data {fs}") == ("ENOENT" if ends else 0)
            assert ends or sh.has("/data/file-7", 21100, 7) == "ok"
            sh.end()
        content[-512 + 40] ^= 1


# --- QEMU's own faults


def blkdebug(path, *rules):
    words = "".join(f",file.inject-error.{i}.{k}={v}" for i, rule in enumerate(rules)
                    for k, v in {"event": "none", "errno": 5, "once": "off", **rule}.items())
    return ["-drive", f"if=none,id=disk0,format=raw,file.driver=blkdebug,file.image.driver=file,"
            f"file.image.filename={path}{words}", "-device", "virtio-blk-device,drive=disk0"]


@pytest.mark.parametrize("op", ["read", "write", "flush"])
def test_blkdebug(boot, arch, fs, tmp_path, op):
    path = tmp_path / "image"
    path.write_bytes(formatted(boot, arch, fs, tmp_path))
    sh = Shell(boot, arch, blkdebug(path, {"iotype": op}))
    said = sh(f"mount {SOURCE} /data {fs}")
    if op == "read":
        assert said in NO_MOUNT
    elif said == 0:
        assert sh.has("/data/file-7", 21100, 7) == "ok"
        results = [sh(line) for line in ("open 1 /data/new rwc", "write 1 1000 1 0", "fsync 1")]
        assert "EIO" in results
        sh("close 1")
    else:
        assert said == "EIO"
    sh.put("/tmp/other", 1000, 1)
    sh("umount /data")
    sh.end()
    # The same image without faults.
    sh = Shell(boot, arch, ["-drive", f"if=none,id=disk0,format=raw,file={path}", "-device",
                            "virtio-blk-device,drive=disk0"])
    sh.ok(f"mount {SOURCE} /data {fs}")
    assert all(sh.has(f"/data/file-{i}", 100 + 3000 * i, i) == "ok" for i in range(8))
    sh.end()
