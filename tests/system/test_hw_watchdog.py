# SPDX-License-Identifier: MIT
"""A hardware watchdog, QEMU's 6300ESB on PCI: it resets a machine whose boot CPU takes no interrupts, and no other. Time is the
guest's: QEMU counts both. And that of a board whose model counts."""

import pytest

import machine

APP = "tests/target/hwdog"
DEVICE = ("-device", "i6300esb", "-action", "watchdog=reset")


def boot_it(boot, arch, bootargs):
    m = boot(arch, APP, bootargs=bootargs, args=DEVICE)
    m.expect("alive 0")
    return m


def test_bites(boot, arch):
    m = boot_it(boot, arch, "watchdog.hw=2")
    m.expect("alive 4")
    m.expect("deaf")
    # The machine was reset, which -no-reboot makes an end; -semihosting's status is not seen.
    assert m.wait(180) == 0
    assert "watchdog 0000:" in m.text


@pytest.mark.parametrize("bootargs", ["watchdog.hw=2 -- end", "-- end"])
def test_lets_live(boot, arch, bootargs):
    m = boot_it(boot, arch, bootargs)
    assert m.wait() == 0
    assert "alive 4" in m.text and ("watchdog 0000:" in m.text) == bootargs.startswith("watchdog")


@pytest.mark.parametrize("arch", [a for a in machine.ARCHS if a == "aarch64"])
def test_imx_bites(ends, qemu_for, arch, board="imx8mp-evk"):
    """One CPU: it is the boot CPU's that feeds it, and the program is to be deaf on that."""
    m = ends(machine.BoardMachine)(arch, board, APP, bootargs="maxcpus=1 watchdog.hw=2", qemu=qemu_for(board))
    m.expect("deaf")
    assert m.wait(180) == 0
    assert "watchdog /soc@0/watchdog@30280000: resets" in m.text
