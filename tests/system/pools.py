# SPDX-License-Identifier: MIT
"""How much of its protocol memory a guest's network holds, read out of its memory through QMP: the pools of
net/port/memp.c and the bytes that packets take from malloc. The image pays nothing for it."""

import os
import re
import struct
import subprocess
import time

from machine import PATIENCE, elf_path

NAMES = ("RAW_PCB", "UDP_PCB", "TCP_PCB", "TCP_PCB_LISTEN", "TCP_SEG", "REASSDATA", "FRAG_PBUF", "ARP_QUEUE",
         "IGMP_GROUP", "ND6_QUEUE", "IP6_REASSDATA", "MLD6_GROUP", "PBUF", "PBUF_POOL")  # as memp_std.h has them
GROUPS = ("MLD6_GROUP", "IGMP_GROUP")  # an address that is found to be ours joins them, and stays
POOL = struct.Struct("<H2xIIIQ")  # struct pool: size, limit, used, failed, free
MEM = struct.Struct("<QQI??2xQQQQ")  # mem: limit, used, failed, warned, lacking, retry_at, pause, looked_at, before


class Pools:
    def __init__(self, machine):
        self.machine = machine
        self.at = {}
        for line in subprocess.run(["nm", "-S", str(elf_path(machine.arch, machine.app))], check=True, text=True,
                                   capture_output=True).stdout.splitlines():
            words = line.split()
            if words[-1] in ("pools", "mem") and len(words) == 4:
                self.at[words[-1]] = (int(words[0], 16), int(words[1], 16))
            elif words[-1] == "_image_start":
                linked = int(words[0], 16)
        assert self.at["pools"][1] == len(NAMES) * POOL.size and self.at["mem"][1] == MEM.size, "net/port/memp.c is another"
        self.moved = self.loaded() - linked
        self.start = self.used()

    def loaded(self):
        """Where QEMU has put the image; RAM is mapped one to one."""
        roms = self.machine.qmp("human-monitor-command", **{"command-line": "info roms"})
        return int(re.search(r'addr=([0-9a-f]+) .*/Image"', roms)[1], 16)

    def read(self, name):
        """The variable's bytes."""
        address, size = self.at[name]
        path = f"{self.machine.folder}/{name}"
        self.machine.qmp("pmemsave", val=address + self.moved, size=size, filename=path)
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        return data

    def pools(self):
        return {name: POOL.unpack_from(self.read("pools"), i * POOL.size) for i, name in enumerate(NAMES)}

    def used(self):
        """Elements of each pool, and the bytes of packets."""
        pools = self.pools()
        assert all(0 < size < 4096 and used <= limit for size, limit, used, _, _ in pools.values()), pools
        return {"bytes": MEM.unpack(self.read("mem"))[1], **{name: p[2] for name, p in pools.items()}}

    def failed(self):
        """How often something was not to be had."""
        return MEM.unpack(self.read("mem"))[2] + sum(p[3] for p in self.pools().values())

    def wait(self, check, what, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while not check(self.used()):
            assert time.monotonic() < deadline, f"waited for {what}; at first {self.start}, now {self.used()}"
            time.sleep(0.1)

    def settle(self, timeout=PATIENCE):
        """All that was taken since the start is back."""
        self.wait(lambda now: all(now[name] <= n for name, n in self.start.items() if name not in GROUPS), "the pools to be full", timeout)
