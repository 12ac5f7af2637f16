# SPDX-License-Identifier: MIT
"""One row of docs/boards.md: what a machine does with an image. A test that boots one says so here; `make boards`
writes the table of what was recorded (tools/boards-table.py).

    with boardrow.Row("xlnx-versal-virt", "QEMU -kernel", "aarch64", image, disk="no driver for its SD host") as row:
        ...
        row.passed("console")
        ...
        row.passed("network", "through its GEM")

A column is passed, has the reason why not, or is what the test was at when it failed.
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


class Row:
    def __init__(self, board, chain, arch, image, **reasons):
        """@board: the machine, as QEMU names it; @chain: what boots it, last link first to run ("QEMU -kernel",
        "EDK2, ACPI"); @image: the file that runs; @reasons: of the columns that cannot pass, why."""
        assert set(reasons) <= set(COLUMNS)
        self.row = {"board": board, "chain": chain, "arch": arch,
                    "sha256": hashlib.sha256(pathlib.Path(image).read_bytes()).hexdigest(),
                    "columns": {c: {"pass": False, "text": reasons.get(c, UNTRIED)} for c in COLUMNS}}

    def passed(self, column, text=""):
        assert column in COLUMNS
        self.row["columns"][column] = {"pass": True, "text": text}

    def write(self):
        folder().mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", "-".join(self.row[k] for k in ("arch", "board", "chain")).lower())
        (folder() / f"{name.strip('-')}.json").write_text(json.dumps(self.row, indent=1) + "\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for cell in self.row["columns"].values():
                if not cell["pass"] and cell["text"] == UNTRIED:
                    cell["text"] = f"the test failed here: {kind.__name__}"
                    break
        self.write()
