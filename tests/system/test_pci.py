# SPDX-License-Identifier: MIT
"""Devices on PCI, in the image that holds every driver: virtio in both of its interfaces, NVMe, bridges, shared lines."""

import contextlib
import json
import re
import urllib.request

import pytest

import boardrow
from machine import image_path
from test_blk import APP, all_good, is_written, make_disk
from test_boards import VIRT_CHAIN

NIC = "virtio-net-pci,romfile="
PORT = ("-device", "pcie-root-port,id=port0,chassis=1")
DEEP = (*PORT, "-device", "pcie-root-port,id=port1,chassis=2", "-device", "x3130-upstream,id=up,bus=port1",
        "-device", "xio3130-downstream,id=down0,bus=up,chassis=3,slot=0",
        "-device", "xio3130-downstream,id=down1,bus=up,chassis=4,slot=1")


def page(m):
    with urllib.request.urlopen(f"http://127.0.0.1:{m.port}/", timeout=60) as answer:
        return answer.read()


def generic(boot, arch, app, **options):
    return boot(arch, app, board="generic", **options)


# --- network


@pytest.mark.parametrize("nic,before", [
    (NIC, ()), (f"{NIC},disable-legacy=on", ()), (f"{NIC},disable-modern=on,disable-legacy=off", ()),
    (f"{NIC},vectors=0", ()), (f"{NIC},disable-modern=on,disable-legacy=off,vectors=0", ()),
    (f"{NIC},bus=port0", PORT), (f"{NIC},bus=port0,disable-modern=on,disable-legacy=off", PORT),
    (f"{NIC},bus=down1,disable-legacy=on", DEEP), (f"{NIC},addr=5.0,multifunction=on", ("-device", "pci-testdev,addr=5.3")),
], ids=["plain", "modern", "legacy", "pin", "legacy-pin", "port", "port-legacy", "switch", "functions"])
@pytest.mark.parametrize("cpus", [1, 4])
def test_page(boot, arch, nic, before, cpus):
    """A page comes through the card, again and again; the entropy device beside it does no harm."""
    m = generic(boot, arch, "httpd", net="user", nic=nic, before=before, cpus=cpus, args=("-device", "virtio-rng-pci"))
    m.expect("httpd: listening on port 80")
    first = page(m)
    assert b"</html>" in first and all(b"</html>" in page(m) for _ in range(20))
    assert "error" not in m.text


def test_no_driver(boot, arch):
    """A function that nobody knows is named; bridges are not."""
    m = generic(boot, arch, "httpd", bootargs="debug", args=(*PORT, "-device", "pci-testdev,addr=7,bus=pcie.0"))
    m.expect(r"device 0000:00:07\.0: no driver for 1b36:0005 \(class 00ff00\)")
    assert "1b36:000c" not in m.text


def test_console(boot, arch, tmp_path):
    log = tmp_path / "console"
    m = generic(boot, arch, APP, bootargs="console=hvc0 -- list",
                args=("-device", "virtio-serial-pci", "-chardev", f"file,id=c0,path={log}", "-device", "virtconsole,chardev=c0",
                      "-device", "nvme,serial=a,drive=a", "-drive", f"file={make_disk(tmp_path / 'a')},format=raw,if=none,id=a"))
    assert m.wait() == 0
    assert "a: 0+8192 512/512 disk cached" in log.read_text()


# --- disks


def drive(path, name, options=""):
    return ("-drive", f"file={path},format=raw,if=none,id={name},discard=unmap{options}")


def virtio(path, name, options=""):
    return (*drive(path, name), "-device", f"virtio-blk-pci,drive={name},serial={name}{options}")


def proof(arch, text, options, cpus):
    """The plain case is the one of virt's row in docs/boards.md."""
    if options or cpus != 1:
        return contextlib.nullcontext()
    return boardrow.Proof("virt", VIRT_CHAIN[arch], arch, image_path(arch, APP, "generic"), "disk", text, "blk")


@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("options,args", [
    ("", ()), (",disable-modern=on,disable-legacy=off", ()), (",vectors=0,disable-legacy=on", ()), (",bus=port0", PORT),
], ids=["plain", "legacy", "pin", "port"])
def test_virtio_blk(boot, arch, tmp_path, options, args, cpus):
    disk = make_disk(tmp_path / "a")
    with proof(arch, "virtio-blk over PCI", options, cpus):
        all_good(generic(boot, arch, APP, cpus=cpus, bootargs="-- rw SERIAL=a", args=(*args, *virtio(disk, "a", options))))
        is_written(disk)


