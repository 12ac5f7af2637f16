#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""api.py INCLUDE COMPILER... < names: of the linker's names in the input ("NAME TYPE" lines of nm), those
that the headers under INCLUDE declare. The rest is between kernel and libc, and not for programs.

Functions as the compiler sees their declarations; variables by their names being in the headers' text.
"""

import os
import re
import subprocess
import sys
import tempfile


def headers(folder):
    for root, _, names in os.walk(folder):
        if "newlib" in os.path.relpath(root, folder).split(os.sep):
            continue
        for name in sorted(names):
            path = os.path.relpath(os.path.join(root, name), folder)
            if path.endswith(".h") and not path.startswith(("machine/", "bits/", "c++/")):
                yield path


def declared(compiler, names, work):
    """The functions, and all words, of these headers; None if they cannot be included together."""
    source = "#define _GNU_SOURCE 1\n" + "".join(f"#include <{name}>\n" for name in names)
    info = os.path.join(work, "info")
    command = [*compiler, "-w", "-x", "c", "-"]
    text = subprocess.run([*command, "-E", "-P"], input=source, capture_output=True, text=True, check=False)
    types = subprocess.run([*command, "-S", "-o", os.devnull, "-aux-info", info], input=source, capture_output=True,
                           text=True, check=False)
    if text.returncode != 0 or types.returncode != 0:
        return None
    with open(info, encoding="utf-8", errors="replace") as f:
        # "/* file:line */ extern int (*name (int)) (void);": what stands before a parenthesis.
        functions = set(re.findall(r"[ *(](\w+) \(", f.read()))
    return functions, set(re.findall(r"\b[A-Za-z_]\w*", text.stdout))


def main():
    include, compiler = sys.argv[1], sys.argv[2:]
    names = list(headers(include))
    with tempfile.TemporaryDirectory() as work:
        found = [declared(compiler, names, work)]
        if None in found:
            found = filter(None, (declared(compiler, [name], work) for name in names))
        functions, words = (set().union(*sets) for sets in zip(*found))
    for line in sorted(set(sys.stdin)):
        name, kind = line.split()[:2]
        if name in functions or (kind in "BDRVCSG" and name in words):
            print(name)


main()
