#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/boards.md from what the system tests recorded (tests/system/boardrow.py).

    boards-table.py ROWS OUT        ROWS: the folder of the rows; OUT: the document, or - for the output
"""
import json
import pathlib
import sys

HEAD = """# Boards

Made by `make boards` from what the last run of the system tests recorded; do not edit.
What is no pass has the reason. The chain is what boots the image; it is the same file in each row of
the same SHA-256. What another app's test saw on the machine has that app's name; its image holds the same drivers.

| machine | boot chain | console | network | disk | power | image |
|---|---|---|---|---|---|---|
"""
COLUMNS = ("console", "network", "disk", "power")
KEY = ("arch", "board", "chain")


def cell(c):
    text = " ".join(c["text"].split()).replace("|", "\\|")
    if c["pass"]:
        return f"pass: {text}" if text else "pass"
    return text


def merge(records):
    """The rows, with what other tests prove of their columns: these pass if all do."""
    rows = [r for r in records if "columns" in r]
    for row in rows:
        for column in COLUMNS:
            proofs = sorted((p for p in records if p.get("column") == column and all(p[k] == row[k] for k in KEY)),
                            key=lambda p: p["text"])
            if proofs:
                text = ", ".join(p["text"] + ("" if p["pass"] else " (the test failed)") for p in proofs)
                apps = sorted({f"`{p['app']} {p['sha256'][:12]}`" for p in proofs})
                row["columns"][column] = {"pass": all(p["pass"] for p in proofs), "text": f"{text}, by {', '.join(apps)}"}
    return rows


def table(records):
    """The document, whatever the order of @records."""
    rows = merge(records)
    out = HEAD
    for row in sorted(rows, key=lambda r: (r["arch"], r["board"], r["chain"])):
        cells = [f"`{row['board']}`", row["chain"], *(cell(row["columns"][c]) for c in COLUMNS),
                 f"{row['arch']} `{row['sha256'][:12]}`"]
        out += "| " + " | ".join(cells) + " |\n"
    out += "\n"
    for arch in sorted({row["arch"] for row in rows}):
        for sha in sorted({row["sha256"] for row in rows if row["arch"] == arch}):
            out += f"* {arch} image: SHA-256 `{sha}`\n"
        for app, sha in sorted({(p["app"], p["sha256"]) for p in records if "app" in p and p["arch"] == arch}):
            out += f"* {arch} image of `{app}`: SHA-256 `{sha}`\n"
    return out


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    records = [json.loads(p.read_text()) for p in pathlib.Path(sys.argv[1]).glob("*.json")]
    if not any("columns" in r for r in records):
        sys.exit(f"{sys.argv[1]}: no rows; `make test-system` records them")
    text = table(records)
    if sys.argv[2] == "-":
        sys.stdout.write(text)
    else:
        pathlib.Path(sys.argv[2]).write_text(text)


if __name__ == "__main__":
    main()
