# SPDX-License-Identifier: MIT
"""What a part found: as text, as a Markdown table and as a chart. No figure is typed by hand."""

import os
import platform
import re
import subprocess
import time
from xml.sax.saxutils import escape

import guest
import net_part
import storage_part
from figures import MB, MIB, US

OURS, PEER, NGINX = "Coracle", "Linux", "nginx"
FOLDER = os.path.join(guest.ROOT, "docs/bench")


class Report:
    """Of one part of the bench; name: of the files in docs/bench."""

    def __init__(self, name, part, systems, chart, devices, default=None, note=None, intro=""):
        self.name, self.systems, self.chart, self.devices = name, systems, chart, devices
        self.figures, self.commands, self.default, self.intro = part.FIGURES, part.COMMANDS, default, intro
        self.versions, self.peer_files = part.versions, part.PEER_FILES
        self.note = note  # how notes begin that are part of it

    def rows_of(self, *benches):
        return [f for f in self.figures if any(f.key in b.figures for b in benches)]


NETWORK = Report("network", net_part, (OURS, PEER, NGINX), (
    "net_request_32", "net_request_1", "net_connection", "net_kib_in_on", "net_kib_out_on", "net_kib_in_off",
    "net_kib_out_off", "net_packet_in", "net_idle", "net_rate_32", "net_rate_pipelined",
    "net_rate_connections", "net_bulk_in_on", "net_bulk_out_on", "net_p99_32"), guest.NET, net_part.DEFAULT, ("floor", "busy"))
STORAGE = Report("storage", storage_part, (OURS, PEER), storage_part.CHART, guest.with_disk("IMAGE"),
                 intro=storage_part.INTRO)
REPORTS = (NETWORK, STORAGE)


def text_of(value):
    return "" if value is None else f"{value:,}"


def aim_of(figure, values):
    """The aim as a number, or None."""
    if figure.below is not None:
        return round(figure.below * values[PEER]) if values.get(PEER) else None
    if figure.times is not None:
        return figure.times * values[PEER] if values.get(PEER) else None
    return figure.aim


def aim_text(figure):
    if figure.below is not None:
        return f"{PEER} / {1 / figure.below:.0f}"
    if figure.times is not None:
        return f"{figure.times} x {PEER}"
    return text_of(figure.aim)


def verdict(figure, values):
    """ok, over or under; empty without an aim or a figure."""
    ours, aim = values.get(OURS), aim_of(figure, values)
    if ours is None or aim is None:
        return ""
    if figure.more_is_better:
        return "ok" if ours >= aim else "under"
    return "ok" if ours <= aim else "over"


def ratio(figure, values):
    """How many times better than the peer ours is."""
    ours, peer = values.get(OURS), values.get(PEER)
    if not ours or not peer:
        return ""
    return f"{ours / peer if figure.more_is_better else peer / ours:.1f}x"


def title_of(figure):
    return f"{figure.title}, {figure.unit}" if figure.unit in (US, MB, MIB) else figure.title


# --- for stdout


def lines(report, bench):
    rows, figures = report.rows_of(bench), bench.figures
    if not rows:
        return []
    systems = [name for name in (*report.systems, report.default) if any(name in figures[f.key] for f in rows)]
    head = "".join(f"{name:>14}" for name in systems)
    wide = max(58, *(len(title_of(f)) + 1 for f in rows))
    out = [f"{report.name + ': guest instructions, unless said otherwise':<{wide}}{head} {'better':>8} {'aim':>10}"]
    for f in rows:
        values = figures[f.key]
        cells = "".join(f"{text_of(values.get(name)):>14}" for name in systems)
        out.append(f"{title_of(f):<{wide}}{cells} {ratio(f, values):>8} {aim_text(f):>10} "
                   f"{verdict(f, values)}".rstrip())
    return out


# --- where it comes from


def first_line(*command):
    done = subprocess.run(command, cwd=guest.ROOT, capture_output=True, text=True)
    return ((done.stdout + done.stderr).strip().splitlines() or ["?"])[0]


