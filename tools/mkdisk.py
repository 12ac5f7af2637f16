#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mkdisk.py IMAGE SIZE PARTITION...: make a disk image with a GUID partition table (UEFI 2.10, chapter 5).

A PARTITION is words `key=value` with commas between them:

    label=data       its name in the table: PARTLABEL
    fs=littlefs      littlefs, fat (12, 16 or 32 bits as its size asks for), fat32, or none: zeros
    size=62M         K, M, G; without it: what is left (for one partition)
    files=FOLDER     what is in the file system; none: empty
    type=linux       linux, basic, esp, or a UUID; without it: basic for fat, else linux
    uuid=UUID        without it: from the content

No root, no loop device. The same input gives the same bytes: UUIDs are made from the content, all times
are SOURCE_DATE_EPOCH, or 1980-01-01. Partitions begin and end at multiples of 1 MiB. Sectors are of 512
bytes. An image that exists is replaced when the new one is complete. LFS=program: the tool that makes a
littlefs, if not tools/lfs.
"""

import dataclasses
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import zlib

SECTOR = 512
ALIGN = 1 << 20
ENTRIES, ENTRY_SIZE = 128, 128
TABLE = ENTRIES * ENTRY_SIZE // SECTOR  # sectors
FIRST_USABLE = 2 + TABLE  # after the protective MBR, the header and the entries
EPOCH_FAT = 315532800  # 1980-01-01, the first day that FAT knows
TYPES = {
    "linux": "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    "basic": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
    "esp": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
}


def fail(text):
    sys.exit(f"mkdisk.py: {text}")


def run(*command, **options):
    """A program that must succeed; what it says is shown only if it fails."""
    env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", SOURCE_DATE_EPOCH=str(epoch()), MTOOLSRC="/dev/null")
    # Debian keeps mkfs.vfat where only root's PATH looks.
    env["PATH"] = env.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    try:
        done = subprocess.run([str(c) for c in command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    except FileNotFoundError:
        fail(f"there is no program {command[0]}")
    if done.returncode != 0:
        fail(f"{command[0]}: {done.stdout.strip() or f'status {done.returncode}'}")


def epoch():
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", EPOCH_FAT)), EPOCH_FAT)


def size_of(text):
    """Bytes of "64M"."""
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper())
    digits = text[:-1] if unit else text
    if not digits.isascii() or not digits.isdigit():
        fail(f'"{text}" is no size; it is a number, and K, M or G')
    return int(digits) << (unit or 0)


# --- file systems: each maker fills a file of the partition's size


def folders_and_files(top):
    """Of a folder, sorted: names of folders, {folder: files in it}, both relative to it."""
    if not os.path.isdir(top):
        fail(f"there is no folder {top}")
    folders, files = [], {}
    for folder, below, names in os.walk(top, followlinks=True):
        below.sort()
        here = os.path.relpath(folder, top)
        folders += [os.path.normpath(os.path.join(here, name)) for name in below]
        files[here] = sorted(names)
    return folders, files


def make_none(path, part):
    if part.files:
        fail(f"partition {part.label}: fs=none holds no files")


def make_fat(path, part):
    serial = hashlib.sha256(f"{part.label} {part.size} {tree_digest(part.files)}".encode()).hexdigest()[:8]
    bits = part.fs[3:]
    run("mkfs.vfat", "--invariant", *(["-F", bits] if bits else []), "-i", serial, "-n", part.label[:11].upper(),
        "-h", part.first, path)
    if not part.files:
        return
    folders, files = folders_and_files(part.files)
    if folders:
        run("mmd", "-i", path, *(f"::{f}" for f in folders))
    for folder, names in files.items():
        if names:
            run("mcopy", "-Q", "-i", path, *(os.path.join(part.files, folder, n) for n in names), f"::{folder}")


def make_littlefs(path, part):
    tool = os.environ.get("LFS", str(pathlib.Path(__file__).resolve().parent / "lfs"))
    run(tool, "create", path, *([part.files] if part.files else []))


MAKERS = {"none": make_none, "littlefs": make_littlefs,
          "fat": make_fat, "fat12": make_fat, "fat16": make_fat, "fat32": make_fat}


def tree_digest(top):
    """A folder's names and bytes; times and owners do not count."""
    digest = hashlib.sha256()
    if not top:
        return digest.hexdigest()
    folders, files = folders_and_files(top)
    for name in folders:
        digest.update(f"folder {name}\0".encode())
    for folder, names in files.items():
        for name in names:
            with open(os.path.join(top, folder, name), "rb") as f:
                content = hashlib.sha256(f.read())
            digest.update(f"file {folder}/{name} {content.hexdigest()}\0".encode())
    return digest.hexdigest()


# --- partitions and their table


