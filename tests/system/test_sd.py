# SPDX-License-Identifier: MIT
"""SD cards in the slots of boards: read, written, with a file system, taken out. QEMU takes no card that is protected. The guests are those of test_blk.py
and of test_fs_suite.py, with the image that holds every driver."""

import contextlib
import threading
import time

import pytest

import boardrow
import machine
import test_raspi3b
from tap import judge
from test_blk import is_written, make_disk
from test_boards import BOARDS

# board: architecture, QEMU's index of the slot, whether the machine can be switched off
SLOTS = {
    "xlnx-versal-virt": ("aarch64", 0, True),
    "xlnx-versal-virt-1": ("aarch64", 1, True),
    "xlnx-zcu102": ("aarch64", 1, True),
    "imx8mp-evk": ("aarch64", 1, True),
    "raspi3b": ("aarch64", 0, True),
    "raspi4b": ("aarch64", 0, True),
    "microchip-icicle-kit": ("riscv64", 0, False),
    "sifive_u": ("riscv64", 0, False),
}
BUSES = ("imx8mp-evk",)  # where QEMU counts buses, not cards
WRITTEN = 240  # seconds: QEMU's card is written sector by sector
CASES = [name for name, what in SLOTS.items() if what[0] in machine.ARCHS]
VERSAL = [name for name in CASES if name == "xlnx-versal-virt"]


def nudge(m):
    """Ask a monitor something again and again until the machine ends.

    QEMU's models of SD cards read and write in the CPU's thread, which waits in the main loop's own set of events (aio_poll())
    and takes the one by which another CPU has just told the main loop of an earlier timer. The main loop sleeps on, seconds
    too long, unless something else wakes it: docs/testing.md.
    """
    while m.process.poll() is None:
        with contextlib.suppress(OSError, ValueError):  # no socket yet, or no longer
            q = machine.Qmp(f"{m.folder}/nudge")
            while True:
                q("query-status")
                time.sleep(0.05)
        time.sleep(0.05)


class SdMachine(machine.BoardMachine):
    """Without what is for the network; with a card."""

    def __init__(self, slot, app, card, options="", **rest):
        place = "bus" if slot in BUSES else "index"
        self.card = ["-drive", f"if=sd,{place}={SLOTS[slot][1]},id=card,format=raw,file={card}{options}"]
        super().__init__(SLOTS[slot][0], slot.removesuffix("-1"), app, **rest)
        threading.Thread(target=nudge, args=(self,), daemon=True).start()

    def net_args(self):
        dtb = self.words.index("-dtb") if "-dtb" in self.words else len(self.words)
        return [*self.words[dtb:dtb + 2], *self.card, "-qmp", f"unix:{self.folder}/nudge,server=on,wait=off"]


@pytest.fixture
def boot_sd(ends, qemu_for):
    return ends(lambda slot, *args, **options: SdMachine(slot, *args, qemu=qemu_for(slot.removesuffix("-1")), **options))


def proof(slot, image):
    """Of the board's row in docs/boards.md."""
    board = slot.removesuffix("-1")
    chain = test_raspi3b.CHAINS.get(board) or BOARDS[board][1]
    text = {"sifive_u": "SD card on SPI", "xlnx-versal-virt-1": "SD card in its other slot"}.get(slot, "SD card")
    return boardrow.Proof(board, chain, SLOTS[slot][0], image, "disk", text, "blk")


@pytest.mark.parametrize("slot", CASES)
def test_read_and_write(boot_sd, tmp_path, slot):
    """The guest finds what the host wrote, and the host what the guest wrote, nothing else changed."""
    card = make_disk(tmp_path / "card")
    m = boot_sd(slot, "tests/target/blk", card, bootargs="-- rw mmcblk0")
    with proof(slot, m.kernel):
        m.expect(r"blk mmcblk0: .*: 4 MiB, blocks of 512/512, serial deadbeef")
        m.expect(r"^1\.\.\d+\r?$", WRITTEN)
        assert "not ok" not in m.text
        if SLOTS[slot][2]:
            judge(m)
        m.stop()
        is_written(card)


@pytest.mark.parametrize("fs", ["littlefs", "fat"])
@pytest.mark.parametrize("slot", VERSAL)
def test_file_system(boot_sd, tmp_path, slot, fs):
    card = tmp_path / "card"
    with open(card, "wb") as f:
        f.truncate(32 << 20)
    m = boot_sd(slot, "tests/target/diskfs", card, bootargs=f"FS={fs} DEV=mmcblk0")
    m.expect(r"^1\.\.\d+\r?$", WRITTEN)
    assert judge(m) > 450


@pytest.mark.parametrize("slot", VERSAL)
def test_taken_out(boot_sd, tmp_path, slot):
    m = boot_sd(slot, "tests/target/blk", make_disk(tmp_path / "card"), bootargs="-- resize mmcblk0")
    m.expect("size 8192: 0 -22")
    m.qmp("eject", device="card", force=True)
    m.expect("blk mmcblk0: the medium is gone")
    m.expect("size 0: -22 -22")


@pytest.mark.parametrize("slot", VERSAL)
def test_no_card(boot_sd, tmp_path, slot):
    m = boot_sd(slot, "tests/target/blk", make_disk(tmp_path / "card"), bootargs="-- find mmcblk0 mmcblk1 mmcblk0p1")
    m.expect("sdhci .*: no card")
    for found in ("mmcblk0: deadbeef 0", "mmcblk1: none 0", "mmcblk0p1: none 0"):
        m.expect(found)
    assert m.wait() == 0
