# SPDX-License-Identifier: MIT
"""The image as an EFI application, on the disk that `make disk` makes: EDK2, U-Boot's UEFI and its extlinux, signatures.

One disk with both architectures' images boots in each way. A start under EDK2 takes seconds, though none waits for a key:
there are few.
"""

import datetime
import email.utils
import re
import struct
import subprocess
import time
import urllib.request

import pytest

import boardrow
from machine import ARCHS, PATIENCE, QEMU, ROOT, free_port, image_path, make
from makerun import make_run
from uboot import U_BOOT

AAVMF = "/usr/share/AAVMF/AAVMF"
SNAKEOIL = "/usr/share/qemu-efi-aarch64/PkKek-1-snakeoil"
EFI_NAME = {"aarch64": "BOOTAA64.EFI", "riscv64": "BOOTRISCV64.EFI"}
MACHINE = {"aarch64": 0xAA64, "riscv64": 0x5064}
LISTENING = r"httpd: listening on port 80|http://"
MEMORY = 256
NO_WAIT = ["-boot", "menu=on,splash-time=0"]  # EDK2's five seconds for a key, where the variables are Debian's
EDK2_RISCV64_BUILT = datetime.datetime(2025, 1, 1).timestamp()  # its clock starts with its own date, a later one
on_riscv64 = pytest.mark.parametrize("arch", [a for a in ARCHS if a == "riscv64"])
on_aarch64 = pytest.mark.parametrize("arch", [a for a in ARCHS if a == "aarch64"])


def make_disk(path, *archs, **variables):
    done = make("-s", "disk", BOARD="generic", ARCH=archs[0], APP="httpd", DISK_ARCHS=" ".join(archs), DISK_IMAGE=path,
                **variables)
    assert done.returncode == 0, done.stdout
    return path


@pytest.fixture(scope="session")
def disk(tmp_path_factory):
    return make_disk(tmp_path_factory.mktemp("uefi") / "disk.img", *ARCHS)


def disk_args(path, bus="device"):
    return ["-drive", f"if=none,id=boot,format=raw,snapshot=on,file={path}", "-device", f"virtio-blk-{bus},drive=boot"]


