# SPDX-License-Identifier: MIT
"""Raspberry Pi 3, as QEMU has it, with the image of all boards: interrupts without a GIC, CPUs from a spin table, power off and
reset by its watchdog. There is no network in QEMU's model."""

import subprocess

import pytest

import boardrow
import machine

BOARD = "raspi3b"
CHAIN = "QEMU -kernel -dtb, spin table"
APP = "tests/target/hwdog"
ARCHS = [a for a in machine.ARCHS if a == "aarch64"]


@pytest.fixture
def boot_board(ends):
    return ends(machine.BoardMachine)


@pytest.mark.parametrize("arch", ARCHS)
def test_board(boot_board, arch):
    m = boot_board(arch, BOARD, app=APP, bootargs="-- end")
    with boardrow.Row(BOARD, CHAIN, arch, m.kernel, network="QEMU's model has no network device",
                      disk="its app has none, and no other test saw one") as row:
        m.expect(rf"Coracle \S+ on {arch}, .*Raspberry Pi 3")
        m.expect("cpus: 4 of 4 run")
        row.passed("console", "PL011")
        m.expect("alive 4")
        assert m.wait() == 0
        row.passed("power", "off by its watchdog")


@pytest.mark.parametrize("arch", ARCHS)
def test_watchdog(boot_board, arch):
    """QEMU's watchdog does not count: when it is started it resets the machine, which -no-reboot makes an end."""
    m = boot_board(arch, BOARD, app=APP, bootargs="watchdog.hw=2 -- end")
    assert m.wait() == 0
    assert "alive" not in m.text


@pytest.mark.parametrize("arch", ARCHS)
def test_spin_table_is_not_reserved(boot_board, arch, tmp_path):
    """What could be the kernel's own memory is not written to: one CPU runs."""
    source = (machine.ROOT / "boards" / BOARD / f"{BOARD}.dts").read_text()
    assert source.count("/memreserve/ 0 0x1000;") == 1
    (tmp_path / "x.dts").write_text(source.replace("/memreserve/ 0 0x1000;", ""))
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tmp_path / "x.dtb", tmp_path / "x.dts"],
                           check=True)
    m = boot_board(arch, BOARD, app=APP, bootargs="-- end", args=("-dtb", tmp_path / "x.dtb"))
    for cpu in (1, 2, 3):
        m.expect(rf"cpu {cpu} \(cpu@{cpu}\): not started: -22")
    m.expect("cpus: 1 of 4 run")
    m.expect("alive 4")
    assert m.wait() == 0
