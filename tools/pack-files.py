#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pack-files.py BASE ARCHIVE PATH... [-- BASE PATH...]: pack files into a cpio archive (newc), names relative to BASE.

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
    """{name: (its file or None for a folder)} of all that is under the paths."""
    names = {}
    for path in paths:
        top = os.path.join(base, path)
        if not os.path.exists(top):
            sys.exit(f"pack-files.py: there is no {top}")
        names[os.path.normpath(path)] = None if os.path.isdir(top) else top
        for folder, folders, files in os.walk(top):
            rel = os.path.relpath(folder, base)
            names.update((os.path.normpath(os.path.join(rel, f)), None) for f in folders)
            names.update((os.path.normpath(os.path.join(rel, f)), os.path.join(folder, f)) for f in files)
    return names


def split(words):
    """[BASE, PATH..., "--", BASE, PATH...] as [(BASE, PATHs)...]."""
    groups = [[]]
    for word in words:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    return [(g[0], g[1:]) for g in groups]


def main():
    if len(sys.argv) < 4:
        sys.exit("usage: pack-files.py BASE ARCHIVE PATH... [-- BASE PATH...]")
    archive = sys.argv[2]
    names = {}
    for base, paths in split([sys.argv[1], *sys.argv[3:]]):
        names.update(walk(base, paths))
    mtime = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    out = bytearray()
    for ino, (name, path) in enumerate(sorted(names.items()), start=1):
        data = b""
        if path is not None:
            with open(path, "rb") as f:
                data = f.read()
        out += entry(ino, name, MODE_FOLDER if path is None else MODE_FILE, data, mtime)
    out += entry(0, "TRAILER!!!", 0, b"", 0)
    with open(archive, "wb") as f:
        f.write(out)


if __name__ == "__main__":
    main()
