# SPDX-License-Identifier: MIT
"""Every crime ends in a panic: its reason in words, the guilty functions in the backtrace, in order,
and a failing exit status."""

import re

import pytest

from machine import EXIT_PANIC

CALLERS = ("inner", "middle", "outer", "main")
# crime: (reason, functions innermost first, before inner)
CRIMES = {
    "write_text": ("write to read-only memory", ("write_text",)),
    "write_rodata": ("write to read-only memory", ("write_rodata",)),
    "exec_data": ("execution of memory that is not executable", ("jump_to", "exec_data")),
    "exec_heap": ("execution of memory that is not executable", ("jump_to", "exec_heap")),
    "exec_stack": ("execution of memory that is not executable", ("jump_to", "exec_stack")),
    "jump_null": (r"jump to an unmapped address: address 0x0 \(null pointer\)", ("jump_to", "jump_null")),
    "read_null": (r"read from an unmapped address: address 0x0 \(null pointer\)", ("read_null",)),
    "write_null_page": (r"write to an unmapped address: address 0x124 \(null pointer\)", ("write_null_page",)),
    "read_unmapped": ("(read|data).*0x7000000000", ("read_unmapped",)),
    "double_free": (r"free\(0x[0-9a-f]+\): freed twice", ("double_free",)),
    "wild_free": (r"free\(0x[0-9a-f]+\)", ("wild_free",)),
    "inner_free": (r"free\(0x[0-9a-f]+\): not the start of an object", ("inner_free",)),
    "undefined": ("undefined instruction", ("undefined",)),
    "trap": ("breakpoint", ("trap",)),
    "call_abort": (r"abort\(\) called", ("call_abort",)),
    "call_assert": (r'assertion "sink == 12345" failed: file ".*main\.c", line \d+, function: call_assert',
                    ("call_assert",)),
    "call_panic": ("the test asked for it: 42", ("call_panic",)),
}


def commit(boot, arch, crime, **options):
    m = boot(arch, "tests/target/crime", bootargs=f"-- {crime}", **options)
    status = m.wait()
    assert "before the crime" in m.text and "unnoticed" not in m.text
    assert status == EXIT_PANIC
    return m


def backtrace(m):
    """Names of the functions, innermost first."""
    return re.findall(r"^ +#\d+ +[0-9a-f]{16} (\w+)\+0x", m.text, re.M)


def in_order(names, wanted):
    rest = iter(names)
    return all(name in rest for name in wanted)


@pytest.mark.parametrize("crime", CRIMES)
def test_crime(boot, arch, crime):
    reason, functions = CRIMES[crime]
    m = commit(boot, arch, crime)
    assert re.search(rf"\*\*\* panic: {reason}", m.text)
    # The crime itself may be inlined into whoever calls it, its callers are not.
    assert in_order(backtrace(m), (*functions, *CALLERS)), backtrace(m)


@pytest.mark.parametrize("crime, thread", [("stack_main", "main"), ("stack_thread", "pthread")])
def test_stack_overflow(boot, arch, crime, thread):
    m = commit(boot, arch, crime)
    assert "*** panic: stack overflow" in m.text
    assert f'thread "{thread}"' in m.text
    assert backtrace(m)[:3] == ["recurse"] * 3


def test_registers_and_log_are_shown(boot, arch):
    m = commit(boot, arch, "read_null")
    pc = int(re.search(r"\bpc +([0-9a-f]{16})", m.text)[1], 16)
    top = int(re.search(r"#0 +([0-9a-f]{16})", m.text)[1], 16)
    assert pc == top
    assert "last log lines:" in m.text and "on cpu 0" in m.text


def test_panic_halt(boot, arch):
    m = boot(arch, "tests/target/crime", bootargs="panic=halt -- read_null")
    m.expect("halted")
    assert m.process.poll() is None


@pytest.mark.parametrize("how", ["reset", "-1", "10"])
def test_panic_reset(boot, arch, how):
    m = boot(arch, "tests/target/crime", bootargs=f"panic={how} -- read_null")
    m.expect("panic: read")
    assert m.wait() == 0  # -no-reboot: the reset ends QEMU


@pytest.mark.parametrize("how", ["off", "0", "-", "1s"])
def test_panic_off(boot, arch, how):
    m = boot(arch, "tests/target/crime", bootargs=f"panic={how} -- read_null")
    m.expect("panic: read")
    assert m.wait() == EXIT_PANIC
