# SPDX-License-Identifier: MIT
"""The power key of QEMU's virt machine, a GPIO line: the program is asked by SIGTERM, and not asked twice."""

import contextlib
import time

import pytest

import machine

pytestmark = pytest.mark.skipif("aarch64" not in machine.ARCHS, reason="the riscv64 machine has no power key")
APP = "tests/target/powerkey"


def ready(boot, how):
    m = boot("aarch64", APP, cpus=2, bootargs=f"-- {how}")
    m.expect("the power key stops the program")
    m.expect("^ready")
    return m


def press(m):
    # QEMU may end before it has answered.
    with contextlib.suppress(OSError, AssertionError):
        m.qmp("system_powerdown")


@pytest.mark.parametrize("how,said,status", [("handler", "terms 1", 3), ("sigwait", "signal 15", 5)])
def test_program_ends_itself(boot, how, said, status):
    m = ready(boot, how)
    press(m)
    m.expect("power key: pressed")
    m.expect(said)
    assert m.wait() == status


def test_no_handler(boot):
    """It ends as if by exit(0), not by a signal that the program did not expect."""
    m = ready(boot, "plain")
    press(m)
    m.expect("power key: the machine is switched off")
    assert m.wait() == 0 and "terms" not in m.text


def test_second_press(boot):
    m = ready(boot, "deaf")
    press(m)
    m.expect("terms 1")
    # QEMU lets go of the key a tenth of a second after it has pressed it.
    while "the machine is switched off" not in m.text:
        press(m)
        time.sleep(0.2)
    assert m.wait() == 0
