# SPDX-License-Identifier: MIT
"""Signals without a handler end the machine as a shell would report it: 128 plus the number, and one line.
Faults that no handler may take are panics."""

import pytest

from machine import EXIT_PANIC

ENDS = {
    "term": (15, "TERM"),
    "killed": (9, "KILL"),
    "alarmed": (14, "ALRM"),
    "real_time": (33, "a real-time signal"),
    "unblocked": (10, "USR1"),
    "threaded": (1, "HUP"),
}
PANICS = {
    "aborted": "abort() called",
    "ignored_fault": "unmapped address",
    "double_fault": "unmapped address",
    "unhandled_fault": "unmapped address",
    "overflow": "stack overflow",
}


def end(boot, arch, way):
    m = boot(arch, "tests/target/sigend", bootargs=f"-- {way}")
    status = m.wait()
    assert "before the end" in m.text and "did not come" not in m.text
    return m, status


@pytest.mark.parametrize("way", ENDS)
def test_default_action(boot, arch, way):
    number, name = ENDS[way]
    m, status = end(boot, arch, way)
    assert status == 128 + number
    assert f"ended by signal {name}" in m.text
    assert "panic" not in m.text


@pytest.mark.parametrize("way", PANICS)
def test_panic(boot, arch, way):
    m, status = end(boot, arch, way)
    assert status == EXIT_PANIC
    assert "*** panic: " in m.text and PANICS[way] in m.text
    assert "backtrace:" in m.text
