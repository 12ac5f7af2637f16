# SPDX-License-Identifier: MIT
"""The images start on whatever machine QEMU's `virt` can be: processors, interrupt controllers,
privilege levels, sizes of memory, kinds of virtio, places in memory."""

import subprocess
import urllib.request

import pytest

import stub
from machine import ROOT, elf_path, image_path

RNG = ("-device", "virtio-rng-device")

# name: options of Machine
ARM = {
    "plain": {},
    "gic2": {"machine": "gic-version=2"},
    "gic3": {"machine": "gic-version=3"},
    "a53": {"cpu": "cortex-a53"},
    "a57": {"cpu": "cortex-a57"},
    "max": {"cpu": "max"},
    "el2": {"machine": "virtualization=on"},
    "el2-gic3": {"machine": "virtualization=on,gic-version=3", "cpu": "max"},
    # QEMU's own PSCI answers to SMC when there is EL2, and leaves EL3 to firmware: none here.
    "secure": {"machine": "secure=on"},
    "secure-el2": {"machine": "secure=on,virtualization=on"},
    "secure-gic3": {"machine": "secure=on,gic-version=3"},
    "highmem-off": {"machine": "highmem=off"},
    "no-its": {"machine": "gic-version=3,its=off"},
    "smp4": {"args": ("-smp", "4")},
    "smp4-gic3": {"machine": "gic-version=3", "args": ("-smp", "4")},
}
RISCV = {
    "plain": {},
    "sstc-off": {"cpu": "rv64,sstc=off"},
    "few-features": {"cpu": "rv64,sstc=off,v=off,h=off,zba=off,zbb=off,zbc=off,zbs=off"},
    "vector": {"cpu": "rv64,v=on"},
    "sifive-u54": {"cpu": "sifive-u54"},
    "aclint": {"machine": "aclint=on"},
    "smp4": {"args": ("-smp", "4")},
}
BOTH = {
    "modern": {"modern": True, "args": RNG},
    "legacy-rng": {"args": RNG},
    "16M": {"memory": 16},
    "8M": {"memory": 8},
    "100M": {"memory": 100},
    "256M": {"memory": 256},
    "1G": {"memory": 1024},
    "3G": {"memory": 3072},
}


# The least that QEMU's own loader puts an image, its tree and (on riscv64) OpenSBI into; on riscv64 the
# tree lies where the flat image would, so there it is the ELF.
def smallest(arch, app):
    return {"memory": "5M"} if arch == "aarch64" else {"memory": "4M", "kernel": elf_path(arch, app)}


HELLO = [pytest.param(arch, options, id=f"{arch}-{name}")
         for arch, own in (("aarch64", ARM), ("riscv64", RISCV)) for name, options in {**own, **BOTH}.items()]
HTTPD = [pytest.param(arch, options, id=f"{arch}-{name}") for arch, name, options in (
    ("aarch64", "plain", {}),
    ("aarch64", "modern-gic3-max", {"modern": True, "machine": "gic-version=3", "cpu": "max"}),
    ("aarch64", "el2", {"machine": "virtualization=on"}),
    ("aarch64", "a53-16M", {"cpu": "cortex-a53", "memory": 16}),
    ("aarch64", "smallest", smallest("aarch64", "httpd")),
    ("aarch64", "3G", {"memory": 3072}),
    ("riscv64", "plain", {}),
    ("riscv64", "modern-nosstc", {"modern": True, "cpu": "rv64,sstc=off"}),
    ("riscv64", "16M", {"memory": 16}),
    ("riscv64", "smallest", smallest("riscv64", "httpd")),
    ("riscv64", "3G", {"memory": 3072}),
)]


def greets(m, arch):
    m.expect(f"Hello from Coracle on {arch}")
    assert m.wait() == 0
    assert "panic" not in m.text


