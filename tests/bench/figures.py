# SPDX-License-Identifier: MIT
"""What a row of a table is. No figure is typed by hand."""

INSNS, RATE, US, TIMES = "instructions", "a second", "us", "times"
MB, MIB = "MB/s", "MiB/s"


class Figure:
    """One row. aim: the most there may be, in instructions; times: so often the peer's rate; below: at most this part of
    the peer's instructions."""

    def __init__(self, key, title, unit, aim=None, times=None, below=None):
        self.key, self.title, self.unit = key, title, unit
        self.aim, self.times, self.below = aim, times, below
        self.more_is_better = unit in (RATE, MB, MIB)
