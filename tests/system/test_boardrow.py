# SPDX-License-Identifier: MIT
"""The recorder of docs/boards.md and the tool that writes the table."""

import json
import subprocess

import pytest

import boardrow
from machine import ROOT

TOOL = ROOT / "tools/boards-table.py"


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setattr(boardrow, "folder", lambda: tmp_path / "rows")
    (tmp_path / "Image").write_bytes(b"image")
    return tmp_path / "rows"


def table(rows):
    return subprocess.run([TOOL, rows, "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_rows(rows, tmp_path):
    with boardrow.Row("zcu", "QEMU -kernel", "aarch64", tmp_path / "Image", disk="none | at all") as row:
        row.passed("console")
        row.passed("network", "by its GEM")
        row.passed("power")
    with boardrow.Row("abc", "U-Boot", "aarch64", tmp_path / "Image"):
        pass
    # The second time replaces the first.
    for _ in range(2):
        with boardrow.Row("unleashed", "OpenSBI", "riscv64", tmp_path / "Image") as row:
            row.passed("console")
    done = table(rows)
    lines = [line for line in done.stdout.splitlines() if line.startswith("| `")]
    assert done.returncode == 0 and [line.split("`")[1] for line in lines] == ["abc", "zcu", "unleashed"]
    assert "| `zcu` | QEMU -kernel | pass | pass: by its GEM | none \\| at all | pass | aarch64 `6105d6cc76af` |" in lines[1]
    assert lines[0].count("not tried") == 4


def test_failure_is_told(rows, tmp_path):
    with pytest.raises(ValueError):
        with boardrow.Row("abc", "U-Boot", "riscv64", tmp_path / "Image") as row:
            row.passed("console")
            raise ValueError
    columns = json.loads(next(rows.iterdir()).read_text())["columns"]
    assert columns["console"]["pass"] and not columns["network"]["pass"]
    assert "ValueError" in columns["network"]["text"] and columns["disk"]["text"] == boardrow.UNTRIED


def test_proof_by_another_app(rows, tmp_path):
    """A column that others prove passes if they all do; a proof of no row is none."""
    (tmp_path / "Other").write_bytes(b"other")
    with boardrow.Row("abc", "U-Boot", "riscv64", tmp_path / "Image", disk="not here") as row:
        row.passed("console")
    for text in ("NVMe", "SD card"):
        with boardrow.Proof("abc", "U-Boot", "riscv64", tmp_path / "Other", "disk", text, "blk"):
            pass
    with boardrow.Proof("abc", "extlinux", "riscv64", tmp_path / "Other", "disk", "a floppy", "blk"):
        pass
    text = table(rows).stdout
    assert "| pass | not tried | pass: NVMe, SD card, by `blk d9298a10d1b0` | not tried |" in text and "floppy" not in text
    assert "* riscv64 image of `blk`: SHA-256 `d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa`" in text
    with pytest.raises(ValueError):
        with boardrow.Proof("abc", "U-Boot", "riscv64", tmp_path / "Other", "disk", "NVMe", "blk"):
            raise ValueError
    assert "| NVMe (the test failed), SD card, by `blk d9298a10d1b0` |" in table(rows).stdout


def test_nothing_recorded(rows):
    done = table(rows)
    assert done.returncode != 0 and "no rows" in done.stderr
