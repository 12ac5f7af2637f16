# SPDX-License-Identifier: MIT
"""The part "kernel": what tests/bench/kernel/main.c counts, under Coracle and as Linux's init."""

import os
import re

from guest import LINUX_BEST, Coracle, Guest, GuestError, Linux

APP = "tests/bench/kernel"

# key, what it is, the aim (None: none)
FIGURES = (
    ("switch_round_trip", "two threads over two semaphores: there and back", 500),
    ("mutex_uncontended", "pthread_mutex: lock and unlock", 40),
    ("mutex_contended", "the same, with another thread waiting each time", None),
    ("create_join", "pthread_create() and pthread_join()", None),
    ("malloc_64", "malloc() and free(), 64 bytes", 120),
    ("malloc_4096", "malloc() and free(), 4 KiB", None),
    ("clock_gettime", "clock_gettime()", 60),
    ("poll_1", "poll() of 1 descriptor", None),
    ("poll_1000", "poll() of 1,000 descriptors, the last one ready", None),
    ("interrupt_to_thread", "timer's expiry until a SCHED_FIFO thread knows", None),
    ("interrupt_to_thread_loaded", "the same below a load of calls, average", None),
    ("interrupt_to_thread_worst", "the same, worst: bounds the time masked", None),
)


def systems(arch, with_linux):
    found = [Coracle(arch, APP)]
    if with_linux:
        found.append(Linux(arch, "initrd-kernel", LINUX_BEST))
    return found


def measure(system):
    """{key: instructions}"""
    with Guest(system, icount=True) as g:
        g.end(600)
        figures = {key: int(value) for key, value in re.findall(r"^figure (\w+) (\d+)", g.text(), re.M)}
        notes = re.findall(r"^note (.*?)\r?$", g.text(), re.M)
        if "figures end" not in g.text() or notes:
            raise GuestError(f"{os.path.basename(APP)}: {'; '.join(notes) or g.last_words()}")
    return figures
