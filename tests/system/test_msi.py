# SPDX-License-Identifier: MIT
"""Interrupt controllers of the image that holds every driver: messages as interrupts (GICv2m, ITS, IMSIC), and RISC-V's
AIA as the machine's only controller, by wires and by messages."""

import re
import urllib.request

import pytest

import tap
from machine import OUT, httpd, make

MSI = "tests/target/msi"

# name: architecture, machine, the word for tests/target/msi, its controllers as the log has them
KINDS = {
    "gicv2m": ("aarch64", "gic-version=2", "gic2", ("gic_v2m .*: lines 80 to 143",)),
    "its": ("aarch64", "gic-version=3,its=on", "", ("gic_its .*: 16 bits of a DeviceID",)),
    "no-its": ("aarch64", "gic-version=3,its=off", "none", ()),
    "plic": ("riscv64", "aia=none", "none", ("plic .*: 9[56] sources",)),  # QEMU 7.2 counts the one that is none
    "aplic": ("riscv64", "aia=aplic", "none", ("aplic .*: 96 sources, by wires",)),
    "imsic": ("riscv64", "aia=aplic-imsic", "", ("aplic .*: 96 sources, by messages", "imsic .*: 255 identities")),
}


def kinds(*names):
    return [pytest.param(KINDS[name][0], name, id=f"{KINDS[name][0]}-{name}") for name in names]


def generic(arch, app):
    """The image of the board `generic`, built if it is not."""
    done = make("-s", "image", ARCH=arch, APP=app, BOARD="generic")
    assert done.returncode == 0, done.stdout
    return OUT / f"{arch}-{app.rsplit('/', 1)[-1]}-generic" / "Image"


@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("arch, kind", kinds(*KINDS))
def test_messages(boot, arch, kind, cpus):
    """Each message rings, masked ones wait, and they go where they are sent; no controller, no message."""
    _, machine, word, log = KINDS[kind]
    m = boot(arch, MSI, machine=machine, cpus=cpus, bootargs=f"debug -- {word}")
    tap.judge(m)
    for line in log:
        assert re.search(line, m.text), line


@pytest.mark.parametrize("arch, kind", kinds("aplic", "imsic", "its"))
def test_wires_go_where_they_are_sent(boot, arch, kind):
    """The whole of the target test smp, which moves a wired interrupt, with the controllers that are not in `virt`'s image."""
    m = boot(arch, kernel=generic(arch, "tests/target/smp"), machine=KINDS[kind][1], cpus=4)
    tap.judge(m)


@pytest.mark.parametrize("cpus, bootargs", [(1, ""), (4, ""), (4, "irqaffinity=3")])
@pytest.mark.parametrize("arch, kind", kinds("gicv2m", "its", "aplic", "imsic"))
def test_page(arch, kind, cpus, bootargs):
    """The network card's wire, by whichever controller, serves pages."""
    with httpd(arch, kernel=generic(arch, "httpd"), machine=KINDS[kind][1], cpus=cpus, bootargs=bootargs) as m:
        for _ in range(20):
            with urllib.request.urlopen(f"http://127.0.0.1:{m.port}/", timeout=60) as answer:
                assert b"<title>Coracle</title>" in answer.read()
        assert "no interrupt" not in m.text and "has no handler" not in m.text


@pytest.mark.parametrize("arch", ["riscv64"])
@pytest.mark.parametrize("cpu, name", [("rv64,sstc=on", "sstc"), ("rv64,sstc=off", "sbi-time")])
def test_timer(boot, arch, cpu, name):
    """Sstc where the tree says that the hart has it, else the firmware's timer; both ring (hello would not end)."""
    m = boot(arch, "tests/target/timers", cpu=cpu, bootargs="debug")
    tap.judge(m)
    assert re.search(rf"riscv_timer /cpus/cpu@0: {name}, 10000000 Hz", m.text)
