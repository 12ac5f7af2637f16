# SPDX-License-Identifier: MIT
"""Kernels built with LOCKDEBUG=1: who breaks a rule of spinlocks is told which one, and who holds what."""

import re

import pytest

from machine import CACHE, EXIT_PANIC, OUT, make

APP = "tests/target/locks"
HERE, THERE = r'cpu 0, thread "main", since take', r'cpu 1, thread "pthread", since take'
# way: (CPUs, the CPU that complains, what it says, who holds the lock)
WAYS = {
    "open_to_interrupts": (1, 0, "taken with interrupts let in", "nobody"),
    "twice": (1, 0, "taken twice", HERE),
    "not_held": (1, 0, "released, but not held here", "nobody"),
    "of_another": (2, 0, "released, but not held here", THERE),
    "interrupted": (1, 0, "interrupted", HERE),
    "switched": (1, 0, "switched threads", HERE),
    "too_many": (1, 0, "too many locks at once", "nobody"),
    "circle": (2, "[01]", "waits without end", f"({HERE}|{THERE})"),
}


@pytest.fixture(scope="module")
def kernel(arch):
    done = make("-s", "image", "image-path", ARCH=arch, APP=APP, LOCKDEBUG=1, OUT=OUT / "lockdebug", CACHE=CACHE)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("way", WAYS)
def test_broken_rule(boot, arch, kernel, way):
    cpus, cpu, what, holder = WAYS[way]
    m = boot(arch, APP, kernel=kernel, cpus=cpus, bootargs=f"-- {way}")
    assert m.wait(180) == EXIT_PANIC  # the circle waits for 20 s before it is called one
    assert re.search(rf"\*\*\* panic: spinlock 0x[0-9a-f]+: cpu {cpu}: {what}; tickets \d+ of \d+; held by {holder}$",
                     m.text, re.M)
    assert "the end" not in m.text


@pytest.mark.parametrize("cpus", [1, 2])
def test_no_complaint(boot, arch, kernel, cpus):
    m = boot(arch, APP, kernel=kernel, cpus=cpus, bootargs="-- as_it_should_be")
    assert m.wait() == 0
    assert "no complaint" in m.text and "the end" in m.text and "spinlock" not in m.text
