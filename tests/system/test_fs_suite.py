# SPDX-License-Identifier: MIT
"""The POSIX suite on each file system of a disk, on machines that differ: legacy and modern virtio, several CPUs, logical blocks of
4 KiB. What Linux's own tools say of the disk afterwards."""

import shutil
import subprocess

import pytest

from machine import Machine
from tap import judge

APP = "tests/target/diskfs"
SIZE = 24 << 20

MACHINES = {
    "legacy": {},
    "modern-smp4": {"modern": True, "cpus": 4},
    "blocks4k": {"blocks": 4096},
}


def disk(path, blocks=512):
    return ("-drive", f"if=none,id=disk0,format=raw,file={path}",
            "-device", f"virtio-blk-device,drive=disk0,logical_block_size={blocks},physical_block_size={blocks}")


@pytest.mark.parametrize("fs", ["littlefs", "fat"])
@pytest.mark.parametrize("kind", MACHINES)
def test_suite(arch, tmp_path, fs, kind):
    options = dict(MACHINES[kind])
    image = tmp_path / "disk.img"
    with open(image, "wb") as f:
        f.truncate(SIZE)
    with Machine(arch, APP, bootargs=f"FS={fs}", args=disk(image, options.pop("blocks", 512)), **options) as m:
        assert judge(m) > 450  # those of links are not for FAT
    if fs == "fat":
        fsck = shutil.which("fsck.vfat") or "/usr/sbin/fsck.vfat"
        done = subprocess.run([fsck, "-n", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
