# SPDX-License-Identifier: MIT
"""The status page in a real browser: headless Chromium loads it once, its script asks the machine, and
the figures shown are the machine's."""

import re
import subprocess

MEMORY = 96  # MiB

BROWSER = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--window-size=900,640", "--virtual-time-budget=15000"]


def browse(profile, url, *options):
    done = subprocess.run([*BROWSER, f"--user-data-dir={profile}", *options, url], timeout=240,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def shown(dom, name):
    """What an element of the page says, and the plain value behind it."""
    tag = re.search(rf'<[^>]*\bid="{name}"[^>]*>([^<]*)', dom)
    assert tag, f"no element {name} in {dom[:2000]}"
    value = re.search(r'data-value="([^"]*)"', tag[0])
    return tag[1].strip(), value and value[1]


def test_status_page(boot_httpd, arch, tmp_path, request):
    m = boot_httpd(arch, memory=MEMORY)
    url = f"http://127.0.0.1:{m.port}/"
    first = browse(tmp_path / "profile", url, "--dump-dom")
    text = {name: shown(first, name)[0] for name in ("arch", "uptime", "memory", "boot", "requests",
                                                     "connections", "state")}
    value = {name: float(shown(first, name)[1]) for name in ("uptime", "memory", "total", "boot",
                                                             "requests", "connections")}
    assert text["arch"] == arch
    assert text["state"] == "live"
    assert re.match(r"\d", text["uptime"]) and value["uptime"] > 0
    # All that QEMU gave; the used part is ours and small.
    assert value["total"] == MEMORY << 20
    assert 0 < value["memory"] < value["total"] / 4
    assert 0 < value["boot"] < 1000 * value["uptime"] + 1
    assert value["requests"] >= 2 and value["connections"] >= 1

    picture = request.config.getoption("--picture")
    if picture and arch == "aarch64":
        browse(tmp_path / "profile", url, f"--screenshot={picture}")
    second = browse(tmp_path / "profile", url, "--dump-dom")
    assert float(shown(second, "uptime")[1]) > value["uptime"]
    assert float(shown(second, "requests")[1]) > value["requests"]