@dataclasses.dataclass
class Partition:
    """What was asked for, then where it lies."""

    label: str = ""
    fs: str = "none"
    size: int = 0  # bytes; 0: what is left
    files: str = ""
    type: str = ""
    uuid: str = ""
    first: int = 0  # sector

    @property
    def last(self):
        return self.first + self.size // SECTOR - 1


def parse(text):
    words = {}
    for word in text.split(","):
        key, equals, value = word.partition("=")
        if not equals or key not in ("label", "fs", "size", "files", "type", "uuid") or key in words:
            fail(f'"{text}": "{word}" is not label=, fs=, size=, files=, type= or uuid=, each once')
        words[key] = value
    if words.get("size"):
        words["size"] = size_of(words["size"])
    else:
        words.pop("size", None)
    part = Partition(**words)
    if part.fs not in MAKERS:
        fail(f'"{part.fs}" is no file system; there are: {" ".join(MAKERS)}')
    if len(part.label.encode("utf-16-le")) > 72:
        fail(f'"{part.label}": a label has at most 36 characters')
    part.type = part.type or ("basic" if part.fs.startswith("fat") else "linux")
    part.type = TYPES.get(part.type, part.type)
    return part


def place(parts, size):
    """Give each its sectors."""
    end = (size - (TABLE + 1) * SECTOR) // ALIGN * ALIGN
    open_ended = [p for p in parts if not p.size]
    if len(open_ended) > 1:
        fail("only one partition can have what is left; give the others a size=")
    for p in parts:
        p.size = -(-p.size // ALIGN) * ALIGN
    left = end - ALIGN - sum(p.size for p in parts)
    if left < 0 or (open_ended and left == 0):
        fail(f"the partitions do not fit into {size} bytes; tables take 1 MiB in front and {TABLE + 1} sectors behind")
    for p in open_ended:
        p.size = left
    at = ALIGN
    for p in parts:
        p.first = at // SECTOR
        at += p.size


def uuid_from(*what):
    return str(uuid.UUID(bytes=hashlib.sha256("\0".join(map(str, what)).encode()).digest()[:16], version=4))


def guid(text):
    try:
        return uuid.UUID(text).bytes_le
    except ValueError:
        fail(f'"{text}" is no UUID')


def entries(parts):
    table = b"".join(struct.pack("<16s16sQQQ72s", guid(p.type), guid(p.uuid), p.first, p.last, 0,
                                 p.label.encode("utf-16-le")) for p in parts)
    return table + bytes(ENTRIES * ENTRY_SIZE - len(table))


def header(mine, other, sectors, disk, table_at, table):
    def pack(crc):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, mine, other, FIRST_USABLE,
                           sectors - TABLE - 2, guid(disk), table_at, ENTRIES, ENTRY_SIZE, zlib.crc32(table))
    return pack(zlib.crc32(pack(0))).ljust(SECTOR, b"\0")


def protective_mbr(sectors):
    """One partition of type EE from sector 1 on, so that old tools see no free room."""
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def write_table(f, sectors, parts, disk):
    table = entries(parts)
    for at, data in (
        (0, protective_mbr(sectors)),
        (1, header(1, sectors - 1, sectors, disk, 2, table)),
        (2, table),
        (sectors - 1 - TABLE, table),
        (sectors - 1, header(sectors - 1, 1, sectors, disk, sectors - 1 - TABLE, table)),
    ):
        f.seek(at * SECTOR)
        f.write(data)


def copy_sparse(path, f, at):
    """The file's content to this place; what is zero stays a hole."""
    with open(path, "rb") as source:
        while piece := source.read(1 << 16):
            if piece.count(0) != len(piece):
                f.seek(at)
                f.write(piece)
            at += len(piece)


def make_disk(image, size, parts):
    size = size // SECTOR * SECTOR
    place(parts, size)
    where = os.path.dirname(os.path.abspath(image))
    os.makedirs(where, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=".mkdisk-", dir=where)
    try:
        new = os.path.join(folder, "disk")
        with open(new, "w+b") as f:
            f.truncate(size)
            for i, p in enumerate(parts):
                content = os.path.join(folder, f"part{i}")
                with open(content, "wb") as c:
                    c.truncate(p.size)
                MAKERS[p.fs](content, p)
                if os.path.getsize(content) != p.size:
                    fail(f"the maker of {p.fs} changed the size of partition {p.label}")
                copy_sparse(content, f, p.first * SECTOR)
                p.uuid = p.uuid or uuid_from("partition", i, p.label, p.fs, p.first, p.size, tree_digest(p.files))
            disk = uuid_from("disk", size, *(p.uuid for p in parts))
            write_table(f, size // SECTOR, parts, disk)
        os.replace(new, image)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__.split("\n", 1)[0] + "\nmore: tools/mkdisk.py's first lines")
    try:
        make_disk(sys.argv[1], size_of(sys.argv[2]), [parse(p) for p in sys.argv[3:]])
    except OSError as e:
        fail(e)


if __name__ == "__main__":
    main()
