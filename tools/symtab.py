#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symtab.py [NM-OUTPUT]: the image's own table of functions, as assembly for section .ksymtab.

For each function in ascending order: u16 little endian, the distance from the one before (the first:
from _image_start) in units of 2 bytes, then the name and a NUL. A distance over 65,535 units is made
of entries with an empty name, 65,535 units each. kernel/symtab.c reads it.
"""

import re
import sys

UNIT = 2
MAX_DELTA = 0xFFFF
# Of several names of one address: a global one, then the plainest.
RANK = {"T": 0, "W": 1, "t": 2, "w": 2}


def functions(lines):
    """The image's start, and {address: name} of its functions."""
    start = None
    best = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if name == "_image_start":
            start = address
        if kind not in RANK or not re.match(r"[A-Za-z_]", name):
            continue
        # GCC's marks on parts and clones of a function say nothing to a reader.
        name = re.sub(r"\.(constprop|isra|part|cold|lto_priv)(\.\d+)*", "", name)
        key = (RANK[kind], name.startswith("_"), name)
        if address not in best or key < best[address]:
            best[address] = key
    return start, {address: key[2] for address, key in best.items()}


def entries(start, table):
    """(delta, name) of each entry."""
    previous = start
    for address in sorted(table):
        if address < start:
            continue
        delta = (address - previous) // UNIT
        while delta > MAX_DELTA:
            yield MAX_DELTA, ""
            delta -= MAX_DELTA
        yield delta, table[address]
        previous = address


def main():
    print('\t.section .ksymtab, "a"')
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="ascii") as nm:
            start, table = functions(nm)
        if start is None:
            sys.exit("symtab.py: the image has no symbol _image_start")
        for delta, name in entries(start, table):
            print(f'\t.2byte {delta}\n\t.asciz "{name}"')


if __name__ == "__main__":
    main()
