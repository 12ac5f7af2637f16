#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/posix.md from the code.

    posix-table.py scan OUT NM LIBRARY-OR-OBJECT... -- COMPILER FLAGS...
        What our headers declare of tools/posix/headers.txt, and what a build defines, as JSON.
    posix-table.py write OUT SCAN...
        The document from the scans of all architectures, tools/posix/notes.txt and tests/target.
    posix-table.py program OUT SCAN...
        A C program that refers to every function that is there, for a link that proves it.
"""
import fnmatch
import functools
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LISTS = ROOT / "tools/posix"
GNU = "#define _GNU_SOURCE 1\n"


@functools.lru_cache
def read_headers():
    """{header: (is it an extension, [names of POSIX], [names of extensions])}"""
    headers = {}
    for line in (LISTS / "headers.txt").read_text().splitlines():
        found = re.match(r"\[(.*)\]( \+)?$", line)
        if found:
            current = headers.setdefault(found[1], (bool(found[2]), [], []))
        elif line and not line.startswith("#"):
            current[2 if line.startswith("+") else 1].extend(line.lstrip("+").split())
    return headers


@functools.lru_cache
def read_notes():
    """[(kind, pattern, text)] of notes.txt: "KIND PATTERN[,PATTERN...]: text"."""
    notes = []
    for line in (LISTS / "notes.txt").read_text().splitlines():
        found = re.match(r"(absent|broken|fails|limited) (\S+): (.+)$", line)
        if found:
            notes += [(found[1], pattern, found[3]) for pattern in found[2].split(",")]
        elif line and not line.startswith("#"):
            sys.exit(f"notes.txt: not understood: {line}")
    return notes


# --- scan ------------------------------------------------------------------------------------------

def compile_c(command, source, *more):
    return subprocess.run([*command, "-w", "-fmax-errors=0", "-x", "c", *more, "-"], input=source,
                          capture_output=True, text=True, check=False)


def scan_header(command, header, names):
    """{name: the symbol that a use of it needs, "" for macros and inline functions}; None: no header."""
    include = f"{GNU}#include <{header}>\n"
    done = compile_c(command, include, "-fsyntax-only")
    if done.returncode != 0:
        if f"{header}: No such file" not in done.stderr:
            print(f"<{header}> does not compile alone:\n{done.stderr}", file=sys.stderr)
        return None
    done = compile_c(command, include, "-E", "-dM")
    macros = set(re.findall(r"^#define (\w+)", done.stdout, re.M))
    uses = {name: f"void *const posix_use_{name} = (void *)&{name};\n" for name in names}
    while True:  # until only what is declared is left
        done = compile_c(command, include + "".join(uses.values()), "-S", "-o", "-")
        if done.returncode == 0:
            break
        lines = list(uses)
        first = include.count("\n") + 1
        bad = {lines[int(n) - first] for n in re.findall(r"^<stdin>:(\d+):\d+: error", done.stderr, re.M)
               if int(n) >= first}
        if not bad:
            sys.exit(f"<{header}>:\n{done.stderr}")
        for name in bad:
            del uses[name]
    result = {name: "" for name in names if name in macros}
    labels = set(re.findall(r"^(\w+):", done.stdout, re.M))
    for name, symbol in re.findall(r"^posix_use_(\w+):\n\s*\.\w+\s+(\w+)", done.stdout, re.M):
        result[name] = "" if symbol in labels else symbol
    return result


def scan(out, nm, files, command):
    symbols = set()
    listing = subprocess.run([nm, "--defined-only", "-g", *files], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        parts = line.split()
        if len(parts) == 3:
            symbols.add(parts[2])
    declared = {}
    for header, (_, posix, more) in read_headers().items():
        declared[header] = scan_header(command, header, posix + more)
    wanted = {s for names in declared.values() for s in (names or {}).values()}
    wanted |= {name for _, posix, more in read_headers().values() for name in posix + more}
    pathlib.Path(out).write_text(json.dumps({"declared": declared, "symbols": sorted(symbols & wanted)}))


# --- write -----------------------------------------------------------------------------------------

def load(scans):
    return [json.loads(pathlib.Path(path).read_text()) for path in scans]


def is_there(scans, header, name):
    """Declared, and defined if it needs a symbol, on every architecture; and not known to be broken."""
    if any(kind == "broken" and fnmatch.fnmatchcase(name, pattern) for kind, pattern, _ in read_notes()):
        return False
    for one in scans:
        names = one["declared"][header]
        if names is None or name not in names or (names[name] and names[name] not in one["symbols"]):
            return False
    return True


def called_by_tests():
    calls = set()
    for path in sorted((ROOT / "tests/target").rglob("*.[ch]*")):
        text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', " ", path.read_text(), flags=re.S)
        calls |= set(re.findall(r"\b(\w+)\s*\(", text))
    return calls


class Notes:
    def __init__(self):
        self.notes = read_notes()
        self.used = set()

    def find(self, kinds, name, header):
        """The first note of @kinds for this function, or for its header: (kind, text)."""
        for i, (kind, pattern, text) in enumerate(self.notes):
            if kind in kinds and (fnmatch.fnmatchcase(name, pattern) or pattern == f"<{header}>"):
                self.used.add(i)
                return kind, text
        return None, None

    def unused(self):
        return [f"{k} {p}" for i, (k, p, _) in enumerate(self.notes) if i not in self.used]


def section(header, names, scans, tested, notes, problems):
    """(lines, counts) of one header."""
    groups = {"tested": [], "there": []}
    remarks = {}
    missing = all(one["declared"][header] is None for one in scans)
    for name in names:
        if is_there(scans, header, name):
            kind, text = notes.find(("fails", "limited"), name, header)
            group = "tested" if name in tested else "there"
            groups[group].append(name)
            if text:
                remarks.setdefault((kind, text), []).append(name)
        else:
            kind, text = notes.find(("absent", "broken"), name, header)
            if text is None:
                text = "no reason is given"
                problems.append(f"<{header}>: {name} is absent without a reason in tools/posix/notes.txt")
            remarks.setdefault(("absent", text), []).append(name)
    if missing and not names:
        kind, text = notes.find(("absent",), "", header)
        remarks[("absent", text)] = ["the header"]
    lines = [f"## <{header}>", ""]
    if not missing and not names:
        lines += ["Constants and types.", ""]
    for group, title in (("tested", "Called by tests"), ("there", "There")):
        if groups[group]:
            lines += [f"{title}: " + ", ".join(f"`{n}`" for n in groups[group]) + ".", ""]
    if remarks:
        lines += ["| | functions | why |", "|---|---|---|"]
        order = {"limited": 0, "fails": 1, "absent": 2}
        for (kind, text), some in sorted(remarks.items(), key=lambda r: order[r[0][0]]):
            some = ", ".join(some if some == ["the header"] else [f"`{n}`" for n in some])
            lines.append(f"| {kind} | {some} | {text} |")
        lines.append("")
    absent = sum(len(some) for (kind, _), some in remarks.items() if kind == "absent")
    fails = sum(len(some) for (kind, _), some in remarks.items() if kind == "fails")
    there = len(groups["tested"]) + len(groups["there"])
    return lines, (len(names), there, len(groups["tested"]), fails, absent if names else 0, missing)


INTRO = """# POSIX, header by header

