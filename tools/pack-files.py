#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pack-files.py BASE ARCHIVE PATH...: pack files into a cpio archive (newc), names relative to BASE.

The same files give the same bytes: entries are sorted, owner, inode and time fixed
(SOURCE_DATE_EPOCH, if set, is the time). File data begins at multiples of 4, as newc has it.
"""

import os
import sys

MODE_FILE = 0o100644
MODE_FOLDER = 0o040755


def entry(ino, name, mode, data, mtime):
    """One member: header, name, data, each padded to 4 bytes."""
    encoded = name.encode() + b"\0"
    links = 2 if mode == MODE_FOLDER else 1
    fields = (ino, mode, 0, 0, links, mtime, len(data), 0, 0, 0, 0, len(encoded), 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + encoded
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def walk(base, paths):
    """Every (name, is folder) under the paths, parents first."""
    names = set()
    for path in paths:
        top = os.path.join(base, path)
        if not os.path.exists(top):
            sys.exit(f"pack-files.py: there is no {top}")
        names.add((os.path.normpath(path), os.path.isdir(top)))
        for folder, folders, files in os.walk(top):
            rel = os.path.relpath(folder, base)
            names.update((os.path.join(rel, f), True) for f in folders)
            names.update((os.path.join(rel, f), False) for f in files)
    return sorted(names)


def main():
    if len(sys.argv) < 4:
        sys.exit("usage: pack-files.py BASE ARCHIVE PATH...")
    base, archive, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    mtime = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    out = bytearray()
    for ino, (name, is_folder) in enumerate(walk(base, paths), start=1):
        data = b""
        if not is_folder:
            with open(os.path.join(base, name), "rb") as f:
                data = f.read()
        out += entry(ino, name, MODE_FOLDER if is_folder else MODE_FILE, data, mtime)
    out += entry(0, "TRAILER!!!", 0, b"", 0)
    with open(archive, "wb") as f:
        f.write(out)


if __name__ == "__main__":
    main()
