# SPDX-License-Identifier: MIT
"""The same image boots on every machine of its architecture: interrupt controllers, CPUs, exception
levels, memory sizes, virtio versions, ways of loading; and what is wrong with a machine is said."""

import struct
import subprocess

import pytest

from machine import EXIT_PANIC, QEMU, Machine, elf_path

HELLO = r"Hello from Coracle on {}"

MACHINES = [
    ("aarch64", dict(machine=f"gic-version={gic}", cpu=cpu))
    for gic in (2, 3) for cpu in ("cortex-a53", "cortex-a57", "cortex-a72", "max")
] + [
    ("aarch64", dict(machine="virtualization=on")),
    ("aarch64", dict(machine="virtualization=on,gic-version=3", cpu="max")),
    ("aarch64", dict(machine="secure=on")),
    ("aarch64", dict(machine="secure=on,virtualization=on,gic-version=3")),
    ("riscv64", dict(cpu="rv64")),
    ("riscv64", dict(cpu="rv64,sstc=off")),
    ("riscv64", dict(cpu="rv64,sstc=off,v=off,h=off,zba=off,zbb=off,zbc=off,zbs=off")),
    ("riscv64", dict(machine="aclint=on")),
]


def title(value):
    if isinstance(value, dict):
        return ",".join(str(v) for v in value.values())
    return value


@pytest.mark.parametrize("arch,options", MACHINES, ids=title)
def test_machine(boot, arch, options):
    """hello prints and ends with status 0: interrupts, timer, console and power work."""
    m = boot(arch, "hello", **options)
    m.expect(HELLO.format(arch))
    assert m.wait() == 0


@pytest.mark.parametrize("memory", ["5M", "16M", "1G", "3G"])
def test_memory(boot, arch, memory):
    m = boot(arch, "hello", memory=memory)
    m.expect(HELLO.format(arch))
    assert m.wait() == 0


@pytest.mark.parametrize("arch", ["riscv64"])
def test_smallest(boot, arch):
    """4 MiB: QEMU puts its tree where it loads a flat image then, so the ELF, linked above, goes in."""
    m = boot(arch, None, memory="4M", kernel=elf_path(arch, "hello"))
    m.expect(HELLO.format(arch))
    assert m.wait() == 0


@pytest.mark.parametrize("modern", [False, True], ids=["legacy", "modern"])
@pytest.mark.parametrize("memory", [5, 64])
def test_virtio(boot_httpd, arch, modern, memory):
    """DHCP and a page over legacy and modern virtio, without a -global for the former."""
    m = boot_httpd(arch, memory=memory, modern=modern, args=("-device", "virtio-rng-device"))
    page = subprocess.run(["curl", "-sS", "--max-time", "60", f"http://127.0.0.1:{m.port}/bench.html"],
                          capture_output=True, text=True)
    assert page.stderr == "" and len(page.stdout) == 600
    assert "eth0: 10.0.2.15/24, gateway 10.0.2.2, dns 10.0.2.3 (dhcp)" in m.text


def test_elf(boot, arch):
    """The ELF with symbols boots too; on arm64 without a tree pointer in x0."""
    m = boot(arch, None, kernel=elf_path(arch, "hello"))
    m.expect(HELLO.format(arch))
    assert m.wait() == 0


def test_loaded_elsewhere(boot, arch):
    """The image relocates itself: the flat file and the ELF lie where the loader wants them, which on
    riscv64 is not the same place; the banner says where."""
    flat = boot(arch, "hello")
    elf = boot(arch, None, kernel=elf_path(arch, "hello"))
    at = [m.expect(r"image at (0x[0-9a-f]+)")[1] for m in (flat, elf)]
    assert [m.wait() for m in (flat, elf)] == [0, 0]
    if arch == "riscv64":
        assert at[0] != at[1]


def test_no_network_device(boot, arch):
    m = boot(arch, "httpd")
    m.expect(r"no network device")
    m.expect(r"httpd: listening")


def test_virtio_console(boot, arch):
    """console=hvc0: the log and the program's output go to a virtio console."""
    m = boot(arch, "hello", serial=False, bootargs="console=hvc0",
             args=("-chardev", "stdio,id=c", "-device", "virtio-serial-device", "-device",
                   "virtconsole,chardev=c"))
    m.expect(HELLO.format(arch))
    assert m.wait() == 0


# --- trees that are wrong


@pytest.fixture
def tree(arch, tmp_path):
    """The tree that QEMU makes for its plain machine."""
    path = tmp_path / "virt.dtb"
    subprocess.run([QEMU[arch], "-M", f"virt,dumpdtb={path}", "-m", "64", "-nodefaults", "-display",
                    "none"], check=True, capture_output=True)
    # Without QEMU's padding: it doubles what it loads, and 2 MiB is the most a tree may have.
    blob = bytearray(path.read_bytes())
    h = header(blob)
    end = max(h["off_struct"] + h["size_struct"], h["off_strings"] + h["size_strings"])
    blob[4:8] = struct.pack(">I", end)
    return bytes(blob[:end])


