# SPDX-License-Identifier: MIT
"""QEMU 10, which Debian 13 has: it faults unaligned accesses while the MMU is off, and its trees are others.

The other tests run on the QEMU in PATH; here the newest there is starts an image of each architecture.
"""

import os
import subprocess

import pytest

from machine import PATIENCE, ROOT

INDEX = (ROOT / "apps/httpd/www/index.html").read_bytes()


def test_serves_a_page(arch, newer_qemu, boot_httpd):
    m = boot_httpd(arch, qemu=newer_qemu)
    done = subprocess.run(["curl", "-s", "-m", str(PATIENCE), f"http://127.0.0.1:{m.port}/"], stdout=subprocess.PIPE,
                          check=True)
    assert done.stdout == INDEX


# --- tools/newer-qemu, which finds it


def find(tmp_path, programs, cache="cache"):
    """Run it where PATH has nothing but these programs, a script each, and the tools that are everywhere."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sed", "dirname", "mkdir", "realpath", "flock", "rm", "head", "readlink", "cat", "chmod"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    done = subprocess.run(["/bin/sh", ROOT / "tools/newer-qemu", tmp_path / cache], env={"PATH": str(folder)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout.splitlines()


def says(version):
    return {f"qemu-system-{a}": f"echo 'QEMU emulator version {version}'" for a in ("aarch64", "riscv64")}


@pytest.mark.parametrize("version", ["10.0.2 (Debian 1:10.0.2+ds-2)", "11.1.50"])
def test_takes_the_systems(tmp_path, version):
    assert find(tmp_path, says(version)) == (0, [str(tmp_path / "bin")])


APT = {"apt-get": "exit 100"}
NO_LIST = {"apt-get": "case $* in *--print-uris) echo \"'x:/d/dists/$RELEASE/InRelease' f 0 \" ;; "
                      "*) echo 'E: it is not signed.'; exit 100 ;; esac"}


@pytest.mark.parametrize("programs, reason", [
    ({}, "there is no apt here"),
    (APT, "names no archive of"),
    (NO_LIST, "-backports: it is not signed."),
], ids=["no apt", "no archive", "no backports"])
def test_says_why_there_is_none(tmp_path, programs, reason):
    """In one line; and nothing half done is taken for it the next time."""
    with open("/etc/os-release") as f:
        release = dict(line.strip().split("=", 1) for line in f if "=" in line).get("VERSION_CODENAME", "")
    if not release:
        pytest.skip("this system's release has no name")
    programs = {name: script.replace("$RELEASE", release) for name, script in programs.items()}
    status, lines = find(tmp_path, says("7.2.22") | programs)
    assert status == 1 and len(lines) == 1 and reason in lines[0]
    assert not os.path.exists(tmp_path / "cache/qemu10")
