#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""efi-vars.py FILE MIB [LOADER ARGUMENTS]: the variables of QEMU's EDK2: no wait for a key, and one boot entry: LOADER, a path
on whatever disk has it, with ARGUMENTS as its load options. Without: firmware boots what it finds.

FILE is the flash for variables of QEMU's `virt`, MIB large, as EDK2 formats it on either architecture: a firmware volume
(UEFI PI 1.8, volume 3, 3.2.1) with EDK2's variable store in it (its MdeModulePkg/Include/Guid/VariableFormat.h). A boot entry
is an EFI_LOAD_OPTION with a file path alone, which firmware looks for on every file system (UEFI 2.10, 3.1.2, 3.1.3).
"""

import os
import struct
import sys
import uuid

SYSTEM_NV_DATA = uuid.UUID("fff12b8d-7696-4c8b-a985-2747075b4f50")
AUTHENTICATED_VARIABLES = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
GLOBAL_VARIABLE = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
BLOCK = 0x40000  # of the flash
BLOCKS = 3  # the store, and two for its update in place
HEADER = 0x48
STORE_HEADER = 0x1C
ACTIVE = 1
NON_VOLATILE, BOOT_SERVICE, RUNTIME = 1, 2, 4
VARIABLE_ADDED = 0x3F


def text16(text):
    return (text + "\0").encode("utf-16-le")


def volume_header():
    """EFI_FIRMWARE_VOLUME_HEADER; its 16-bit words sum up to 0."""
    def header(checksum):
        return struct.pack("<16x16sQ4sIHHHxBIIII", SYSTEM_NV_DATA.bytes_le, BLOCKS * BLOCK, b"_FVH", 0x4FEFF, HEADER, checksum,
                           0, 2, BLOCKS, BLOCK, 0, 0)

    return header(-sum(struct.unpack(f"<{HEADER // 2}H", header(0))) & 0xFFFF)


def store_header():
    return struct.pack("<16sIBB6x", AUTHENTICATED_VARIABLES.bytes_le, BLOCK - HEADER, 0x5A, 0xFE)


def variable(name, data):
    """AUTHENTICATED_VARIABLE_HEADER, the name and the data; the next one is aligned."""
    name = text16(name)
    header = struct.pack("<HBxI8x16x4xII16s", 0x55AA, VARIABLE_ADDED, NON_VOLATILE | BOOT_SERVICE | RUNTIME, len(name), len(data),
                         GLOBAL_VARIABLE.bytes_le)
    whole = header + name + data
    return whole + b"\xff" * (-len(whole) % 4)


def load_option(title, path, arguments):
    name = text16(path)
    nodes = struct.pack("<BBH", 4, 4, 4 + len(name)) + name + struct.pack("<BBH", 0x7F, 0xFF, 4)
    return struct.pack("<IH", ACTIVE, len(nodes)) + text16(title) + nodes + text16(arguments)


def main():
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__.split(": ", 1)[0])
    file, mib, *entry = sys.argv[1:]
    used = volume_header() + store_header() + variable("Timeout", struct.pack("<H", 0))
    if entry:
        used += variable("Boot0000", load_option("Coracle", *entry)) + variable("BootOrder", struct.pack("<H", 0))
    if len(used) > BLOCK:
        sys.exit(f"efi-vars: {len(used)} bytes of variables; {BLOCK} are the most")
    with open(file, "wb") as f:
        f.write(used.ljust(BLOCKS * BLOCK, b"\xff"))
        os.ftruncate(f.fileno(), int(mib) << 20)


if __name__ == "__main__":
    main()