def get(m, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{m.port}{path}", timeout=60) as r:
        return r.read()


@pytest.mark.parametrize("arch, options", HELLO)
def test_hello(boot, arch, options):
    greets(boot(arch, "hello", **options), arch)


@pytest.mark.parametrize("arch, options", HTTPD)
def test_httpd(boot_httpd, arch, options):
    m = boot_httpd(arch, **options)
    for _ in range(20):
        assert b"<title>Coracle</title>" in get(m)


def test_smallest_memory(boot, arch):
    greets(boot(arch, "hello", **smallest(arch, "hello")), arch)


def test_elf(boot, arch):
    """The ELF itself as kernel; on Arm QEMU then passes no pointer to the tree."""
    greets(boot(arch, "hello", kernel=elf_path(arch, "hello")), arch)


@pytest.mark.parametrize("offset", [0x400000, 0x1234000, 0x2801000])
def test_any_address(boot, arch, offset, tmp_path):
    """The same file, put where nobody planned it: the image relocates itself."""
    addr = stub.RAM[arch] + offset
    m = boot(arch, "hello", kernel=stub.write_stub(tmp_path / "stub", arch, addr),
             args=stub.load(image_path(arch, "hello"), addr))
    greets(m, arch)
    assert f"image at {addr:#x}" in m.text


def test_virtio_console(boot, arch):
    """console=hvc0: what is printed, and what is typed, goes by virtio."""
    m = boot(arch, "tests/target/args", serial=False, bootargs="console=hvc0 -- echo",
             args=("-device", "virtio-serial-device", "-chardev", "stdio,id=c0",
                   "-device", "virtconsole,chardev=c0"))
    m.expect("echo ready")
    m.send(b"over virtio\n")
    m.expect(r"echo \[over virtio\]")
    m.send(b"quit\n")
    m.expect(r"echo \[quit\]")
    assert m.wait() == 0


def test_no_console_device_is_no_obstacle(boot, arch):
    """console= that names nothing there: it falls back to what the tree says."""
    m = boot(arch, "hello", bootargs="console=hvc7")
    assert m.wait() == 0


def test_without_nic(boot, arch):
    m = boot(arch, "httpd", net=None)
    m.expect("no network device")
    m.expect("httpd: listening on port 80")


def test_unknown_devices_are_named_once(boot, arch):
    m = boot(arch, "hello", args=("-device", "virtio-balloon-device"))
    greets(m, arch)


def test_initrd(boot, arch, tmp_path):
    """Files of an initrd appear in the file system, beside those packed into the image."""
    (tmp_path / "tree/etc").mkdir(parents=True)
    (tmp_path / "tree/etc/motd").write_text("from the initrd\n")
    archive = tmp_path / "initrd.cpio"
    subprocess.run(["/usr/bin/python3", str(ROOT / "tools/pack-files.py"),
                    str(tmp_path / "tree"), str(archive), "etc"], check=True)
    m = boot(arch, "tests/target/args", bootargs="-- cat /etc/motd", args=("-initrd", archive))
    m.expect("from the initrd")
    assert m.wait() == 0


def test_damaged_initrd(boot, arch, tmp_path):
    """Rubbish instead of an archive is named, and the program runs."""
    (tmp_path / "rubbish").write_bytes(bytes(range(256)) * 40)
    greets(boot(arch, "hello", args=("-initrd", tmp_path / "rubbish")), arch)


@pytest.mark.parametrize("arch", ["aarch64"])
def test_reset_by_the_guest(boot, arch):
    m = boot(arch, "tests/target/args", bootargs="-- reboot")  # -no-reboot: QEMU ends instead
    m.expect("argv")
    assert m.wait() == 0


def test_memory_is_what_the_machine_has(boot, arch):
    m = boot(arch, "tests/target/args", memory=96, bootargs="-- memory")
    kib = int(m.expect(r"memory (\d+) KiB")[1])
    # Firmware may keep a part of it.
    assert 96 * 1024 - 2048 <= kib <= 96 * 1024
