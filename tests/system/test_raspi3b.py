# SPDX-License-Identifier: MIT
"""Raspberry Pi 3, as QEMU has it, with the image of all boards: interrupts without a GIC, CPUs from a spin table, power off and
reset by its watchdog. There is no network in QEMU's model. Raspberry Pi 4 of QEMU 10 besides, as far as it differs."""

import contextlib
import re
import socket
import subprocess
import time

import pytest

import boardrow
import machine

BOARD = "raspi3b"
CHAINS = {BOARD: "QEMU -kernel -dtb, spin table", "raspi4b": "QEMU 10 -kernel -dtb, spin table"}
MODELS = {BOARD: "Raspberry Pi 3", "raspi4b": "Raspberry Pi 4"}
APP = "tests/target/hwdog"
ARCHS = [a for a in machine.ARCHS if a == "aarch64"]


@pytest.fixture
def boot_board(ends, qemu_for):
    return ends(lambda arch, board, **options: machine.BoardMachine(arch, board, qemu=qemu_for(board), **options))


@pytest.mark.parametrize("board", CHAINS)
@pytest.mark.parametrize("arch", ARCHS)
def test_board(boot_board, arch, board):
    m = boot_board(arch, board, app=APP, bootargs="-- end")
    with boardrow.Row(board, CHAINS[board], arch, m.kernel, network="QEMU's model has no network device",
                      disk="its app has none, and no other test saw one") as row:
        m.expect(rf"Coracle \S+ on {arch}, .*{MODELS[board]}")
        m.expect("cpus: 4 of 4 run")
        row.passed("console", "PL011")
        m.expect("alive 4")
        assert m.wait() == 0
        row.passed("power", "off by its watchdog")


@pytest.mark.parametrize("board", CHAINS)
@pytest.mark.parametrize("arch", ARCHS)
def test_watchdog(boot_board, arch, board):
    """QEMU's watchdog does not count: when it is started it resets the machine, which -no-reboot makes an end."""
    m = boot_board(arch, board, app=APP, bootargs="watchdog.hw=2 -- end")
    assert m.wait() == 0
    assert "alive" not in m.text


def tree(tmp_path, *changes):
    """QEMU's words for the board's tree with something else in it."""
    source = (machine.ROOT / "boards" / BOARD / f"{BOARD}.dts").read_text()
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    (tmp_path / "x.dts").write_text(source)
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tmp_path / "x.dtb", tmp_path / "x.dts"], check=True)
    return "-dtb", tmp_path / "x.dtb"


@pytest.mark.parametrize("arch", ARCHS)
def test_spin_table_is_not_reserved(boot_board, arch, tmp_path):
    """What could be the kernel's own memory is not written to: one CPU runs."""
    m = boot_board(arch, BOARD, app=APP, bootargs="-- end", args=tree(tmp_path, ("/memreserve/ 0 0x1000;", "")))
    for cpu in (1, 2, 3):
        m.expect(rf"cpu {cpu} \(cpu@{cpu}\): not started: -22")
    m.expect("cpus: 1 of 4 run")
    m.expect("alive 4")
    assert m.wait() == 0


class Line:
    """The other end of a UART of QEMU's, which waits for it."""

    def __init__(self, path):
        self.socket, self.data = socket.socket(socket.AF_UNIX), b""
        deadline = time.monotonic() + machine.PATIENCE
        while True:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                self.socket.connect(str(path))
                break
            assert time.monotonic() < deadline, "QEMU opened no socket"
            time.sleep(0.05)
        self.socket.settimeout(machine.PATIENCE)

    def expect(self, pattern):
        while not (found := re.search(pattern, self.data)):
            got = self.socket.recv(4096)
            assert got, f"the line is dead; waited for {pattern} in {self.data}"
            self.data += got
        self.data = self.data[found.end():]


@pytest.mark.parametrize("arch", ARCHS)
def test_mini_uart(boot_board, arch, tmp_path):
    """The second UART as the console, both ways."""
    boot_board(arch, BOARD, app="tests/target/ask", bootargs="maxcpus=1 console=bcm2835_aux",
               args=("-serial", f"unix:{tmp_path}/line,server=on"))
    line = Line(tmp_path / "line")
    line.expect(b"Raspberry Pi 3")
    for _ in range(3):
        line.socket.sendall(b"time\n")
        line.expect(b"time \\d+.*\r\ndone time")


@pytest.mark.parametrize("arch", ARCHS)
def test_earlycon(boot_board, arch, tmp_path):
    """A tree whose UARTs nobody knows: the word is all there is, from the first line on."""
    m = boot_board(arch, BOARD, app="tests/target/blk", bootargs="maxcpus=1 debug earlycon=pl011,0x3f201000 -- list",
                   args=tree(tmp_path, ('"arm,pl011", "arm,primecell"', '"acme,uart"'), ("brcm,bcm2835-aux-uart", "acme,uart")))
    m.expect('no driver for "acme,uart"')
    m.expect("bcm2836_l1 .*: cpu 0")
    m.expect(rf"Coracle \S+ on {arch}, .*Raspberry Pi 3")
    assert m.wait() == 0
