# SPDX-License-Identifier: MIT
"""What the bench boots: the network of its own, and one guest under QEMU with its instruction count.

The network is an anonymous namespace with one TAP in it. It ends with the process, however that ends,
so there is nothing to clean up, and nothing else on the machine sees or disturbs it.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.abspath(os.path.join(ROOT, os.environ.get("OUT") or "out"))
CACHE = os.path.abspath(os.path.join(ROOT, os.environ.get("CACHE") or os.path.join(OUT, "cache")))
TOOLS = os.path.join(OUT, "bench")

ADDRESS, HOST, TAP = "10.77.1.2", "10.77.1.1", "tap0"
MAC = "52:54:00:77:01:02"
MEMORY = 256
QEMU = {
    "aarch64": ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"],
    "riscv64": ["qemu-system-riscv64", "-M", "virt", "-cpu", "rv64"],
}
NET = ["-netdev", f"tap,id=net0,ifname={TAP},script=no,downscript=no",
       "-device", f"virtio-net-device,netdev=net0,mac={MAC}"]
DISK = ["-drive", "if=none,id=disk0,format=raw,cache=writeback,file={}", "-device", "virtio-blk-device,drive=disk0"]
MACHINE = ["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"]
# Added to the device: what it could do for the guest's checksums and large segments, both ways.
NO_OFFLOADS = "".join(f",{name}=off" for name in (
    "csum", "guest_csum", "gso", "guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo",
    "host_tso4", "host_tso6", "host_ecn", "host_ufo"))
# A nanosecond of the guest's time is one instruction; asleep, time goes to the next timer at once.
ICOUNT = ["-icount", "shift=0,sleep=off"]
# Where QEMU puts an Image, Linux's or ours.
ENTRY = {"aarch64": 0x40200000, "riscv64": 0x80200000}
CONSOLE = {"aarch64": "ttyAMA0", "riscv64": "ttyS0"}
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def enter_network():
    """Move this process, which has one thread, to a network of its own with a TAP."""
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace cannot be made")
    for command in ("link set lo up", f"tuntap add {TAP} mode tap", f"addr add {HOST}/24 dev {TAP}"):
        subprocess.run(["ip", *command.split()], check=True)
    # The host's own router solicitations would be work for an idle guest.
    with open(f"/proc/sys/net/ipv6/conf/{TAP}/disable_ipv6", "w") as f:
        f.write("1")
    # No ARP from the host: its retries for a guest that has gone would meet the next one.
    for command in (f"link set {TAP} up", f"neigh add {ADDRESS} lladdr {MAC} dev {TAP} nud permanent"):
        subprocess.run(["ip", *command.split()], check=True)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class GuestError(Exception):
    pass


class Coracle:
    """Our image of an app."""

    name = "Coracle"

    def __init__(self, arch, app, args=""):
        self.arch, self.app = arch, app
        self.kernel = self.make("image-path")
        self.elf = self.make("elf-path")
        self.boot = ["-append", f"ip={ADDRESS}::{HOST}:255.255.255.0::eth0:off {args}".strip()]
        self.bytes = os.path.getsize(self.kernel)
        self.patience = 15

    def make(self, goal):
        command = ["make", "-s", f"ARCH={self.arch}", f"APP={self.app}", goal]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise GuestError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def address_of(self, symbol):
        """Where a function is, in the image as QEMU loads it."""
        nm = subprocess.run([f"{self.arch}-linux-gnu-nm", self.elf], capture_output=True, text=True).stdout
        found = re.search(rf"^([0-9a-f]+) \w {symbol}$", nm, re.M)
        with open(self.elf, "rb") as f:
            head = f.read(64)
            table, size, n = *struct.unpack_from("<Q", head, 32), *struct.unpack_from("<HH", head, 54)
            f.seek(table)
            entries = [struct.unpack("<IIQQQQQQ", f.read(size)[:56]) for _ in range(n)]
        base = min(e[3] for e in entries if e[0] == 1)
        return int(found[1], 16) - base + ENTRY[self.arch]

    def range_of(self, symbol):
        nm = subprocess.run([f"{self.arch}-linux-gnu-nm", "-S", self.elf], capture_output=True, text=True).stdout
        size = re.search(rf"^[0-9a-f]+ ([0-9a-f]+) \w {symbol}$", nm, re.M)
        start = self.address_of(symbol)
        return start, start + int(size[1], 16)


# Linux without what it does against attacks on the processor and the kernel, which we do not do either.
LINUX_BEST = "nokaslr kpti=off mitigations=off"


class Linux:
    """Debian's kernel with the same httpd, or another initramfs of linux/build and program in it."""

    def __init__(self, arch, initrd="initrd", options="", program="", name="Linux"):
        self.arch, self.name = arch, name
        folder = os.path.join(CACHE, "linux-peer", arch)
        self.kernel, self.elf = os.path.join(folder, "kernel"), None
        initrd = os.path.join(folder, f"{initrd}.gz")
        self.boot = ["-initrd", initrd, "-append", f"console={CONSOLE[arch]} panic=-1 quiet {options}" + (f" RUN={program}" if program else "")]
        self.bytes = os.path.getsize(self.kernel) + os.path.getsize(initrd)
        with open(os.path.join(folder, "version")) as f:
            self.version = f.read().strip()
        self.patience = 90


