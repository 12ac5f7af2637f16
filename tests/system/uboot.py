# SPDX-License-Identifier: MIT
"""U-Boot under QEMU: Debian's, and the one that checks signatures. It takes the delay and the command from its control tree,
/config: no test waits for its countdown.
"""

import functools
import subprocess
import urllib.request

from machine import PATIENCE, QEMU, ROOT, make

U_BOOT = {"aarch64": ["-bios", "/usr/lib/u-boot/qemu_arm64/u-boot.bin"],
          "riscv64": ["-kernel", "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf"]}
NAME = {"aarch64": "arm64", "riscv64": "riscv"}
KERNEL_ADDR = {"aarch64": 0x40400000, "riscv64": 0x84000000}  # U-Boot's kernel_addr_r
MEMORY = 256
# With firmware and ACPI QEMU has another power key than the tree says.
MACHINE = {"aarch64": "acpi=off", "riscv64": ""}


def run(*command):
    return subprocess.run([str(c) for c in command], cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True).stdout


@functools.cache
def generic_image(arch):
    """The image for every board, of httpd."""
    for goal in ("image", "image-path"):
        done = make("-s", goal, ARCH=arch, APP="httpd", BOARD="generic")
        assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()[-1]


@functools.cache
def signature_u_boot(arch):
    """QEMU's options for the U-Boot that checks signatures; on riscv64 it is built for it."""
    done = make("-s", "u-boot", ARCH=arch)
    assert done.returncode == 0, done.stdout
    return [U_BOOT[arch][0], done.stdout.splitlines()[-1]]


def control_tree(path, arch, command=None):
    """QEMU's tree, for U-Boot: no countdown, and the command, if it is not to be the usual one."""
    run(QEMU[arch], "-M", "virt", "-M", f"dumpdtb={path}", "-m", MEMORY, "-nodefaults", "-display", "none")
    run("fdtput", "-c", path, "/config")
    run("fdtput", "-t", "i", path, "/config", "bootdelay", 0)
    if command:
        run("fdtput", "-t", "s", path, "/config", "bootcmd", f"{command}; echo REFUSED; poweroff")
    return path


def get(port, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as r:
        return r.read()
