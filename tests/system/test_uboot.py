# SPDX-License-Identifier: MIT
"""Debian's U-Boot starts the image: from a disk as `make run` does it, and by a script over TFTP. (test_uefi.py has U-Boot as a
UEFI, test_fit.py its FIT images.)
"""

import os
import struct

import pytest

from machine import free_port
from makerun import make_run
from uboot import KERNEL_ADDR, MACHINE, MEMORY, NAME, U_BOOT, control_tree, generic_image, get, run


@pytest.fixture
def image(arch):
    return generic_image(arch)


# --- from a disk


def test_run(arch):
    """extlinux.conf on a virtio disk, with the arguments."""
    with make_run(ARCH=arch, BOARD="virt-uboot", APP="httpd", BOOTARGS="debug", ARGS="-x") as child:
        child.expect("Retrieving file: /extlinux/extlinux.conf")
        child.expect("append: .*debug PUBLIC_URL=.* -- -x\r")
        child.expect("no driver for")
        child.expect(f"Coracle .* on {arch}")
        child.expect(r"httpd: http://127.0.0.1:(\d+)/")
        port = int(child.match[1])
        assert b"<title>Coracle</title>" in get(port)
        run("curl", "-s", "-X", "POST", f"http://127.0.0.1:{port}/poweroff")


def test_run_with_a_disk(arch, tmp_path):
    """U-Boot boots from the first disk, and the second one is the program's. There need not be arguments."""
    with make_run(ARCH=arch, BOARD="virt-uboot", APP="tests/target/filesh", DISK=tmp_path / "data.img", DISK_SIZE="4M") as child:
        child.expect(r"vdb1: \d+ KiB, label data")
        child.expect("mount: PARTLABEL=data on /data")
        child.expect("filesh: ready")
        child.sendline("exit 0")


# --- from the network


def test_script_over_tftp(boot, arch, image, tmp_path):
    """Found and run by itself: booti moves the image to where its header asks, by the size in it; initrd and bootargs
    arrive."""
    served = tmp_path / "tftp"
    (tmp_path / "tree/www").mkdir(parents=True)
    (tmp_path / "tree/www/initrd.txt").write_text("from the initrd\n")
    served.mkdir()
    run("/usr/bin/python3", "tools/pack-files.py", tmp_path / "tree", served / "initrd", "www")
    (served / "Image").symlink_to(image)
    odd = KERNEL_ADDR[arch] + 0x11000
    (tmp_path / "script").write_text(f"""tftpboot ${{ramdisk_addr_r}} initrd
setenv size ${{filesize}}
tftpboot {odd:#x} Image
setenv bootargs PUBLIC_URL=http://from-the-script/
booti {odd:#x} ${{ramdisk_addr_r}}:${{size}} ${{fdtcontroladdr}}
""")
    run("mkimage", "-A", NAME[arch], "-T", "script", "-C", "none", "-d", tmp_path / "script", served / "boot.scr.uimg")
    port = free_port()
    m = boot(arch, None, machine=MACHINE[arch], memory=MEMORY, semihosting=False,
             net=f"user,id=net0,tftp={served},hostfwd=tcp:127.0.0.1:{port}-:80",
             args=[*U_BOOT[arch], "-dtb", control_tree(tmp_path / "u-boot.dtb", arch)])
    found = m.expect(rf"Moving Image from {odd:#x} to 0x([0-9a-f]+), end=(?:0x)?([0-9a-f]+)\s")
    start, end = (int(found[i], 16) for i in (1, 2))
    with open(image, "rb") as f:
        text_offset, size = struct.unpack_from("<QQ", f.read(64), 8)
    assert start % (2 << 20) == text_offset % (2 << 20) and end - start == size > os.path.getsize(image)
    m.expect(f"image at {start:#x},")
    m.expect("httpd: http://from-the-script/")
    assert get(port, "/initrd.txt") == b"from the initrd\n"
    assert b"<title>Coracle</title>" in get(port)
