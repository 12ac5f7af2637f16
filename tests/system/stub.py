# SPDX-License-Identifier: MIT
"""A loader of our own, 40 bytes of machine code: QEMU starts it as a kernel, and it jumps to an image
anywhere in memory with QEMU's device tree, or with one that we put elsewhere (damaged, for instance)."""

import struct
import subprocess

import machine

RAM = {"aarch64": 0x40000000, "riscv64": 0x80000000}
CODE = {
    # ldr x1, image; ldr x2, tree; cbz x2, 1f; mov x0, x2; 1: br x1; nop
    "aarch64": (0x580000C1, 0x580000E2, 0xB4000042, 0xAA0203E0, 0xD61F0020, 0xD503201F),
    # auipc t0, 0; ld t1, 24(t0); ld t2, 32(t0); beqz t2, 1f; mv a1, t2; 1: jr t1
    "riscv64": (0x00000297, 0x0182B303, 0x0202B383, 0x00038463, 0x00038593, 0x00030067),
}


def write_stub(path, arch, image, tree=0):
    path.write_bytes(struct.pack("<6I2Q", *CODE[arch], image, tree))
    return path


def load(path, addr):
    return ("-device", f"loader,file={path},addr={addr:#x},force-raw=on")


def edit(data, change):
    """The tree as source, changed by a function, as bytes again."""
    source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts"], input=data, stdout=subprocess.PIPE,
                            check=True).stdout.decode()
    return subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=change(source).encode(),
                          stdout=subprocess.PIPE, check=True).stdout


def dump_tree(path, arch, memory=64, bootargs="", cpus=1, options=""):
    """The tree that QEMU gives a machine of ours, with its /chosen."""
    line = [machine.QEMU[arch], "-M", f"virt,{options}dumpdtb={path}", "-cpu", machine.DEFAULT_CPU[arch],
            "-m", str(memory), "-smp", str(cpus), "-nodefaults", "-display", "none",
            "-kernel", machine.image_path(arch, "hello"), "-append", bootargs]
    subprocess.run(line, check=True, timeout=machine.PATIENCE, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path
