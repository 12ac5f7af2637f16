# SPDX-License-Identifier: MIT
"""Block devices: disks of many kinds, their partitions, and what goes wrong with them. The guest's half is
tests/target/blk; a sector holds its number 64 times, and in the top byte who wrote it: the host 0, the guest 1."""

import json
import re
import struct
import subprocess

import pytest

APP = "tests/target/blk"
SECTORS = 8192
WRITTEN = 2048  # sectors that the guest writes, from the middle


def sector(number, tag=0):
    return struct.pack("<Q", number | tag << 56) * 64


def make_disk(path, sectors=SECTORS):
    with open(path, "wb") as f:
        f.writelines(sector(i) for i in range(sectors))
    return path


def drive(path, serial, options="", device=None):
    """QEMU's words for a disk, with properties of the device."""
    words = "".join(f",{key}={value}" for key, value in (device or {}).items())
    return ["-drive", f"file={path},format=raw,if=none,id={serial},{options}",
            "-device", f"virtio-blk-device,drive={serial},serial={serial}{words}"]


def is_written(path, sectors=SECTORS):
    data = path.read_bytes()
    middle = range(sectors // 2, sectors // 2 + WRITTEN)
    wrong = [i for i in range(sectors) if data[512 * i:512 * i + 512] != sector(i, int(i in middle))]
    assert not wrong and len(data) == 512 * sectors, f"wrong sectors: {wrong[:20]}"


def all_good(m):
    assert m.wait(180) == 0
    assert "not ok" not in m.text and re.search(r"^1\.\.\d+$", m.text, re.M)


# --- reading and writing


@pytest.mark.parametrize("modern,cpus", [(False, 1), (True, 4)])
@pytest.mark.parametrize("device", [
    {}, {"logical_block_size": 4096, "physical_block_size": 4096}, {"queue-size": 4}, {"event_idx": "off"},
    {"indirect_desc": "off", "queue-size": 16}, {"write-cache": "off"},
], ids=lambda d: ",".join(d) or "plain")
def test_read_and_write(boot, arch, tmp_path, modern, cpus, device):
    """The guest finds what the host wrote, and the host what the guest wrote, nothing else changed."""
    disk = make_disk(tmp_path / "a")
    m = boot(arch, APP, modern=modern, cpus=cpus, bootargs="-- rw SERIAL=a", args=drive(disk, "a", device=device))
    all_good(m)
    is_written(disk)
    cached = "" if device.get("write-cache") == "off" else ", cached"
    size = device.get("logical_block_size", 512)
    assert f"4 MiB, blocks of {size}/{size}{cached}, serial a" in m.text


@pytest.mark.parametrize("modern", [False, True])
def test_two_disks(boot, arch, tmp_path, modern):
    disks = [make_disk(tmp_path / name) for name in "ab"]
    m = boot(arch, APP, modern=modern, cpus=2, bootargs="-- rw SERIAL=b rw SERIAL=a",
             args=drive(disks[0], "a") + drive(disks[1], "b"))
    all_good(m)
    for disk in disks:
        is_written(disk)


def test_read_only(boot, arch, tmp_path):
    disk = make_disk(tmp_path / "a")
    all_good(boot(arch, APP, bootargs="-- ro SERIAL=a", args=drive(disk, "a", "readonly=on")))
    assert disk.read_bytes() == b"".join(sector(i) for i in range(SECTORS))


def test_discard(boot, arch, tmp_path):
    disk = make_disk(tmp_path / "a")
    all_good(boot(arch, APP, bootargs="-- discard SERIAL=a", args=drive(disk, "a", "discard=unmap")))
    data = disk.read_bytes()
    for i in range(SECTORS):
        if not 64 <= i < 128:  # discarded: anything
            assert data[512 * i:512 * i + 512] == (bytes(512) if 8 <= i < 32 else sector(i))


@pytest.mark.parametrize("device", [{}, {"logical_block_size": 4096, "physical_block_size": 4096}],
                         ids=lambda d: ",".join(d) or "plain")
def test_file(boot, arch, tmp_path, device):
    disk = make_disk(tmp_path / "a")
    all_good(boot(arch, APP, bootargs="-- file SERIAL=a", args=drive(disk, "a", device=device)))
    data = bytearray(b"".join(sector(i) for i in range(SECTORS)))
    for at, word in ((1000001, b"through the cache"), (999424 + 100, b"past the cache"), (2000003, b"synced")):
        data[at:at + len(word)] = word
    assert disk.read_bytes() == data


# --- what goes wrong


def faulty(path, *errors):
    """A disk whose operations fail: (iotype, sector or None)."""
    inject = [{"event": "none", "iotype": kind, "errno": 5, "immediately": False, **({} if at is None else {"sector": at})}
              for kind, at in errors]
    node = {"driver": "raw", "node-name": "a", "file": {"driver": "blkdebug", "inject-error": inject,
                                                          "image": {"driver": "file", "filename": str(path)}}}
    return ["-blockdev", json.dumps(node), "-device", "virtio-blk-device,drive=a,serial=a,rerror=report,werror=report"]


def test_errors(boot, arch, tmp_path):
    """EIO on one read, one write, each flush: told each time, and the disk goes on; one message a kind."""
    disk = make_disk(tmp_path / "a")
    m = boot(arch, APP, bootargs="-- errors SERIAL=a", args=faulty(disk, ("read", 801), ("write", 1600), ("flush", None)))
    assert m.wait() == 0
    told = re.findall(r"^(read \d+|write \d+|flush): (-?\d+)$", m.text, re.M)
    assert told == [("read 0", "0"), ("read 800", "-5"), ("write 1600", "-5"), ("flush", "-5")] * 2
    for line in ("read of 8 sectors at 800", "write of 8 sectors at 1600", "flush of 0 sectors at 0"):
        assert m.text.count(f"blk vda: {line}: error -5") == 1
    assert "6 errors" in m.text
    assert disk.read_bytes()[1600 * 512:1601 * 512] == sector(1600)


def test_no_answer(boot, arch):
    """A device that takes its time: the request is named, its caller gets an error, later ones too."""
    slow = ["-blockdev", '{"driver":"null-co","node-name":"a","size":4194304,"latency-ns":4000000000}',
            "-device", "virtio-blk-device,drive=a,serial=a"]
    m = boot(arch, APP, bootargs="blk.timeout=1 -- timeout vda", args=slow)
    assert m.wait(120) == 0
    # The partition table is what is read first.
    assert re.search(r"blk vda: read of 1 sectors at 0: no answer for \d+ s; the device is stopped", m.text)
    assert "read: -19\n" in m.text and "again: -19\n" in m.text


def test_resize(boot, arch, tmp_path):
    """It grows and shrinks while in use."""
    disk = make_disk(tmp_path / "a")
    m = boot(arch, APP, bootargs="-- resize SERIAL=a", args=drive(disk, "a"))
    m.expect(r"^size 8192: 0 -22\r?$")
    m.qmp("block_resize", device="a", size=16384 * 512)
    m.expect(r"blk vda: now 16384 sectors, 8192 before")
    m.expect(r"^size 16384: 0 -22\r?$")
    m.qmp("block_resize", device="a", size=1024 * 512)
    m.expect(r"^size 1024: 0 -22\r?$")
    assert m.wait() == 0


# --- partitions


def sgdisk(path, *words):
    subprocess.run(["sgdisk", *words, str(path)], check=True, stdout=subprocess.DEVNULL)


def gpt_disk(path):
    with open(path, "wb") as f:
        f.truncate(16 << 20)
    sgdisk(path, "-a", "8", "-n", "1:2048:+1M", "-c", "1:boot", "-n", "3:8192:+2M", "-c", "3:data",
           "-u", "3:01234567-89AB-CDEF-0123-456789ABCDEF")
    return path


GPT = "a: 2048+2048 512/512 boot cached\na: 8192+4096 512/512 data cached\n"


def listed(m):
    assert m.wait() == 0
    return "".join(line + "\n" for line in m.text.splitlines() if re.match(r"\w: \d+\+\d+ ", line) and " disk" not in line)


def test_gpt(boot, arch, tmp_path):
    disk = gpt_disk(tmp_path / "a")
    m = boot(arch, APP, bootargs="-- list", args=drive(disk, "a"))
    assert listed(m) == GPT and "GPT" not in m.text


@pytest.mark.parametrize("at", [512, 512 + 40, 1024 + 32], ids=["signature", "header", "entries"])
def test_damaged_gpt(boot, arch, tmp_path, at):
    disk = gpt_disk(tmp_path / "a")
    with open(disk, "r+b") as f:
        f.seek(at)
        f.write(b"\xee")
    m = boot(arch, APP, bootargs="-- list", args=drive(disk, "a"))
    assert listed(m) == GPT and re.search(r"blk vda: GPT: .*: the backup at block 32767 is used", m.text)


def test_names(boot, arch, tmp_path):
    gpt = gpt_disk(tmp_path / "a")
    mbr = tmp_path / "b"
    with open(mbr, "wb") as f:
        f.truncate(16 << 20)
    subprocess.run(["sfdisk", "-q", str(mbr)], check=True, text=True,
                   input="label: dos\nlabel-id: 0x1234abcd\n2048,1M,c\n4096,4M,5\n12288,,83\n6144,1M\n")
    names = {"SERIAL=b": "b 0", "PARTLABEL=data": "a 3", "PARTLABEL=": "none 0", "SERIAL=": "none 0", "vdz": "none 0",
             "PARTUUID=01234567-89ab-cdef-0123-456789abcdef": "a 3", "PARTUUID=1234ABCD-05": "b 5",
             "PARTUUID=1234abcd-01": "b 1", "PARTUUID=1234abcd-04": "none 0", "PARTUUID=1234abcd-03": "b 3"}
    m = boot(arch, APP, bootargs="-- find " + " ".join(names), args=drive(gpt, "a") + drive(mbr, "b"))
    assert m.wait() == 0
    for name, want in names.items():
        assert f"{name}: {want}\n" in m.text


def test_no_disk(boot, arch):
    m = boot(arch, APP, bootargs="-- find vda /dev/vda SERIAL=a")
    assert m.wait() == 0 and m.text.count(": none 0\n") == 3
