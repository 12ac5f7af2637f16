# SPDX-License-Identifier: MIT
"""Disks as Linux makes them: what mke2fs puts on one is what the guest lists and reads, name by name and sum by
sum; one that was not unmounted is refused by a line that says what to do. tests/target/readall is also for the host."""

import os
import random
import subprocess

import pytest

from machine import ROOT
from test_blk import drive

APP = "tests/target/readall"
UUID = "12345678-9abc-def0-1234-56789abcdef0"


def make_files(top):
    rng = random.Random(1)
    (top / "sub/deeper").mkdir(parents=True)
    (top / "large").mkdir()
    (top / "empty").write_bytes(b"")
    (top / "small").write_bytes(b"x" * 100)
    (top / "sub/deeper/Grüße, 世界").write_bytes(rng.randbytes(2_000_000))
    (top / "short link").symlink_to("small")
    (top / "long link").symlink_to("sub/deeper/../" * 10 + "sub/deeper/Grüße, 世界")
    os.link(top / "small", top / "sub/hard link")
    with open(top / "sparse", "wb") as f:
        f.seek(6_000_000)
        f.write(rng.randbytes(10_000))
    for i in range(400):
        (top / f"large/a name that is long enough for some blocks, {i}").write_bytes(b"y" * (i % 3))


def make_image(image, folder, options):
    env = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
    subprocess.run(["mke2fs", "-q", "-F", *options.split(), "-L", "linux", "-U", UUID, "-d", folder, image, "32M"],
                   check=True, env=env, stdout=subprocess.DEVNULL)
    # Sorts large folders into trees of hashes; 1 is "changed".
    done = subprocess.run(["e2fsck", "-fyD", image], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert done.returncode <= 1


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A folder, and what readall says of it here."""
    folder = tmp_path_factory.mktemp("ext4") / "files"
    make_files(folder)
    program = folder.parent / "readall"
    subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, ROOT / APP / "main.c"], check=True)
    lines = subprocess.run([program, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    assert len(lines) > 400 and lines[-1] == "end"
    return folder, sorted(line for line in lines if line.startswith("- "))


def names(machine):
    return sorted(line.rstrip("\r") for line in machine.text.splitlines() if line.startswith("- "))


@pytest.mark.parametrize("options,source", [
    ("-t ext2 -b 1024", "vda"),
    ("-t ext3 -b 4096", "LABEL=linux"),
    ("-t ext4 -b 4096 -O metadata_csum,64bit,inline_data", f"UUID={UUID}"),
], ids=["ext2", "ext3", "ext4"])
def test_same_as_the_host(boot, arch, tmp_path, files, options, source):
    folder, want = files
    image = tmp_path / "img"
    make_image(image, folder, options)
    before = image.read_bytes()
    m = boot(arch, APP, bootargs=f"mount={source}:/disk -- /disk", args=drive(image, "a"))
    assert m.wait(300) == 0, m.text[-2000:]
    assert names(m) == want
    assert image.read_bytes() == before, "a disk that is only read was changed"


@pytest.mark.parametrize("noload", [False, True])
def test_unclean(boot, arch, tmp_path, files, noload):
    folder, want = files
    image = tmp_path / "img"
    make_image(image, folder, "-t ext4 -b 1024 -O ^metadata_csum")
    with open(image, "r+b") as f:
        f.seek(1024 + 0x60)
        features = f.read(1)[0]
        f.seek(1024 + 0x60)
        f.write(bytes([features | 4]))  # needs_recovery
    option = ":noload" if noload else ""
    m = boot(arch, APP, bootargs=f"mount=vda:/disk:ext4{option} -- /disk", args=drive(image, "a"))
    m.wait(300)
    assert ("run e2fsck on it" in m.text) != noload
    assert names(m) == (want if noload else [])
