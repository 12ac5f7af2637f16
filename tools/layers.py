#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""layers.py: who may include whom, and what may not be written where. Part of `make check`.

A file may include headers of its own layer and of those below it:
    apps tests  >  lib libc  >  net fs  >  drivers boot  >  kernel  >  arch
arch/ alone looks up as well, at kernel/, whose contract (kernel/arch.h) it fulfils. lwIP is for net/
and for the driver that fills its packets. An app uses the C library only, as it would on any system.
"""

import os
import re
import sys

LAYERS = {"arch": 0, "kernel": 1, "drivers": 2, "boot": 2, "net": 3, "fs": 3, "libc": 4, "lib": 4}
LWIP = ("lwip/", "netif/")
SEES_LWIP = re.compile(r"^(net/|drivers/net/|drivers/virtio/net\.c$)")
# POSIX headers that share a folder's name with a layer.
POSIX = {"net/if.h", "net/if_arp.h", "net/ethernet.h", "net/route.h"}
# The kernel's half of a device class sees that class's operations.
CLASS_CORES = {("kernel/irq.c", "drivers/irqchip.h")}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
ARCH_IFDEF = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b.*\b(__aarch64__|__riscv\w*|__arm__)")
IN_FUNCTION_FILE = re.compile(r"__attribute__\s*\(\(\s*(weak|constructor)")


def sources():
    for top in (*LAYERS, "apps"):
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h", ".S")):
                    yield os.path.join(folder, name)


def include_error(path, header):
    """Why path may not include header, or None."""
    top = path.split("/")[0]
    first = header.split("/")[0]
    if header.startswith(LWIP):
        return None if SEES_LWIP.match(path) else "lwIP is for net/ alone"
    if header in POSIX or "/" not in header or first not in LAYERS:
        return None
    if top == "apps":
        return "an app uses the C library only"
    if (top == "arch" and first == "kernel") or (path, header) in CLASS_CORES:
        return None
    if LAYERS[first] > LAYERS[top]:
        return f"{top}/ lies below {first}/"
    return None


def errors(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            found = INCLUDE.match(line)
            why = include_error(path, found.group(1)) if found else None
            if why:
                yield f"{path}:{number}: #include <{found.group(1)}>: {why}"
            if ARCH_IFDEF.match(line) and not path.startswith("arch/"):
                yield f"{path}:{number}: an architecture's name outside arch/"
            if IN_FUNCTION_FILE.search(line) and path.endswith(".c"):
                yield f"{path}:{number}: no weak symbols, no constructors"


def main():
    found = [error for path in sources() for error in errors(path)]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