@pytest.fixture
def edk2(arch, tmp_path):
    """QEMU's options for the firmware without Secure Boot and without a boot entry: it looks for a disk that it can boot."""
    flash = tmp_path / "vars.fd"
    subprocess.run([ROOT / "tools/efi-vars.py", flash, {"aarch64": "64", "riscv64": "32"}[arch]], check=True)
    if arch == "aarch64":
        return ["-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "-drive", f"if=pflash,unit=1,format=raw,file={flash}"]
    done = make("-s", "edk2-riscv64", EDK2_RISCV64_VARS=flash)
    if done.returncode != 0:
        pytest.skip(f"Debian's EDK2 for RISC-V is not to be had: {done.stdout.strip()}")
    return done.stdout.splitlines()[-1].split()


def acpi_off(arch):
    """The machine's word for a device tree alone; bookworm's QEMU has nothing else on RISC-V, and no such word."""
    words = subprocess.run([QEMU[arch], "-M", "virt,help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return "acpi=off" if re.search(r"^ *acpi=", words, re.M) else ""


def netdev(port):
    """A card on PCI; without the ROM for network boot, which is a package of its own."""
    return ["-netdev", f"user,id=net0,hostfwd=tcp:127.0.0.1:{port}-:80", "-device", "virtio-net-pci,netdev=net0,romfile="]


def machine_of(boot, arch, firmware, path, machine="", **options):
    machine = ",".join(filter(None, [acpi_off(arch), machine]))
    return boot(arch, None, machine=machine, memory=MEMORY, net="user", args=[*firmware, *disk_args(path)], **options)


def serves(m, arch, chain, nic="virtio-net over MMIO", **expected):
    """It has nearly all of the memory, the time, and answers. A row of docs/boards.md."""
    with boardrow.Row("virt", chain, arch, image_path(arch, "httpd", "generic"), power="see QEMU -kernel",
                      disk="read by the loader alone: httpd has none") as row:
        answers(m, **expected)
        row.passed("console", "PL011" if arch == "aarch64" else "16550")
        row.passed("network", nic)


def answers(m, time_since=None):
    """@time_since: the firmware's clock, where that is not right but starts then."""
    memory = int(m.expect(r"memory: (\d+) KiB", 2 * PATIENCE)[1])
    assert MEMORY * 1024 * 9 // 10 < memory <= MEMORY * 1024
    m.expect(LISTENING)
    with urllib.request.urlopen(f"http://127.0.0.1:{m.port}/", timeout=PATIENCE) as r:
        assert r.status == 200 and b"Coracle" in r.read()
        then = email.utils.parsedate_to_datetime(r.headers["Date"]).timestamp()
    now = time.time()
    assert (time_since or now) - 86400 < then < now + 86400, "ACPI names no clock: this is GetTime()'s"


def at_prompt(m, *commands):
    m.expect("Hit any key to stop autoboot", 2 * PATIENCE)
    m.send(b"\n")
    for command in commands:
        m.expect(r"^=> ")
        m.send(command.encode() + b"\n")


# --- the file


def test_header(arch, disk):
    """PE32+ with two sections, text apart from what is written, offsets in the file those in memory."""
    data = image_path(arch, "httpd", "generic").read_bytes()
    assert data[:2] == b"MZ"
    at = struct.unpack_from("<I", data, 0x3C)[0]
    magic, machine, sections, optional_size = struct.unpack_from("<4sHH12xH", data, at)
    assert (magic, machine, sections) == (b"PE\0\0", MACHINE[arch], 2)
    optional = at + 24
    magic, entry, section_align, file_align = struct.unpack_from("<H14xI12xII", data, optional)
    size, headers, subsystem, directories = struct.unpack_from("<II4xH38xI", data, optional + 56)
    assert (magic, section_align, file_align, subsystem) == (0x20B, 4096, 512, 10)
    assert directories == 6 and optional_size == 112 + 8 * directories
    table = [struct.unpack_from("<8s4I12xI", data, optional + optional_size + 40 * i) for i in range(2)]
    (name, text_size, text, text_raw_size, text_raw, text_rights), written = table
    assert name.rstrip(b"\0") == b".text" and text_rights == 0x60000020 and written[5] == 0xC0000040
    assert text == text_raw == headers == 4096 and text <= entry < text + text_size
    assert text_size == text_raw_size and text + text_size == written[2] == written[4]
    assert written[3] % file_align == 0 and written[4] + written[3] == len(data) and written[3] <= written[1]
    assert written[2] + written[1] == size == struct.unpack_from("<Q", data, 16)[0], "the Linux header's size, too"


def test_virt_is_none(arch):
    """An image without boot/ says that it has no such header, and tells its size as well."""
    data = image_path(arch, "hello").read_bytes()
    assert data[:2] == b"MZ" and struct.unpack_from("<I", data, 0x3C)[0] == 0
    assert struct.unpack_from("<Q", data, 16)[0] > len(data)


def test_disk(disk, tmp_path):
    """An EFI system partition of FAT32 with an image a machine, and behind it the data partition."""
    esp = tmp_path / "esp"
    subprocess.run(["dd", f"if={disk}", f"of={esp}", "bs=1M", "skip=1", "count=34"], check=True, stderr=subprocess.DEVNULL)
    text = subprocess.run(["mdir", "-/", "-b", "-i", esp, "::"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "::/extlinux/extlinux.conf" in text and all(f"::/EFI/BOOT/{EFI_NAME[a]}" in text for a in ARCHS)
    table = subprocess.run(["/usr/sbin/sgdisk", "-p", disk], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert re.search(r"^ +1 .* EF00 +ESP$", table, re.M) and re.search(r"^ +2 .* data$", table, re.M)


@pytest.mark.parametrize("words, said", [
    ({"DISK_ARCHS": "mips"}, "mips is not one of"),
    ({"EFI_KEY": "/nowhere"}, "EFI_CERT"),
])
def test_disk_refuses(tmp_path, words, said):
    done = make("-s", "disk", BOARD="generic", ARCH=ARCHS[0], APP="httpd", DISK_IMAGE=tmp_path / "x", **words)
    assert done.returncode != 0 and said in done.stdout


# --- starts


def test_edk2(arch, edk2, disk, boot):
    m = machine_of(boot, arch, edk2, disk)
    m.expect(r"Coracle .* on " + arch, 3 * PATIENCE)
    serves(m, arch, "EDK2, device tree")


def boot_acpi(boot, arch, edk2, disk, machine, **options):
    """No device tree: one is made of ACPI's tables, and the devices are on PCI."""
    m = boot(arch, None, machine=machine, memory=MEMORY, cpus=2, net=None,
             args=[*edk2, *disk_args(disk, "pci"), *netdev(port := free_port()),
                   "-device", "virtio-rng-pci"], **options)
    m.ports = {80: port}
    m.expect(f"Coracle .* on {arch}, BOCHS BXPC", 3 * PATIENCE)  # the tables' maker: no tree says that
    return m


@on_aarch64
@pytest.mark.parametrize("machine", ["gic-version=2", "gic-version=3,its=on"])
def test_edk2_acpi(arch, edk2, disk, boot, machine):
    m = boot_acpi(boot, arch, edk2, disk, machine)
    serves(m, arch, f"EDK2, ACPI, {machine}", "virtio-net over PCI")


def test_run(arch):
    """`make run`: the arguments are the load options of the boot entry, and there is no other way for them."""
    with make_run(ARCH=arch, BOARD="virt-uefi", APP="httpd", BOOTARGS="debug", ARGS="-x") as child:
        child.expect(r"no driver for")
        child.expect(r"httpd: http://127.0.0.1:(\d+)/")
        subprocess.run(["curl", "-s", "-X", "POST", f"http://127.0.0.1:{child.match[1]}/poweroff"], check=True,
                       stdout=subprocess.DEVNULL)


@on_riscv64
@pytest.mark.parametrize("machine", ["aia=none", "aia=aplic-imsic"])
def test_edk2_acpi_riscv64(arch, edk2, disk, boot, newer_qemu, machine):
    """RHCT, and both harts behind each kind of controller. bookworm's QEMU has no ACPI on RISC-V."""
    m = boot_acpi(boot, arch, edk2, disk, machine, qemu=newer_qemu)
    serves(m, arch, f"EDK2, ACPI, {machine} (QEMU 10)", "virtio-net over PCI", time_since=EDK2_RISCV64_BUILT)
    assert "cpus: 2 of 2 run" in m.text


def test_u_boot_extlinux(arch, disk, boot):
    """Both labels are there; the other architecture's is refused, or not reached."""
    m = machine_of(boot, arch, U_BOOT[arch], disk)
    m.expect("Retrieving file: /EFI/BOOT/" + EFI_NAME[arch], 2 * PATIENCE)
    serves(m, arch, "U-Boot, extlinux")


def test_u_boot_bootefi(arch, disk, boot):
    """U-Boot as a UEFI; its load options become bootargs, once, though they are in the tree as well."""
    m = machine_of(boot, arch, U_BOOT[arch], disk)
    at_prompt(m, "setenv bootargs debug FROM=u-boot", f"load virtio 0:1 ${{kernel_addr_r}} /EFI/BOOT/{EFI_NAME[arch]}",
              "bootefi ${kernel_addr_r} ${fdtcontroladdr}")
    m.expect("Booting /.?EFI.BOOT." + EFI_NAME[arch])
    m.expect(r"no driver for")
    serves(m, arch, "U-Boot, bootefi")


# --- Secure Boot


@pytest.fixture(scope="session")
def signed_disk(tmp_path_factory):
    """Signed with the test key of Debian's firmware, whose passphrase is the key's name."""
    folder = tmp_path_factory.mktemp("signed")
    key = folder / "key"
    subprocess.run(["openssl", "rsa", "-in", f"{SNAKEOIL}.key", "-passin", "pass:snakeoil", "-out", key], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return make_disk(folder / "disk.img", "aarch64", EFI_KEY=key, EFI_CERT=f"{SNAKEOIL}.pem")


# The firmware with that key enrolled; what it writes to its variables is forgotten.
SECURE = [*NO_WAIT,
          "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={AAVMF}_CODE.snakeoil.fd",
          "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={AAVMF}_VARS.snakeoil.fd"]


@on_aarch64
def test_secure_boot_refuses_unsigned(arch, disk, boot):
    m = machine_of(boot, arch, SECURE, disk)
    m.expect(r"failed to load Boot\d+ .*: Access Denied|Security Violation", 3 * PATIENCE)
    assert "Coracle" not in m.text


@on_aarch64
def test_secure_boot_starts_signed(arch, signed_disk, boot):
    m = machine_of(boot, arch, SECURE, signed_disk)
    answers(m)