def provenance(report, benches):
    """(name, value) of what was measured, with what and on what."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"^(?:model name|Processor)\s*: (.*)$", f.read(), re.M)
    yield "Coracle", first_line("git", "describe", "--always", "--dirty")
    for b in benches:
        yield f"Linux, {b.arch}", "; ".join(guest.peer_versions(b.arch, report.peer_files))
    yield "QEMU", first_line("qemu-system-aarch64", "--version")
    yield from report.versions(first_line)
    yield "host", (f"Linux {platform.release()}, {os.cpu_count()} CPUs, {model[1] if model else platform.machine()}; "
                   f"load {os.getloadavg()[1]:.1f} in the last 5 minutes")


# --- Markdown


def cell(figure, values, name):
    text = text_of(values.get(name))
    word = verdict(figure, values) if name == OURS else ""
    return f"{text} {word}".strip()


def table(report, benches):
    heads = [f"{b.arch}: {OURS}" if name == OURS else name for b in benches for name in (*report.systems, "better")]
    out = ["| | aim | " + " | ".join(heads) + " |", "|---|--:|" + "--:|" * len(heads)]
    for f in report.rows_of(*benches):
        cells = []
        for b in benches:
            values = b.figures.get(f.key, {})
            cells += [cell(f, values, name) for name in report.systems] + [ratio(f, values)]
        out.append(f"| {title_of(f)} | {aim_text(f)} | {' | '.join(cells)} |")
    return out


def default_lines(report, benches):
    """Linux as Debian boots it, of which there are few figures."""
    for b in benches:
        parts = [f"{title_of(f)} {text_of(b.figures[f.key][report.default])}" for f in report.rows_of(b)
                 if report.default in b.figures[f.key]]
        if parts:
            yield f"* {b.arch}: {'; '.join(parts)}"


def markdown(report, benches):
    out = [f"# {report.name.capitalize()} figures", "",
           f"Made by `{' '.join(report.commands['bench'])}` on {time.strftime('%Y-%m-%d', time.gmtime())}; how each is "
           "measured is in [`tests/bench/README.md`](../../tests/bench/README.md). Figures are guest instructions, "
           "unless they say otherwise; *better* is how many times better than Linux. Instructions repeat within a few per "
           "cent; rates and latencies are this host's in this run, and vary with its load: compare those of one row."
           + report.intro,
           "", f"![The same as bars]({report.name}.svg)", "", *table(report, benches), ""]
    out += [f"{' and '.join(report.systems[1:])} run{'s' * (len(report.systems) < 3)} with `{guest.LINUX_BEST}`."]
    default = list(default_lines(report, benches))
    if default:
        out[-1] += " As Debian boots it, Linux needs:"
    out += ["", *default, ""] if default else [""]
    out += ["| what | version |", "|---|---|", *(f"| {name} | {value} |" for name, value in provenance(report, benches)), ""]
    out += ["```", *(guest.line_of(b.arch, report.devices) for b in benches),
            *(" ".join(command) for name, command in report.commands.items() if name != "bench"), "```", ""]
    notes = [f"* {b.arch}: {note}" for b in benches for note in b.notes if report.note and note.startswith(report.note)]
    return "\n".join(out + notes + [""] * bool(notes))


# --- the chart: a column an architecture, a panel a figure, a bar a system

COLOURS = {OURS: "#1f6fb2", PEER: "#e39b32", NGINX: "#6b9a5b"}
MARGIN, COLUMN, GAP, TOP = 24, 500, 36, 104
NAME, BAR, STEP, TITLE, SPACE = 64, 300, 18, 22, 14


def svg_text(x, y, text, size=12, **attributes):
    more = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{more}>{escape(text)}</text>'


def svg_bar(x, y, name, value, scale, word):
    width = max(1.0, value * scale)
    return [svg_text(x + NAME - 6, y + 11, name, 11, text_anchor="end"),
            f'<rect x="{x + NAME}" y="{y}" width="{width:.1f}" height="14" fill="{COLOURS[name]}"/>',
            svg_text(x + NAME + width + 5, y + 11, f"{text_of(value)} {word}".strip(), 11)]


def svg_panel(report, x, y, figure, values):
    """One figure's bars, with its aim as a dashed line."""
    present = [name for name in report.systems if values.get(name) is not None]
    aim = aim_of(figure, values)
    scale = BAR / max([values[name] for name in present] + [aim or 0] + [1])
    out = [svg_text(x, y + 13, title_of(figure), 12, font_weight="bold")]
    for i, name in enumerate(present):
        out += svg_bar(x, y + TITLE + i * STEP, name, values[name], scale, verdict(figure, values) if name == OURS else "")
    if aim is not None:
        at, bottom = x + NAME + aim * scale, y + TITLE + len(present) * STEP
        out += [f'<line x1="{at:.1f}" y1="{y + TITLE - 3}" x2="{at:.1f}" y2="{bottom}" stroke="#b22" '
                'stroke-width="1.5" stroke-dasharray="4 2"/>',
                svg_text(x + COLUMN, y + 13, f"aim: {aim_text(figure)}", 11, fill="#b22", text_anchor="end")]
    return out


def svg_legend(report, y):
    out, x = [], MARGIN
    for name in report.systems:
        out += [f'<rect x="{x}" y="{y - 11}" width="14" height="14" fill="{COLOURS[name]}"/>', svg_text(x + 20, y, name)]
        x += 100
    return out + [f'<line x1="{x}" y1="{y + 3}" x2="{x}" y2="{y - 11}" stroke="#b22" stroke-width="1.5" '
                  'stroke-dasharray="4 2"/>', svg_text(x + 8, y, "aim")]


def svg(report, benches):
    by_key = {f.key: f for f in report.figures}
    figures = [by_key[key] for key in report.chart if any(key in b.figures for b in benches)]
    height = [TITLE + STEP * max(sum(n in b.figures.get(f.key, {}) for n in report.systems) for b in benches) + SPACE
              for f in figures]
    names = f"{', '.join(report.systems[:-1])} and {report.systems[-1]}"
    width, total = 2 * MARGIN + len(benches) * (COLUMN + GAP) - GAP, TOP + sum(height) + MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" viewBox="0 0 {width} {total}" '
           'font-family="DejaVu Sans, Verdana, sans-serif" fill="#222">',
           f'<rect width="{width}" height="{total}" fill="#fff"/>',
           svg_text(MARGIN, 32, f"{names} on the same QEMU line", 18, font_weight="bold"),
           *svg_legend(report, 58)]
    for i, b in enumerate(benches):
        x, y = MARGIN + i * (COLUMN + GAP), TOP
        out.append(svg_text(x, 88, f"{b.arch}: instructions, unless said otherwise", 14, font_weight="bold"))
        for f, h in zip(figures, height):
            out += svg_panel(report, x, y, f, b.figures.get(f.key, {}))
            y += h
    return "\n".join([*out, "</svg>", ""])


def write(report, folder, benches):
    os.makedirs(folder, exist_ok=True)
    for kind, text in (("md", markdown(report, benches)), ("svg", svg(report, benches))):
        with open(os.path.join(folder, f"{report.name}.{kind}"), "w") as f:
            f.write(text)