Made by `make docs` (`tools/posix-table.py`) from the headers in `libc/include` and newlib's, from the symbols
of a build of both architectures and from the calls in `tests/target`; not written by hand. The lists of
names (POSIX.1-2017 and common extensions) are in `tools/posix/headers.txt`, the reasons in `tools/posix/notes.txt`.

* **there**: declared when the header is included alone, and defined in a build, on aarch64 and riscv64. A
  program that refers to all of them at once is compiled and linked by the system tests.
* **tested**: of these, called by a test inside an image (`tests/target`).
* **fails**: of these, always returns the error that is named: programs link, and see it at run time.
* **absent**: not declared or not defined, with the reason.
"""


def write(out, scan_files):
    scans, tested, notes, problems = load(scan_files), called_by_tests(), Notes(), []
    body, table, totals = [], [], {False: [0] * 5, True: [0] * 5}
    for header, (extension, posix, more) in read_headers().items():
        names = list(dict.fromkeys(posix + more))
        lines, counts = section(header, names, scans, tested, notes, problems)
        body += lines
        mark = "+" if extension else ""
        anchor = re.sub(r"[^\w]", "", header)
        cells = "no header" if counts[5] else " | ".join(str(n or "") for n in counts[1:5])
        table.append(f"| [<{header}>](#{anchor}){mark} | {counts[0] or ''} | "
                     + (f"{cells} | | | {counts[4] or ''} |" if counts[5] else f"{cells} |"))
        for group, one in ((False, posix), (True, more)):
            for name in one:
                there = is_there(scans, header, name)
                failing = there and notes.find(("fails",), name, header)[0] == "fails"
                for i, yes in enumerate((True, there, there and name in tested, failing, not there)):
                    totals[group][i] += bool(yes)
    problems += [f"notes.txt: nothing needs the note \"{note}\"" for note in notes.unused()]
    head = ["| | named | there | tested | fails | absent |", "|---|---|---|---|---|---|"]
    for group, title in ((False, "POSIX.1-2017"), (True, "extensions")):
        head.append(f"| {title} | " + " | ".join(map(str, totals[group])) + " |")
    head += ["", "## Headers", "", "Headers with + are extensions themselves.", "",
             "| header | named | there | tested | fails | absent |", "|---|---|---|---|---|---|", *table, ""]
    for problem in problems:
        print(f"posix-table: {problem}", file=sys.stderr)
    pathlib.Path(out).write_text(INTRO + "\n" + "\n".join(head + body).rstrip("\n") + "\n")


# --- program ---------------------------------------------------------------------------------------

def program(out, scan_files):
    """One unit a header, since some headers give one name two types."""
    scans = load(scan_files)
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    units = []
    for header in read_headers():
        names = [n for n, symbol in (scans[0]["declared"][header] or {}).items()
                 if symbol and is_there(scans, header, n)]
        unit = re.sub(r"\W", "_", header)
        text = f"/* Made by tools/posix-table.py. */\n{GNU}#include <{header}>\n"
        text += "".join(f"extern void *const volatile use_{unit}_{n};\n"
                        f"void *const volatile use_{unit}_{n} = (void *)&{n};\n" for n in names)
        text += f"int use_{unit}(void);\nint use_{unit}(void)\n{{\n\treturn 0"
        text += "".join(f"\n\t\t+ (use_{unit}_{n} == (void *)0)" for n in names) + ";\n}\n"
        if scans[0]["declared"][header] is not None:
            (folder / f"{unit}.c").write_text(text)
            units.append(unit)
    main = "".join(f"int use_{u}(void);\n" for u in units)
    main += "int main(void)\n{\n\treturn 0" + "".join(f"\n\t\t+ use_{u}()" for u in units) + ";\n}\n"
    (folder / "main.c").write_text("/* Made by tools/posix-table.py. */\n" + main)
    (folder / "app.mk").write_text(f"needs := net\nsrcs := main.c {' '.join(u + '.c' for u in units)}\n")


def main(args):
    if args[:1] == ["scan"] and "--" in args:
        cut = args.index("--")
        scan(args[1], args[2], args[3:cut], args[cut + 1:])
    elif args[:1] == ["write"] and len(args) > 2:
        write(args[1], args[2:])
    elif args[:1] == ["program"] and len(args) > 2:
        program(args[1], args[2:])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
