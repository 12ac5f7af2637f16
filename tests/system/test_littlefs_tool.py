# SPDX-License-Identifier: MIT
"""tools/lfs: what it makes of a folder it gives back, the same folder makes the same image, and damage is told."""

import os
import pathlib
import stat
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def lfs(*args, status=0, **env):
    done = subprocess.run([ROOT / "tools/lfs", *map(str, args)], text=True, env={**os.environ, **env}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    """All sizes that differ inside: in the directory (up to 512), in one block, in more."""
    top = tmp_path / "from"
    (top / "sub/deeper").mkdir(parents=True)
    (top / "none").mkdir()
    for size in (0, 1, 512, 513, 4095, 4096, 4097, 200000):
        (top / "sub" / f"file{size}").write_bytes(bytes((i * 7 + size) % 251 for i in range(size)))
    for i in range(200):
        (top / "sub/deeper" / f"a name of some length, number {i}").write_text(str(i))
    (top / "run").write_text("#!/bin/sh\n")
    (top / "run").chmod(0o755)
    (top / "link").symlink_to("sub/file1")
    return top


def tree(top):
    out = {}
    for path in sorted(top.rglob("*")):
        s = path.lstat()
        out[str(path.relative_to(top))] = (
            os.readlink(path) if path.is_symlink() else
            (stat.S_IMODE(s.st_mode), None if path.is_dir() else path.read_bytes()))
    return out


def blank(path, size=4 << 20):
    path.write_bytes(b"")
    os.truncate(path, size)
    return path


def test_there_and_back(tmp_path, folder):
    image = blank(tmp_path / "image")
    lfs("create", image, folder, "--label", "data")
    assert image.stat().st_size == 4 << 20
    said, _ = lfs("check", image)
    assert '"data", 209 files, 3 folders, 1 links' in said
    lfs("extract", image, tmp_path / "to")
    assert tree(tmp_path / "to") == tree(folder)
    listed, _ = lfs("list", image)
    assert "link -> sub/file1" in listed and "-rwxr-xr-x" in listed and "1980-01-01" in listed


def test_same_image(tmp_path, folder):
    made = []
    for name in ("one", "two", "later"):
        image = blank(tmp_path / name)
        lfs("create", image, folder, SOURCE_DATE_EPOCH="1700000000" if name == "later" else "1600000000")
        made.append(image.read_bytes())
    assert made[0] == made[1] != made[2]


def test_partition(tmp_path, folder):
    """In the second partition of a disk, by number, by label and by offset; the rest of the disk stays."""
    disk = blank(tmp_path / "disk", 8 << 20)
    first, last = 4096, 4096 + 4095
    entry = struct.pack("<16s16sQQQ72s", b"t" * 16, b"u" * 16, first, last, 0, "data".encode("utf-16-le"))
    data = bytearray(disk.read_bytes())
    data[512:604] = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, 16383, 34, 16350, bytes(16), 2, 128,
                                128, 0)
    data[1024 + 128:1024 + 256] = entry
    disk.write_bytes(data)
    lfs("create", disk, folder, "--partition", "data")
    after = disk.read_bytes()
    assert after[:first * 512] == data[:first * 512] and not any(after[(last + 1) * 512:])
    for where in (("--partition", 2), ("--partition", "data"), ("--offset", first * 512)):
        assert "209 files" in lfs("check", disk, *where)[0]
    assert "no partition" in lfs("check", disk, "--partition", "nodata", status=1)[1]
    assert "no littlefs" in lfs("check", disk, status=1)[1]


def test_damage(tmp_path, folder):
    image = blank(tmp_path / "image")
    lfs("create", image, folder)
    data = bytearray(image.read_bytes())
    for block in range(2, 1024):  # every folder but the root, in both halves
        if data[block * 4096 + 4] & 0x80 and data[block * 4096 + 1:block * 4096 + 4] == bytes(3):
            data[block * 4096 + 40] ^= 1
    image.write_bytes(data)
    assert "damaged" in lfs("check", image, status=1)[1]


def test_too_small(tmp_path, folder):
    assert "o space left" in lfs("create", blank(tmp_path / "image", 128 << 10), folder, status=1)[1]
    lfs("check", status=2)
    assert "too small" in lfs("create", blank(tmp_path / "tiny", 8192), status=1)[1]