def namespaces(disks, options="", words=()):
    """A controller, and a namespace for each disk with QEMU's words for it."""
    line = ["-device", f"nvme,id=n0,serial=s{options}"]
    for i, disk in enumerate(disks):
        extra = words[i] if i < len(words) else ""
        line += [*drive(disk, f"d{i}"), "-device", f"nvme-ns,bus=n0,drive=d{i},nsid={i + 1}{extra}"]
    return line


LARGE = ",logical_block_size=4096,physical_block_size=4096"


@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("options,args", [
    ("", ()), (",mdts=1", ()), (",bus=port0", PORT), (",max_ioqpairs=2", ()),
], ids=["plain", "mdts", "port", "queues"])
def test_nvme(boot, arch, tmp_path, options, args, cpus):
    """Two namespaces of different blocks: all that the host wrote is found, and what the guest wrote is there."""
    disks = [make_disk(tmp_path / name) for name in "ab"]
    m = generic(boot, arch, APP, cpus=cpus, bootargs="-- rw nvme0n2 rw nvme0n1",
                args=(*args, *namespaces(disks, options, ("", LARGE))))
    with proof(arch, "NVMe", options, cpus):
        all_good(m)
        for disk in disks:
            is_written(disk)
    assert "blk nvme0n1: 0000:" in m.text and "4 MiB, blocks of 4096/4096, cached, serial s" in m.text


def test_nvme_discard_and_file(boot, arch, tmp_path):
    disks = [make_disk(tmp_path / name) for name in "ab"]
    all_good(generic(boot, arch, APP, bootargs="-- discard nvme0n1 file nvme0n2", args=namespaces(disks)))
    assert disks[0].read_bytes()[8 * 512:32 * 512] == bytes(24 * 512)
    assert disks[1].read_bytes()[2000003:2000009] == b"synced"


def test_nvme_few_queues(boot, arch, tmp_path):
    """A controller with one pair of queues for two namespaces: the first works, the second is named."""
    disks = [make_disk(tmp_path / name) for name in "ab"]
    m = generic(boot, arch, APP, bootargs="-- rw nvme0n1", args=namespaces(disks, ",max_ioqpairs=1"))
    all_good(m)
    is_written(disks[0])
    assert "no queue for namespace 2" in m.text


def blockdev(node, words):
    return ("-blockdev", json.dumps({"node-name": "a", **node}), "-device", f"nvme,id=n0,serial=s,drive=a{words}")


def test_nvme_errors(boot, arch, tmp_path):
    """EIO on one read, one write, each flush: told each time, and the disk goes on."""
    disk = make_disk(tmp_path / "a")
    inject = [{"event": "none", "iotype": kind, "errno": 5, "immediately": False, **({} if at is None else {"sector": at})}
              for kind, at in (("read", 801), ("write", 1600), ("flush", None))]
    node = {"driver": "raw", "file": {"driver": "blkdebug", "inject-error": inject,
                                      "image": {"driver": "file", "filename": str(disk)}}}
    m = generic(boot, arch, APP, bootargs="-- errors nvme0n1", args=blockdev(node, ""))
    assert m.wait() == 0
    told = re.findall(r"^(read \d+|write \d+|flush): (-?\d+)$", m.text, re.M)
    assert told == [("read 0", "0"), ("read 800", "-5"), ("write 1600", "-5"), ("flush", "-5")] * 2
    assert re.search(r"nvme 0000:\S+: nvme0n1: status type \d, code [0-9a-f]{2}", m.text)


def test_nvme_no_answer(boot, arch):
    node = {"driver": "null-co", "size": 4194304, "latency-ns": 4000000000}
    m = generic(boot, arch, APP, bootargs="blk.timeout=1 -- timeout nvme0n1", args=blockdev(node, ""))
    assert m.wait(120) == 0
    assert re.search(r"blk nvme0n1: read of 1 sectors at 0: no answer for \d+ s; the device is stopped", m.text)
    assert "read: -19\n" in m.text and "again: -19\n" in m.text


def test_shared_line(boot, arch, tmp_path):
    """Four devices of three kinds on one pin each: slots 4, 8, 12 and 16 lead to the same line."""
    disks = [make_disk(tmp_path / name) for name in "abc"]
    args = (*virtio(disks[0], "a", ",vectors=0,addr=4"), *virtio(disks[1], "b", ",vectors=0,addr=8"),
            *drive(disks[2], "c"), "-device", "nvme,serial=c,drive=c,addr=12", "-device", "virtio-rng-pci,vectors=0,addr=16")
    m = generic(boot, arch, APP, cpus=2, bootargs="-- rw SERIAL=b rw nvme0n1 rw SERIAL=a", args=args)
    all_good(m)
    for disk in disks:
        is_written(disk)
