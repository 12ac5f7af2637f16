# SPDX-License-Identifier: MIT
"""What the network part found, as text."""

from net_part import FIGURES, MB, US

OURS, PEER = "Coracle", "Linux"


def text_of(value):
    return "" if value is None else f"{value:,}"


def verdict(figure, values):
    """(the aim in words, ok or over or under)"""
    ours, peer = values.get(OURS), values.get(PEER)
    if figure.aim is not None:
        return f"{figure.aim:,}", "" if ours is None else "ok" if ours <= figure.aim else "over"
    if figure.times is not None:
        return f"{figure.times} x {PEER}", "" if not (ours and peer) else "ok" if ours >= figure.times * peer else "under"
    return "", ""


def systems_of(figures):
    """Those that there are figures of, ours first."""
    found = []
    for figure in FIGURES:
        found += [name for name in figures.get(figure.key, {}) if name not in found]
    return found


def ratio(figure, values):
    ours, peer = values.get(OURS), values.get(PEER)
    if not ours or not peer:
        return ""
    return f"{ours / peer if figure.more_is_better else peer / ours:.1f}x"


def lines(figures):
    systems = systems_of(figures)
    rows = [f for f in FIGURES if f.key in figures]
    if not rows:
        return []
    head = "".join(f"{name:>14}" for name in systems)
    out = [f"{'network: guest instructions, or as said':<58}{head} {'better':>8} {'aim':>10}"]
    for f in rows:
        values = figures[f.key]
        title = f"{f.title}, {f.unit}" if f.unit in (US, MB) else f.title
        aim, word = verdict(f, values)
        cells = "".join(f"{text_of(values.get(name)):>14}" for name in systems)
        out.append(f"{title:<58}{cells} {ratio(f, values):>8} {aim:>10} {word}".rstrip())
    return out
