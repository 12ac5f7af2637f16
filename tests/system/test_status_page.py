# SPDX-License-Identifier: MIT
"""The status page in a real browser, headless Chromium, without its network beyond our port.

pytest tests/system/test_status_page.py --picture docs/status-page.png   writes the README's picture too
"""

import html.parser
import re
import shutil
import subprocess

import pytest

from browser import CHROMIUM, FLAGS
from machine import PATIENCE, httpd

MEMORY = 64  # MiB given to QEMU
FIRMWARE = 2  # MiB at most that firmware keeps


class Values(html.parser.HTMLParser):
    """id: (text, data-value) of every element with an id."""

    def __init__(self):
        super().__init__()
        self.found, self.open = {}, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.open.append((tag, attrs["id"]))
            self.found[attrs["id"]] = ["", attrs.get("data-value")]

    def handle_endtag(self, tag):
        if self.open and self.open[-1][0] == tag:
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.found[self.open[-1][1]][0] += data


def chromium(m, folder, *args):
    done = subprocess.run([CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "--virtual-time-budget=3500", *args,
                           f"http://127.0.0.1:{m.port}/"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=2 * PATIENCE, text=True, errors="replace")
    assert done.returncode == 0, done.stderr
    return done.stdout


def load(m, folder):
    """The page as it stands after a few of its own refreshes."""
    values = Values()
    values.feed(chromium(m, folder, "--dump-dom"))
    return values.found


def number(page, name):
    text, value = page[name]
    assert value is not None, f"#{name} shows {text!r} and has no data-value"
    return float(value)


@pytest.fixture(scope="module")
def browsed(arch, tmp_path_factory):
    """A machine, and its page loaded twice."""
    assert CHROMIUM, "there is no chromium; tools/need-packages test installs it"
    with httpd(arch, memory=MEMORY) as m:
        yield m, [load(m, tmp_path_factory.mktemp("profile")) for _ in range(2)]


def test_architecture(browsed, arch):
    _, (page, _) = browsed
    assert page["arch"][0] == arch
    assert page["state"][0] == "live"
    assert page["system"][0].startswith("Coracle ")


def test_uptime_grows(browsed):
    _, (first, second) = browsed
    assert 0 < number(first, "uptime") < number(second, "uptime")
    assert re.search(r"\d+ (s|min)", first["uptime"][0])


def test_memory(browsed):
    """The total is what QEMU was given, within the firmware's share; less than that is in use."""
    _, (page, _) = browsed
    total = number(page, "total") / 2**20
    assert MEMORY - FIRMWARE <= total <= MEMORY
    assert 0 < number(page, "memory") / 2**20 < total


def test_boot_time(browsed):
    _, (page, _) = browsed
    assert number(page, "boot") > 0
    assert "ms" in page["boot"][0]


def test_requests_grow_and_connections_are_counted(browsed):
    _, (first, second) = browsed
    assert 0 < number(first, "requests") < number(second, "requests")
    assert number(first, "connections") >= 1


def test_screenshot(browsed, request, tmp_path):
    m, _ = browsed
    picture = request.config.getoption("--picture")
    # Only the first architecture's is for the README.
    target = tmp_path / "page.png"
    chromium(m, tmp_path / "profile", f"--screenshot={target}", "--window-size=1000,760")
    data = target.read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) > 10000
    if picture and m.arch == "aarch64":
        shutil.copy(target, picture)
