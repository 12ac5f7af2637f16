# SPDX-License-Identifier: MIT
"""A QEMU machine with one of our images in it: console, exit status, forwarded ports, QMP.

Used by the pytest files here and by tests/run. Nothing here judges by time: every wait has a generous
bound, and its message says what was waited for.
"""

import contextlib
import ctypes
import fcntl
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = (ROOT / os.environ.get("OUT", "out")).resolve()
CACHE = (ROOT / os.environ.get("CACHE", OUT / "cache")).resolve()
ARCHS = os.environ.get("ARCHS", "aarch64 riscv64").split()
PATIENCE = int(os.environ.get("PATIENCE", "60"))  # seconds; a hang detector, not a measure
EXIT_PANIC = 101
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

QEMU = {"aarch64": "qemu-system-aarch64", "riscv64": "qemu-system-riscv64"}
DEFAULT_CPU = {"aarch64": "cortex-a72", "riscv64": "rv64"}
SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")
MODERN = ("-global", "virtio-mmio.force-legacy=false")

# Images that the system tests boot: target tests which they judge themselves, and apps. A line a name, so that new
# ones do not meet in one.
JUDGED_BY_SYSTEM = (
    "args",
    "ask",
    "blk",
    "clients",
    "cpp-end",
    "crime",
    "diskfs",
    "faults",
    "fsrandom",
    "filesh",
    "host",
    "hwdog",
    "locks",
    "msi",
    "netcard",
    "powercut",
    "powerkey",
    "readall",
    "sigend",
    "tls",
    "vmgen",
    "watchdog",
    "wss",
)
SYSTEM_APPS = (
    "gateway",
    "hello",
    "hello-cpp",
    "httpd",
    "httpsd",
    "iperf3",
    "kvd",
    "lua",
    "quickjs",
    "sqlite",
    *(f"tests/target/{name}" for name in (*JUDGED_BY_SYSTEM, "smp", "sqlite-vfs")),
)


# Those of which the image with every driver, BOARD=generic, is booted too.
GENERIC_APPS = (
    "httpd",
    "tests/target/blk",
)


def make_command(goals, variables):
    """The words and the environment of a make with this test run's OUT and CACHE."""
    words = [f"{name}={value}" for name, value in variables.items()]
    words += [f"{name}={os.environ[name]}" for name in ("OUT", "CACHE")
              if name in os.environ and name not in variables]
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "V")}
    return ["make", *goals, *words], env


