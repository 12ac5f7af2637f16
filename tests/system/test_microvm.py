# SPDX-License-Identifier: MIT
"""Firecracker and Cloud Hypervisor, which cannot run here: QEMU's `virt` with their trees (boards/*/*.dts), Firecracker's
memory and start at its own addresses, boot arguments as urunc passes them, and the files that `make image` writes for them."""

import contextlib
import json
import shlex
import subprocess

import pytest

import boardrow
import machine
import stub
import test_blk
from machine import image_path, make

# Firecracker's layout.rs and mod.rs: memory, the kernel behind its first 2 MiB, the tree in the last 2 MiB.
RAM, TWO_MIB = 0x80000000, 2 << 20
IMAGE_AT = RAM + TWO_MIB
TREE = machine.ROOT / "boards/firecracker/firecracker.dts"

ADDRESS = "ip=10.0.2.15::10.0.2.2:255.255.255.0:urunc:eth0:off"
# pkg/unikontainers/unikernels/linux.go; on Arm the console is named so, whichever the monitor has.
URUNC = f"panic=-1 console=ttyAMA0 root=/dev/ram0 rw {ADDRESS} URUNIT_DEFROUTE=1 PATH=/usr/bin:/bin GREETING=hello"
INDEX = (machine.ROOT / "apps/httpd/www/index.html").read_bytes()

CHAIN = "QEMU -kernel -dtb"
BOARDS = {
    "firecracker": ("virt, Firecracker's tree", "virtio-net over MMIO, edges"),
    "cloud-hypervisor": ("virt, Cloud Hypervisor's tree", "virtio-net over PCI, ITS"),
}

pytestmark = pytest.mark.skipif("aarch64" not in machine.ARCHS, reason="the monitors' boards are of aarch64")
AARCH64 = pytest.mark.parametrize("arch", [a for a in machine.ARCHS if a == "aarch64"])


def firecracker_tree(bootargs, size, cpus):
    source = TREE.read_text()
    at = source.index("\t\tcpu@0 {")
    cpu = source[at:source.index("};", at) + 2]
    for i in range(1, cpus):
        source = source[:at] + cpu.replace("cpu@0", f"cpu@{i:x}").replace("<0 0>", f"<0 {i}>") + "\n" + source[at:]
    for old, new in (('bootargs = "console=ttyS0 reboot=k panic=-1"', f'bootargs = "{bootargs}"'),
                     ("reg = <0 0x80200000 0 0xfe00000>", f"reg = <0 {IMAGE_AT:#x} 0 {size - TWO_MIB:#x}>")):
        assert source.count(old) == 1
        source = source.replace(old, new)
    tree = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=source.encode(), stdout=subprocess.PIPE,
                          check=True).stdout
    assert len(tree) < TWO_MIB
    return tree


@pytest.fixture
def boot_firecracker(boot, tmp_path):
    """QEMU's memory begins at 1 GiB; what lies below Firecracker's is in nobody's tree."""
    def start(arch, app, bootargs, size=256 << 20, cpus=1, drive=(), **options):
        tree_at = RAM + size - TWO_MIB
        (tmp_path / "tree.dtb").write_bytes(firecracker_tree(bootargs, size, cpus))
        return boot(arch, app, kernel=stub.write_stub(tmp_path / "stub", arch, IMAGE_AT, tree_at), append=False,
                    semihosting=False, machine="gic-version=3", cpu="neoverse-n1", cpus=cpus,
                    memory=(RAM + size - stub.RAM[arch]) >> 20, modern=True,
                    nic="virtio-net-device,bus=virtio-mmio-bus.2",
                    args=(*stub.load(image_path(arch, app), IMAGE_AT), *stub.load(tmp_path / "tree.dtb", tree_at),
                          "-device", "virtio-rng-device,bus=virtio-mmio-bus.0", *drive), **options)
    return start


@pytest.fixture
def boot_board(ends):
    return ends(machine.BoardMachine)


def fetch(m, path="/", *options):
    url = f"http://127.0.0.1:{m.port}{path}"
    return subprocess.run(["curl", "-s", "-m", str(machine.PATIENCE), *options, url], stdout=subprocess.PIPE,
                          check=True).stdout


def serves_and_ends(m):
    m.expect(r"eth0: 10\.0\.2\.15/24, gateway 10\.0\.2\.2, .*static")
    m.expect("httpd: ")
    for _ in range(20):
        assert fetch(m) == INDEX
    fetch(m, "/poweroff", "-X", "POST")
    assert m.wait() == 0


@AARCH64
@pytest.mark.parametrize("size", [32, 256, 3072])
def test_firecracker_memory_and_page(boot_firecracker, arch, size):
    """Of the largest the tree lies beyond 4 GiB."""
    m = boot_firecracker(arch, "httpd", f"{URUNC} init=/httpd -- -x", size << 20, net="user")
    m.expect(rf"memory: {(size - 2) << 10} KiB, .* image at {IMAGE_AT:#x}")
    serves_and_ends(m)


@AARCH64
def test_firecracker_cpus(boot_firecracker, arch):
    m = boot_firecracker(arch, "httpd", f"{URUNC} init=/httpd -- -x", cpus=4, net="user")
    serves_and_ends(m)
    assert "cpus: 4 of 4 run" in m.text