def peer_versions(arch, names):
    """Of the Linux peer's kernel and programs, as linux/build found them."""
    for name in names:
        try:
            with open(os.path.join(CACHE, "linux-peer", arch, name)) as f:
                yield f.read().strip()
        except OSError:
            pass


def with_disk(path):
    return [DISK[0], DISK[1].format(path), *DISK[2:]]


def line_of(arch, devices=NET):
    """The QEMU line that all systems have in common."""
    return " ".join([*QEMU[arch], *MACHINE, "-m", str(MEMORY), "-smp", "1", *devices, "-kernel", "KERNEL"])


class Guest:
    """One QEMU, ended at the end of the with block. With a disk: no network, and a console that can be written to."""

    def __init__(self, system, memory=MEMORY, count=False, marks=(), kernel=None, icount=False, cpus=1, nic="", accel=None,
                 hits=None, apart=(), disk=None):
        """hits: addresses to count at, each CPU by itself; then its instructions are counted by itself as well, but
        those in the ranges apart."""
        self.system, self.counts = system, count
        devices = with_disk(disk) if disk else ICOUNT if icount else [*NET[:-1], NET[-1] + nic]
        self.stdin = subprocess.PIPE if disk else subprocess.DEVNULL
        self.folder = tempfile.mkdtemp(prefix="coracle-bench-")
        self.counter = os.path.join(self.folder, "count")
        self.command = [
            *QEMU[system.arch], "-m", str(memory), "-smp", str(cpus), *MACHINE, *devices,
            *(["-accel", accel] if accel else []),
            "-kernel", kernel or system.kernel, *system.boot]
        if count:
            plugin = f"file={TOOLS}/count.so,out={self.counter}"
            if hits is not None:
                plugin += ",each=on" + "".join(f",hit={h:#x}" for h in hits) + "".join(f",apart={a:#x}-{b:#x}" for a, b in apart)
            self.command += ["-plugin", plugin + "".join(f",mark={m:#x}" for m in marks)]
        self.process = None

    def __enter__(self):
        self.began = time.monotonic()
        with open(self.path("console"), "wb") as out, open(self.path("errors"), "wb") as err:
            self.process = subprocess.Popen(self.command, stdin=self.stdin, stdout=out, stderr=err,
                                            preexec_fn=die_with_parent)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name="console"):
        with open(self.path(name), errors="replace") as f:
            return f.read()

    def instructions(self, mark=None):
        """Executed so far, or before the i-th mark."""
        with open(self.counter, "rb") as f:
            f.seek(0 if mark is None else 8 * (1 + mark))
            return struct.unpack("<Q", f.read(8))[0]

    def each(self, cpu):
        """What this CPU executed so far, how often it came to each of six hits, and what it executed apart."""
        with open(self.counter, "rb") as f:
            f.seek(8 * (16 + 8 * cpu))
            return struct.unpack("<8Q", f.read(64))

    def end(self, timeout):
        """Wait for the guest's own end. Returns QEMU's status."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise GuestError(f"did not power off in {timeout} s; {self.last_words()}")

    def last_words(self):
        lines = (self.text("console") + self.text("errors")).strip().splitlines()
        return f"last line: {lines[-1][-160:]}" if lines else "it printed nothing"

    def refused(self):
        """Why QEMU itself ended before the guest ran, or None."""
        if self.process.poll() in (None, 0) or self.text("console"):
            return None
        return self.text("errors").strip().partition("\n")[0]

    def wait_for(self, line, what, times=1):
        """Until it is on the console so often: a connection made earlier would wait for TCP's retry."""
        end = time.monotonic() + self.system.patience
        while self.text().count(line) < times:
            if self.process.poll() is not None:
                raise GuestError(f"QEMU ended with {self.process.returncode}; {self.last_words()}")
            if time.monotonic() > end:
                raise GuestError(f"no {what} in {self.system.patience} s; {self.last_words()}")
            time.sleep(0.001)

    def say(self, line):
        """On its console."""
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def wait_for_httpd(self):
        self.wait_for("httpd: listening", "httpd")

    def get(self, path, timeout=5, on_answer=lambda: None):
        """The body of a GET; on_answer() is called when it is there and before the connection ends."""
        with socket.create_connection((ADDRESS, 80), timeout) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode())
            data = b""
            while True:
                head, blank, body = data.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head) if blank else None
                if length and len(body) >= int(length[1]):
                    break
                more = s.recv(65536)
                if not more:
                    raise GuestError(f"GET {path}: the connection ended early")
                data += more
            on_answer()
            # Both ends are to be closed before the guest may go: nothing is left to be sent again.
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        if not data.startswith(b"HTTP/1.1 200 "):
            raise GuestError(f"GET {path}: {data[:40]!r}")
        return body

    def status(self):
        return json.loads(self.get("/status.json"))
