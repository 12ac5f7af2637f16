#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tests/unit/qemu_acpi.py FILE COMMAND...: the ACPI tables that QEMU hands to its firmware, without one.

COMMAND is a QEMU for `virt`, of Arm or of RISC-V. Nothing runs in it: fw_cfg is read through its debugger's port, and the loader's
script that comes with the tables is carried out here (QEMU docs/specs/fw_cfg, docs/specs/acpi_hw_reduced_hotplug;
hw/acpi/bios-linker-loader.c). FILE is the memory from address BASE on, and starts with the RSDP.
"""

import os
import struct
import subprocess
import sys

BASE = 0x50000000
FW_CFG_DMA = {"qemu-system-aarch64": 0x09020010, "qemu-system-riscv64": 0x10100010}
SCRATCH = {"qemu-system-aarch64": 0x40100000, "qemu-system-riscv64": 0x80100000}
DIRECTORY = 0x19
READ, SELECT = 2, 8
ALLOCATE, ADD_POINTER, ADD_CHECKSUM = 1, 2, 3


class Guest:
    """A machine that does not run, by the debugger's protocol: its memory, and what is mapped there."""

    def __init__(self, command):
        self.dma, self.scratch = (of[os.path.basename(command[0])] for of in (FW_CFG_DMA, SCRATCH))
        self.process = subprocess.Popen([*command, "-S", "-gdb", "stdio", "-display", "none", "-nodefaults"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ask("Qqemu.PhyMemMode:1")

    def ask(self, packet):
        body = packet.encode()
        self.process.stdin.write(b"$%s#%02x" % (body, sum(body) & 0xFF))
        self.process.stdin.flush()
        answer = b""
        while not answer.endswith(b"#"):
            byte = self.process.stdout.read(1)
            if not byte:
                raise SystemExit(f"qemu_acpi: no answer to {packet[:40]}")
            answer += byte
        self.process.stdout.read(2)
        self.process.stdin.write(b"+")
        return answer[answer.index(b"$") + 1:-1].decode()

    def write(self, address, data):
        if self.ask(f"M{address:x},{len(data):x}:{data.hex()}") != "OK":
            raise SystemExit(f"qemu_acpi: {address:#x} cannot be written")

    def read(self, address, size):
        data = bytearray()
        while len(data) < size:
            data += bytes.fromhex(self.ask(f"m{address + len(data):x},{min(size - len(data), 1024):x}"))
        return data

    def fw_cfg(self, key, size):
        self.write(self.scratch, struct.pack(">IIQ", key << 16 | SELECT | READ, size, self.scratch + 16))
        self.write(self.dma, struct.pack(">Q", self.scratch))
        return self.read(self.scratch + 16, size)

    def files(self):
        count = struct.unpack(">I", self.fw_cfg(DIRECTORY, 4))[0]
        listing = self.fw_cfg(DIRECTORY, 4 + 64 * count)
        for i in range(count):
            size, key, _, name = struct.unpack_from(">IHH56s", listing, 4 + 64 * i)
            yield text(name), (key, size)

    def end(self):
        self.process.kill()
        self.process.wait(10)


def text(name):
    return name.split(b"\0", 1)[0].decode()


def place(names):
    """Where each file goes: the one with the RSDP first."""
    at, places = BASE, {}
    for name in sorted(names, key=lambda n: n != "etc/acpi/rsdp"):
        places[name] = at
        at += (len(names[name]) + 0xFFF) & ~0xFFF
    return places


def carry_out(script, data):
    places = place(data)
    for at in range(0, len(script), 128):
        command = struct.unpack_from("<I", script, at)[0]
        if command == ADD_POINTER:
            target, source, offset, size = struct.unpack_from("<56s56sIB", script, at + 4)
            field = data[text(target)][offset:offset + size]
            value = int.from_bytes(field, "little") + places[text(source)]
            data[text(target)][offset:offset + size] = value.to_bytes(size, "little")
        elif command == ADD_CHECKSUM:
            name, offset, start, length = struct.unpack_from("<56sIII", script, at + 4)
            data[text(name)][offset] = -sum(data[text(name)][start:start + length]) & 0xFF
    return places


def main():
    guest = Guest(sys.argv[2:])
    files = dict(guest.files())
    script = guest.fw_cfg(*files["etc/table-loader"])
    wanted = {text(script[at + 4:at + 60]) for at in range(0, len(script), 128) if script[at] == ALLOCATE}
    data = {name: guest.fw_cfg(*files[name]) for name in wanted}
    guest.end()
    places = carry_out(script, data)
    end = max(places[name] + len(data[name]) for name in data)
    memory = bytearray(end - BASE)
    for name, at in places.items():
        memory[at - BASE:at - BASE + len(data[name])] = data[name]
    with open(sys.argv[1], "wb") as f:
        f.write(memory)


if __name__ == "__main__":
    main()