@AARCH64
@pytest.mark.parametrize("cpus", [1, 4])
def test_firecracker_disk(boot_firecracker, arch, tmp_path, cpus):
    """Four threads' requests at once, each completion an edge."""
    disk = test_blk.make_disk(tmp_path / "a")
    drive = test_blk.drive(disk, "a", device={"bus": "virtio-mmio-bus.1"})
    m = boot_firecracker(arch, test_blk.APP, f"{URUNC} init=/blk -- rw SERIAL=a", cpus=cpus, drive=drive)
    proof = boardrow.Proof(BOARDS["firecracker"][0], CHAIN, arch, image_path(arch, test_blk.APP), "disk",
                           "virtio-blk over MMIO, edges", "blk")
    with proof if cpus > 1 else contextlib.nullcontext():
        m.expect(r"^1\.\.\d+")
        assert m.wait() == 0 and "not ok" not in m.text
        test_blk.is_written(disk)


@AARCH64
@pytest.mark.parametrize("console", ["ttyS0", "ttyAMA0"])
def test_urunc_arguments(boot_firecracker, arch, console):
    m = boot_firecracker(arch, "tests/target/args",
                         URUNC.replace("ttyAMA0", console) + " init=/args -- return 0 'two words'")
    m.expect("argv ends well")
    assert m.wait() == 0
    words = [line[line.index("[", 8) + 1:-1] for line in m.text.splitlines() if line.startswith("argv[")]
    assert words == ["/args", "return", "0", "two words"]
    env = {line[5:-1] for line in m.text.splitlines() if line.startswith("env [")}
    assert env == {"URUNIT_DEFROUTE=1", "PATH=/usr/bin:/bin", "GREETING=hello"}


@AARCH64
def test_panic_resets(boot_firecracker, arch):
    m = boot_firecracker(arch, "tests/target/crime", f"{URUNC} init=/crime -- read_null")
    m.expect("panic: read")
    assert m.wait() == 0  # -no-reboot: the reset ends QEMU, as it ends Firecracker


@AARCH64
@pytest.mark.parametrize("board", BOARDS)
def test_board(boot_board, arch, board):
    title, net = BOARDS[board]
    m = boot_board(arch, board, bootargs=f"{URUNC} init=/httpd -- -x")
    with boardrow.Row(title, CHAIN, arch, m.kernel) as row:
        serves_and_ends(m)
        row.passed("console", "PL011")
        row.passed("network", net)
        row.passed("power", "off by PSCI")


@AARCH64
def test_cloud_hypervisor_power_button(boot_board, arch):
    """As by `ch-remote power-button`."""
    m = boot_board(arch, "cloud-hypervisor", bootargs=f"{URUNC} init=/httpd -- -x")
    m.expect("httpd: ")
    # QEMU may end before it has answered.
    with contextlib.suppress(OSError, AssertionError):
        m.qmp("system_powerdown")
    m.expect("power key: ")
    assert m.wait() == 0


# --- what the monitors read --------------------------------------------------------------------------

def make_files(arch, board, app, **variables):
    done = make("-s", "image", ARCH=arch, BOARD=board, APP=app, **variables)
    assert done.returncode == 0, done.stdout
    return image_path(arch, app, {"cloud-hypervisor": "generic"}.get(board, board)).parent


@AARCH64
def test_firecracker_file(arch):
    args = "-x \"a b\" 'c\\d'"
    folder = make_files(arch, "firecracker", "httpd", BOOTARGS=ADDRESS, ARGS=args, MEM=96, SMP=2, TAP="tap7")
    text = (folder / "firecracker.json").read_text()
    assert json.loads(text) == {
        "boot-source": {"kernel_image_path": "Image",
                        "boot_args": f"console=ttyS0 reboot=k panic=-1 {ADDRESS} -- {args}"},
        "machine-config": {"vcpu_count": 2, "mem_size_mib": 96},
        "drives": [],
        "network-interfaces": [{"iface_id": "eth0", "guest_mac": "02:00:00:00:00:02", "host_dev_name": "tap7"}],
        "entropy": {},
    }
    assert (folder / "Image").read_bytes()[56:60] == b"ARMd"  # an ELF is refused
    make_files(arch, "firecracker", "httpd")
    config = json.loads((folder / "firecracker.json").read_text())
    assert config["machine-config"] == {"vcpu_count": 1, "mem_size_mib": 64}


@AARCH64
def test_firecracker_drive(arch, tmp_path):
    folder = make_files(arch, "firecracker", "tests/target/blk", DISK=tmp_path / "x.img")
    config = json.loads((folder / "firecracker.json").read_text())
    assert config["drives"] == [{"drive_id": "data", "path_on_host": str(tmp_path / "x.img"), "is_root_device": False,
                                 "is_read_only": False, "cache_type": "Writeback"}]
    assert config["network-interfaces"] == []


@AARCH64
def test_cloud_hypervisor_script(arch, tmp_path):
    """The script itself runs, with a program of that name that says what it was given."""
    folder = make_files(arch, "cloud-hypervisor", "httpd", BOOTARGS=ADDRESS, ARGS="it's -x")
    said = tmp_path / "cloud-hypervisor"
    said.write_text('#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n')
    said.chmod(0o755)
    line = f"PATH={shlex.quote(str(tmp_path))}:$PATH exec {shlex.quote(str(folder / 'cloud-hypervisor.sh'))} -v"
    words = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    assert words == [str(folder), "--kernel", "Image", "--cmdline", f"console=ttyAMA0 panic=-1 {ADDRESS} -- it's -x",
                     "--cpus", "boot=1", "--memory", "size=64M", "--serial", "tty", "--console", "off",
                     "--net", "tap=tap0,mac=02:00:00:00:00:02", "-v"]
