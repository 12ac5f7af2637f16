# SPDX-License-Identifier: MIT
"""Odd and damaged device trees: a clear message or an orderly end, never a silent hang."""

import random
import re
import struct

import pytest

import stub
from machine import ARCHS, image_path
from stub import edit

IMAGE_AT, TREE_AT = 0x1000000, 0x3000000  # from the start of RAM; a machine of 64 MiB
BOOTARGS = {"aarch64": "semihosting", "riscv64": ""}


@pytest.fixture
def tree(arch, tmp_path):
    """Bytes of the tree that this architecture's machine gets, without QEMU's padding."""
    def reserve_firmware(source):
        # As OpenSBI does in the tree that it hands on.
        return source.replace("/dts-v1/;", "/dts-v1/;\n/memreserve/ 0x80000000 0x80000;", arch == "riscv64")
    return edit(stub.dump_tree(tmp_path / "good.dtb", arch, bootargs=BOOTARGS[arch]).read_bytes(),
                reserve_firmware)


@pytest.fixture
def boot_tree(boot, tmp_path):
    def start(arch, data):
        (tmp_path / "test.dtb").write_bytes(data)
        image, at = stub.RAM[arch] + IMAGE_AT, stub.RAM[arch] + TREE_AT
        return boot(arch, "hello", kernel=stub.write_stub(tmp_path / "stub", arch, image, at),
                    args=(*stub.load(image_path(arch, "hello"), image),
                          *stub.load(tmp_path / "test.dtb", at)))
    return start


def speaks_or_ends(m):
    """Whatever happens, somebody is told: a panic with a reason, or the machine ends."""
    m.wait_for(lambda data: re.search(rb"panic: \S+", data) or not m.reader.is_alive(),
               "a panic with a reason, or the end")


def test_good_tree_elsewhere(boot_tree, arch, tree):
    m = boot_tree(arch, tree)
    m.expect(f"Hello from Coracle on {arch}")
    assert m.wait() == 0


def test_no_stdout_path(boot_tree, arch, tree):
    m = boot_tree(arch, edit(tree, lambda s: re.sub(r"\n\s*stdout-path = .*", "", s)))
    m.expect(f"Hello from Coracle on {arch}")
    assert m.wait() == 0


def test_no_memory_node(boot_tree, arch, tree):
    def without(source):
        return source.replace('device_type = "memory"', 'device_type = "other"')
    m = boot_tree(arch, edit(tree, without))
    m.expect(r"panic: .*memory")
    m.wait()


def test_no_interrupt_controller(boot_tree, arch, tree):
    def without(source):
        return re.sub(r'compatible = "(arm,cortex-a15-gic|riscv,cpu-intc)"', 'compatible = "none"', source)
    m = boot_tree(arch, edit(tree, without))
    m.expect(r"panic: .*(timer|interrupt controller)")
    m.wait()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_truncated(boot_tree, arch, tree, share):
    """Memory behind it is zero, as after a short read from a disk."""
    speaks_or_ends(boot_tree(arch, tree[:int(len(tree) * share)]))


# Without any tree Arm knows no console and no way to end; RISC-V's firmware offers both.
@pytest.mark.parametrize("arch", [a for a in ARCHS if a == "riscv64"])
def test_wrong_magic(boot_tree, arch, tree):
    speaks_or_ends(boot_tree(arch, b"\0\0\0\0" + tree[4:]))


@pytest.mark.parametrize("arch", [a for a in ARCHS if a == "riscv64"])
@pytest.mark.parametrize("field", ["totalsize", "off_dt_struct", "off_dt_strings", "off_mem_rsvmap",
                                   "version", "last_comp_version"])
@pytest.mark.parametrize("value", [0, 0xFFFFFFF0])
def test_hostile_header(boot_tree, arch, tree, field, value):
    at = 4 * (1 + ["totalsize", "off_dt_struct", "off_dt_strings", "off_mem_rsvmap", "version",
                   "last_comp_version"].index(field))
    speaks_or_ends(boot_tree(arch, tree[:at] + struct.pack(">I", value) + tree[at + 4:]))


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bits(boot_tree, arch, tree, seed):
    """Ten flipped bits anywhere in the structure block."""
    draw = random.Random(seed)
    start, = struct.unpack_from(">I", tree, 8)
    size, = struct.unpack_from(">I", tree, 36)
    data = bytearray(tree)
    for _ in range(10):
        data[start + draw.randrange(size)] ^= 1 << draw.randrange(8)
    speaks_or_ends(boot_tree(arch, bytes(data)))