def header(blob):
    return dict(zip(("magic", "totalsize", "off_struct", "off_strings", "off_rsvmap", "version", "last",
                     "boot_cpu", "size_strings", "size_struct"), struct.unpack(">10I", blob[:40])))


def boot_tree(boot, arch, blob, tmp_path, **options):
    path = tmp_path / "bad.dtb"
    path.write_bytes(blob)
    return boot(arch, "hello", args=("-dtb", path), **options)


def test_tree_as_dumped(boot, arch, tree, tmp_path):
    """What the damage is measured against: the same way in, undamaged."""
    m = boot_tree(boot, arch, tree, tmp_path)
    m.expect(HELLO.format(arch), timeout=20)
    assert m.wait() == 0


def boot_raw(boot, arch, tmp_path, blob):
    """arm64 without QEMU's own boot: three instructions put the address of @blob into x0 and jump to the
    ELF. QEMU would refuse to load such trees."""
    at, stub = 0x43e00000, tmp_path / "jump.bin"
    stub.write_bytes(struct.pack("<3I", 0xd2a00000 | at >> 16 << 5,  # movz x0, at, lsl 16
                                 0xd2a80401,                        # movz x1, 0x4020, lsl 16
                                 0xd61f0020))                       # br x1
    args = ["-device", f"loader,file={elf_path(arch, 'hello')}",
            "-device", f"loader,file={stub},addr=0x43f00000,cpu-num=0,force-raw=on"]
    if blob is not None:
        path = tmp_path / "bad.dtb"
        path.write_bytes(blob)
        args += ["-device", f"loader,file={path},addr={at:#x},force-raw=on"]
    return boot(arch, None, semihosting=False, args=args)


def without_end(tree):
    h = header(tree)
    at = h["off_struct"] + h["size_struct"] - 4
    return tree[:at] + b"\0\0\0\x77" + tree[at + 4:]


@pytest.mark.parametrize("arch", ["aarch64"])
def test_tree_without_end(boot, arch, tree, tmp_path):
    """Damage behind the console's node: the message is on that console, and the machine ends."""
    m = boot_raw(boot, arch, tmp_path, without_end(tree))
    m.expect(r"panic: device tree at 0x[0-9a-f]+: bad structure block", timeout=20)
    m.wait(20)


@pytest.mark.parametrize("arch", ["riscv64"])
def test_tree_without_end_sbi(boot, arch, tree, tmp_path):
    """The same on riscv64, where the firmware's console needs no tree."""
    m = boot_tree(boot, arch, without_end(tree), tmp_path)
    m.expect(r"panic: device tree at 0x[0-9a-f]+: bad structure block", timeout=20)
    assert m.wait(20) == EXIT_PANIC


@pytest.mark.parametrize("arch", ["aarch64"])
@pytest.mark.parametrize("blob", [None, b"\xd0\x0d\xfe\xed" + b"\xff" * 60], ids=["none", "header"])
def test_no_tree_at_all(boot, arch, tmp_path, blob):
    """No console can be known; the machine is switched off instead of hanging. (On riscv64 OpenSBI
    does not start without a tree.)"""
    assert boot_raw(boot, arch, tmp_path, blob).wait(20) == 0


# OpenSBI itself needs memory and a time base, so on riscv64 such trees never reach us.
@pytest.mark.parametrize("arch", ["aarch64"])
def test_tree_without_memory(boot, arch, tree, tmp_path):
    m = boot_tree(boot, arch, tree.replace(b"memory\0", b"memoir\0"), tmp_path)
    m.expect(r"panic: .*memory", timeout=20)
    m.wait()


@pytest.mark.parametrize("was,now", [(b"arm,armv8-timer", b"arm,armv8-timex"),
                                     (b"arm,cortex-a15-gic", b"arm,cortex-a15-gin"),
                                     (b"riscv,cpu-intc", b"riscv,cpu-intx")])
def test_tree_without_clock(boot, arch, tree, tmp_path, was, now):
    """No timer or no controller for it: said, and over; an image that slept would sleep for good."""
    if was not in tree:
        pytest.skip("not in this architecture's tree")
    blob = tree.replace(was, now).replace(b"arm,armv7-timer", b"arm,armv7-timex")
    m = boot_tree(boot, arch, blob, tmp_path)
    m.expect(r"panic: no timer or interrupt controller", timeout=20)
    assert m.wait() in (0, EXIT_PANIC)
