#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""size.py ELF IMAGE MAP NM: where the image's bytes go.

Reads the linker's map: which input section of which object lies in the file, and how long it is;
sums by folder or library, and lists the largest functions. Gaps for alignment are a line of their own.
"""

import collections
import os
import re
import subprocess
import sys

# An output section starts in the first column, its inputs after one blank; long names wrap.
OUTPUT = re.compile(r"^(\.?[A-Za-z_][^\s]*)(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+))?")
INPUT = re.compile(r"^ (\.?[A-Za-z_][^\s]*|COMMON)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$")
NOT_IN_FILE = re.compile(r"^\.(bss|noinit|tbss|debug|comment|note|symtab|strtab|shstrtab)")
KINDS = (("text", re.compile(r"^\.(text|head|init$|fini$)")),
         ("data", re.compile(r"^\.t?data")),
         ("read-only", re.compile(r"")))


def owner(path, output):
    """The line of the table that an object's bytes belong to."""
    if output in (".romfs", ".ksymtab"):
        return {".romfs": "packed files", ".ksymtab": "symbol table"}[output]
    if output.startswith((".rela", ".dyn", ".hash", ".gnu.hash", ".got")):
        return "relocations"
    archive = re.match(r"(.*?)([^/]*)\.a\(", path)
    if archive:
        name = archive.group(2)
        return {"libc": "newlib", "libm": "newlib (libm)", "liblwip": "lwip"}.get(name, name)
    folder = re.search(r"/obj/(.*)/[^/]*\.o$", path)
    if re.search(r"out/[^/]*-[^/]*-[^/]*/obj/", path) or not folder:
        return "app"
    parts = folder.group(1).split("/")
    return "/".join(parts[:2]) if parts[0] in ("arch", "drivers") else parts[0]


def contributions(map_lines):
    """(output section, object, bytes) of everything that lies in the file."""
    lines = iter(map_lines)
    for line in lines:
        if line.startswith("Linker script and memory map"):
            break
    output, pending = "", ""
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith(("OUTPUT(", "/DISCARD/")):
            output = ""
        elif OUTPUT.match(line):
            output = OUTPUT.match(line).group(1)
        elif re.match(r"^ [.A-Z]\S*$", line):
            pending = line
            continue
        found = INPUT.match((pending + line) if pending else line)
        pending = ""
        if not found or not output or NOT_IN_FILE.match(output) or found.group(1) == "*fill*":
            continue
        size = int(found.group(3), 16)
        if size and int(found.group(2), 16):
            yield output, found.group(4), size


def kind_of(output):
    return next(kind for kind, pattern in KINDS if pattern.match(output))


def print_table(sums, image_size):
    order = [kind for kind, _ in (KINDS[0], KINDS[2], KINDS[1])]
    print(f"{'':24}" + "".join(f"{k:>11}" for k in order) + f"{'bytes':>11}{'share':>8}")
    rows = sorted(sums.items(), key=lambda item: -sum(item[1].values()))
    counted = sum(sum(row.values()) for _, row in rows)
    rows.append(("alignment", {"read-only": image_size - counted}))
    for name, row in rows:
        total = sum(row.values())
        cells = "".join(f"{row.get(k, 0):11}" for k in order)
        print(f"{name:24}{cells}{total:11}{100 * total / image_size:7.1f}%")
    print(f"{'image':24}{'':33}{image_size:11}")


def print_functions(nm, elf, count=20):
    out = subprocess.run([nm, "-S", "--size-sort", "-r", elf], check=True, capture_output=True, text=True)
    print(f"\nThe {count} largest functions:")
    shown = 0
    for line in out.stdout.splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "tTwW" and shown < count:
            print(f"{int(fields[1], 16):8}  {fields[3]}")
            shown += 1


def main():
    elf, image, map_path, nm = sys.argv[1:]
    sums = collections.defaultdict(collections.Counter)
    with open(map_path, encoding="utf-8") as map_lines:
        for output, path, size in contributions(map_lines):
            sums[owner(path, output)][kind_of(output)] += size
    print(f"{os.path.relpath(image)}")
    print_table(sums, os.path.getsize(image))
    print_functions(nm, elf)


if __name__ == "__main__":
    main()