def make(*goals, **variables):
    """Make. Returns the finished process, output as text. One at a time for each architecture: tests that build run
    side by side, and write to the same folder."""
    command, env = make_command(goals, variables)
    OUT.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as locks:
        for arch in sorted({variables.get("ARCH", "aarch64"), *variables.get("DISK_ARCHS", "").split()}):
            lock = locks.enter_context(open(OUT / f".make-{arch}.lock", "w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def image_path(arch, app, board="virt"):
    """The flat image; app is a name in apps/ or a folder such as tests/target/threads."""
    return OUT / f"{arch}-{os.path.basename(app)}-{board}" / "Image"


def elf_path(arch, app):
    name = os.path.basename(app)
    return OUT / f"{arch}-{name}-virt" / f"{name}.elf"


def newer_qemu():
    """What tools/newer-qemu says: the folder of a QEMU 10 or above, or why there is none, and its status."""
    done = subprocess.run([ROOT / "tools/newer-qemu", CACHE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.stdout.strip(), done.returncode


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_parent():
    """In the child: whatever ends the tests, no QEMU is left behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Timeout(AssertionError):
    pass


class Qmp:
    """QEMU's control socket; just enough of the protocol."""

    def __init__(self, path, timeout=PATIENCE):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.lines = self.sock.makefile("rb")
        json.loads(self.lines.readline())
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        self.sock.sendall(json.dumps(request).encode() + b"\n")
        while True:
            line = self.lines.readline()
            if not line:
                raise AssertionError(f"QEMU ended during {command}")
            answer = json.loads(line)
            if "error" in answer:
                raise AssertionError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.lines.close()
        self.sock.close()


class Machine:
    """One run of QEMU.

    app       an app whose image is built, or None when args say what runs
    board     whose image it is: "virt", or "generic" for one of GENERIC_APPS
    cpu, cpus, memory (MiB, or QEMU's words such as "5M"), machine ("gic-version=3"), args: as QEMU takes them
    bootargs  the kernel command line; on aarch64 `semihosting` is put before it, for the exit status
    net       None; "user": user networking, guest port 80 forwarded to .port; or a -netdev line, id=net0
    nic       the device of QEMU that is the guest's end of it
    before    words for QEMU ahead of it: the bridges that it is behind
    forward   guest TCP ports besides 80 to forward: see .ports
    udp       those of them that are forwarded for UDP as well, from the same port of the host
    modern    virtio 1.x instead of QEMU's default
    qemu      the folder of the QEMU that runs it, if not the one in PATH
    """

    def __init__(self, arch, app="hello", *, cpu=None, memory=64, cpus=1, machine="", bootargs="", net=None,
                 forward=(), udp=(), modern=False, serial=True, semihosting=True, kernel=None, append=True, args=(),
                 board="virt", nic="virtio-net-device", before=(), qemu=None):
        self.arch, self.app = arch, app
        self.folder = tempfile.mkdtemp(prefix="coracle-test-")
        self.ports = {}
        self.status = None
        self.data = b""
        self.seen = 0  # where the next expect() starts
        self.changed = threading.Condition()
        self.qmp_socket = None
        self.kernel = kernel or (app and image_path(arch, app, board))
        self.line = self.command(cpu or DEFAULT_CPU[arch], memory, machine, modern, serial)
        self.line[0] = os.path.join(qemu or "", self.line[0])
        self.line += ["-smp", str(cpus)] if cpus > 1 else []
        if semihosting and arch == "aarch64":
            self.line += SEMIHOSTING
            bootargs = f"semihosting {bootargs}"
        if self.kernel:
            self.line += ["-kernel", str(self.kernel)]
            if append:
                self.line += ["-append", bootargs.strip()]
        self.net = net
        self.nic = nic
        self.before = before
        self.forward = (80, *forward)
        self.udp = udp
        self.args = [str(a) for a in args]
        self.process = None
        self.start()

    def command(self, cpu, memory, machine, modern, serial):
        line = [QEMU[self.arch], "-M", ",".join(filter(None, ["virt", machine])), "-cpu", cpu,
                "-m", str(memory), "-nodefaults", "-display", "none", "-no-reboot",
                "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off"]
        return line + (list(MODERN) if modern else []) + (["-serial", "stdio"] if serial else [])

    def net_args(self):
        if self.net is None:
            return []
        netdev = self.net
        if netdev == "user":
            self.ports = {guest: free_port() for guest in self.forward}
            netdev = "user,id=net0" + "".join(
                f",hostfwd=tcp:127.0.0.1:{host}-:{guest}" for guest, host in self.ports.items())
            netdev += "".join(f",hostfwd=udp:127.0.0.1:{self.ports[guest]}-:{guest}" for guest in self.udp)
        return ["-netdev", netdev, "-device", f"{self.nic},netdev=net0"]

    def start(self):
        # A port that was free a moment ago may be taken by now: another try with others.
        for _ in range(3):
            line = [*self.line, *self.before, *self.net_args(), *self.args]
            self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
            self.reader = threading.Thread(target=self.read, daemon=True)
            self.reader.start()
            if not self.port_was_taken():
                break
        self.started = line

    def port_was_taken(self):
        if self.net != "user":
            return False
        # QEMU says so before anything else runs; the QMP socket tells that it is past that.
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and not os.path.exists(f"{self.folder}/qmp"):
            if time.monotonic() > deadline:
                raise Timeout("QEMU opened no QMP socket")
            time.sleep(0.01)
        time.sleep(0.02)
        if self.process.poll() is None:
            return False
        self.reader.join()
        if b"forwarding rule" not in self.data:
            return False
        self.close_pipes()
        self.data = b""
        return True

    def read(self):
        fd = self.process.stdout.fileno()
        while True:
            try:
                data = os.read(fd, 65536)
            except OSError:
                data = b""
            with self.changed:
                self.data += data
                self.changed.notify_all()
            if not data:
                return

    @property
    def port(self):
        return self.ports[80]

    @property
    def host(self):
        return "127.0.0.1"

    @property
    def text(self):
        with self.changed:
            return self.data.decode(errors="replace").replace("\r\n", "\n")

    def fail(self, what):
        raise Timeout(f"{what}\n--- console of {self.name()}\n{self.text}\n--- end of console")

    def name(self):
        return " ".join(self.started)

    def wait_for(self, check, what, timeout=PATIENCE):
        """Wait until check(console bytes) is true; fails if the guest ends or time is up."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                found = check(self.data)
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    break
                self.changed.wait(min(left, 0.5))
            found = check(self.data)
        if found:
            return found
        self.fail(f"the guest {'ended' if not self.reader.is_alive() else 'said nothing'}; waited for {what}")

    def expect(self, pattern, timeout=PATIENCE):
        """The next text on the console that matches; later calls look behind it."""
        regex = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.M)
        match = self.wait_for(lambda data: regex.search(data, self.seen), f"{pattern!r}", timeout)
        self.seen = match.end()
        return match

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait(self, timeout=PATIENCE):
        """The exit status of QEMU, which is the guest's where the platform can show one."""
        try:
            self.status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.fail(f"no end after {timeout} s; waited for the guest to power off")
        self.reader.join(PATIENCE)
        return self.status

    @property
    def qmp(self):
        if self.qmp_socket is None:
            self.qmp_socket = Qmp(f"{self.folder}/qmp")
        return self.qmp_socket

    def close_pipes(self):
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def stop(self):
        if self.qmp_socket is not None:
            self.qmp_socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE)
        self.close_pipes()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        # pytest shows this with a test that fails.
        print(f"--- {self.name()}\n{self.text}\n--- status {self.process.returncode}")


@functools.cache
def board_words(arch, board, app):
    """The image of a board's run, built if need be, and the words of QEMU's line."""
    said = []
    for goal in ("image", "image-path", "qemu-line"):
        done = make("-s", goal, ARCH=arch, APP=app, BOARD=board)
        assert done.returncode == 0, done.stdout
        said += done.stdout.splitlines()[-1:]
    return said[-2], said[-1].split()


class BoardMachine(Machine):
    """A machine as boards/BOARD/board.mk has it, with the board's image, which is built if need be. Its network device is
    connected as `make run` does it."""

    def __init__(self, arch, board, app="httpd", **options):
        kernel, self.words = board_words(arch, board, app)
        super().__init__(arch, app, net="user", semihosting=False, kernel=kernel, **options)

    def command(self, cpu, memory, machine, modern, serial):
        line = self.words[:self.words.index("none") + 1]  # -display none; what follows is of the network
        return [*line, "-no-reboot", "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off", "-serial", "stdio"]

    def net_args(self):
        self.ports = {80: free_port()}
        return [w.replace("$port", str(self.ports[80])) for w in self.words[self.words.index("none") + 1:]]


def httpd(arch, **options):
    """A machine with httpd that answers; waits for its line and for its address."""
    options.setdefault("net", "user")
    m = Machine(arch, "httpd", **options)
    try:
        m.expect(r"httpd: listening on port 80|http://")
    except BaseException:
        m.stop()
        raise
    return m
