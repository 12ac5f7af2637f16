# SPDX-License-Identifier: MIT
"""CPUs that hang, as watchdog=SECONDS sees them."""

import re
import time

import pytest

from machine import EXIT_PANIC

APP = "tests/target/watchdog"


@pytest.mark.parametrize("cpus", [2, 4])
def test_a_cpu_that_takes_no_interrupts(boot, arch, cpus):
    m = boot(arch, APP, cpus=cpus, bootargs="watchdog=1 -- deaf")
    assert m.wait() == EXIT_PANIC
    assert re.search(rf'\*\*\* panic: watchdog: cpu {cpus - 1} takes no interrupts for \d s, in thread "pthread"',
                     m.text)
    last = m.text[m.text.index(f"cpu {cpus - 1}: does not answer"):]
    assert "hang+" in last and "the end" not in m.text


@pytest.mark.parametrize("cpus", [2, 4])
def test_a_cpu_whose_timer_is_lost(boot, arch, cpus):
    """It is asked by interrupt, says itself where it is, and the machine goes on."""
    m = boot(arch, APP, cpus=cpus, bootargs="watchdog=1 -- numb")
    assert m.wait() == 0
    report = m.text[m.text.index(f"watchdog: cpu {cpus - 1}: its timer stands still, it is here"):]
    assert "numb+" in report and "hang+" in report and "the end" in report
    assert "panic" not in m.text


@pytest.mark.parametrize("cpus", [1, 2])
def test_a_thread_that_lets_others_wait(boot, arch, cpus):
    """Said once, with the thread's functions; the machine goes on."""
    m = boot(arch, APP, cpus=cpus, bootargs="watchdog=1 -- hog")
    assert m.wait() == 0
    assert len(re.findall("watchdog: cpu", m.text)) == 1
    report = m.text[m.text.index("watchdog: cpu"):]
    assert re.match(rf'watchdog: cpu {cpus - 1}: thread "pthread" \(priority \d+\) has let others of priority \d+ '
                    r"wait for \d s", report)
    assert "hog+" in report and "hang+" in report


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_nothing_to_say(boot, arch, cpus):
    """CPUs that sleep are no cause for alarm."""
    m = boot(arch, APP, cpus=cpus, bootargs="watchdog=1")
    assert m.wait() == 0
    assert "watchdog: 1 s" in m.text and "watchdog: cpu" not in m.text and "the end" in m.text


def test_a_paused_machine(boot, arch):
    """Old beats after a pause are nobody's fault."""
    m = boot(arch, APP, cpus=4, bootargs="watchdog=1")
    m.expect("watchdog: 1 s")
    m.qmp("stop")
    time.sleep(3)  # not a wait: the length of the pause
    m.qmp("cont")
    assert m.wait() == 0
    assert "watchdog: cpu" not in m.text


def test_off(boot, arch):
    m = boot(arch, APP, cpus=2, bootargs="-- hog")
    assert m.wait() == 0
    assert "watchdog" not in m.text
