# SPDX-License-Identifier: MIT
"""One row of docs/boards.md: what a machine does with an image. A test that boots one says so here; `make boards`
writes the table of what was recorded (tools/boards-table.py).

    with boardrow.Row("xlnx-versal-virt", "QEMU -kernel", "aarch64", image, disk="no driver for its SD host") as row:
        ...
        row.passed("console")
        ...
        row.passed("network", "through its GEM")

A column is passed, has the reason why not, or is what the test was at when it failed. What the row's app has not, another
test shows with an app of its own, whose image is another file, and the table says so:

    with boardrow.Proof("xlnx-versal-virt", "QEMU -kernel", "aarch64", image, "disk", "SD card", app="blk"):
        ...
"""

import hashlib
import json
import pathlib
import re

import machine

COLUMNS = ("console", "network", "disk", "power")
UNTRIED = "not tried"


def folder():
    return machine.OUT / "boards"


def sha256(image):
    return hashlib.sha256(pathlib.Path(image).read_bytes()).hexdigest()


def write(record, *key):
    folder().mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", "-".join(record[k] for k in ("arch", "board", "chain", *key)).lower())
    (folder() / f"{name.strip('-')}.json").write_text(json.dumps(record, indent=1) + "\n")


class Row:
    def __init__(self, board, chain, arch, image, **reasons):
        """@board: the machine, as QEMU names it; @chain: what boots it, last link first to run ("QEMU -kernel",
        "EDK2, ACPI"); @image: the file that runs; @reasons: of the columns that cannot pass, why."""
        assert set(reasons) <= set(COLUMNS)
        self.row = {"board": board, "chain": chain, "arch": arch,
                    "sha256": sha256(image),
                    "columns": {c: {"pass": False, "text": reasons.get(c, UNTRIED)} for c in COLUMNS}}

    def passed(self, column, text=""):
        assert column in COLUMNS
        self.row["columns"][column] = {"pass": True, "text": text}

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for cell in self.row["columns"].values():
                if not cell["pass"] and cell["text"] == UNTRIED:
                    cell["text"] = f"the test failed here: {kind.__name__}"
                    break
        write(self.row)


class Proof:
    def __init__(self, board, chain, arch, image, column, text, app):
        """Of the row of @board, @chain and @arch: that @column does @text, as the test inside sees of @app."""
        assert column in COLUMNS
        self.proof = {"board": board, "chain": chain, "arch": arch, "sha256": sha256(image), "column": column,
                      "text": text, "app": app}

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.proof["pass"] = kind is None
        write(self.proof, "column", "text")
