# SPDX-License-Identifier: MIT
"""The build's own promises: paths, the pinned hashes, a second build that does nothing."""

import os
import re
import shutil
import subprocess

import pytest

from machine import CACHE, OUT, ROOT, make


@pytest.mark.parametrize("goal", ["image-path", "elf-path"])
def test_paths(arch, goal):
    done = make("-s", goal, ARCH=arch, APP="hello")
    assert done.returncode == 0
    path = done.stdout.rstrip("\n")
    assert "\n" not in path and os.path.isabs(path) and os.path.isfile(path)


def test_second_build_does_nothing(arch):
    make("-s", "image", ARCH=arch, APP="hello")
    path = make("-s", "image-path", ARCH=arch, APP="hello").stdout.strip()
    before = os.stat(path).st_mtime_ns
    done = make("image", ARCH=arch, APP="hello")
    assert done.returncode == 0
    steps = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert steps in ([], ["READY"])
    assert os.stat(path).st_mtime_ns == before


def test_same_sources_same_bytes(arch, tmp_path):
    """An image made in another place is the same, byte for byte."""
    path = make("-s", "image-path", ARCH=arch, APP="hello").stdout.strip()
    done = subprocess.run(["make", "-s", "image", f"ARCH={arch}", "APP=hello", f"OUT={tmp_path}/out",
                           f"CACHE={CACHE}"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    with open(path, "rb") as a, open(tmp_path / f"out/{arch}-hello-virt/Image", "rb") as b:
        assert a.read() == b.read()


def test_help():
    done = make("help")
    assert done.returncode == 0
    for goal in ("image", "run", "debug", "test", "bench", "check", "clean", "distclean", "size",
                 "image-path", "elf-path"):
        assert re.search(rf"^  {goal} ", done.stdout, re.M), goal


def test_unknown_architecture():
    done = make("image", ARCH="m68k", APP="hello")
    assert done.returncode != 0 and "aarch64 riscv64" in done.stdout


def test_unknown_app(arch):
    done = make("image", ARCH=arch, APP="none")
    assert done.returncode != 0 and "apps/none/app.mk" in done.stdout


def test_wrong_hash_stops_with_both(tmp_path):
    """A tarball that is not the pinned one is refused, and both hashes are named."""
    lock = (ROOT / "third_party/deps.lock").read_text()
    pinned = re.search(r"\blwip=.*?\b([0-9a-f]{64})\b", lock) or re.search(r"([0-9a-f]{64}).*\blwip\b", lock)
    assert pinned, lock
    wrong = "0" * 64
    (tmp_path / "deps.lock").write_text(lock.replace(pinned[1], wrong))
    downloads = tmp_path / "dl"
    shutil.copytree(CACHE / "dl", downloads)
    done = subprocess.run([ROOT / "tools/fetch-deps", tmp_path / "deps.lock", downloads, "lwip"], cwd=ROOT,
                          env=dict(os.environ, DEPS_DIR=str(CACHE / "dl")), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    assert done.returncode != 0
    assert wrong in done.stdout and pinned[1] in done.stdout


def test_one_warning_for_each_function_of_processes(arch, tmp_path):
    """A link that pulls in fork() or exec*() says once for each which function it is and who wants it."""
    app = tmp_path / "forker"
    app.mkdir()
    (app / "app.mk").write_text("srcs := main.c other.c\n")
    (app / "main.c").write_text("#include <unistd.h>\nint other(void);\n"
                                "int main(void)\n{\n\treturn fork() + fork() + other();\n}\n")
    (app / "other.c").write_text("#include <unistd.h>\nint other(void);\n"
                                 "int other(void)\n{\n\treturn fork() + execv(\"/x\", 0);\n}\n")
    done = make("image", ARCH=arch, APP=app)
    assert done.returncode == 0, done.stdout
    warnings = sorted(line for line in done.stdout.splitlines() if "ENOSYS" in line)
    assert len(warnings) == 2, done.stdout
    assert "execv() in other.o (other.c:5)" in warnings[0]
    assert "fork() in main.o other.o (main.c:5)" in warnings[1]
    assert "/ld:" not in done.stdout


# One worker scans, which takes a while.
of_posix = pytest.mark.xdist_group("posix")


@pytest.fixture(scope="module")
def posix_scans():
    scans = []
    for arch in ("aarch64", "riscv64"):
        done = make("posix-scan", ARCH=arch)
        assert done.returncode == 0, done.stdout
        scans.append(OUT / arch / "posix.json")
    return scans


def posix_table(*args):
    return subprocess.run(["/usr/bin/python3", ROOT / "tools/posix-table.py", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


@of_posix
def test_table_of_posix_is_up_to_date(posix_scans, tmp_path):
    """docs/posix.md is what "make docs" makes, and every absence in it has a reason."""
    done = posix_table("write", tmp_path / "posix.md", *posix_scans)
    assert done.returncode == 0 and done.stdout == "", done.stdout
    assert (tmp_path / "posix.md").read_text() == (ROOT / "docs/posix.md").read_text(), 'run "make docs"'


@of_posix
def test_all_functions_of_posix_link(arch, posix_scans, tmp_path):
    """One program that refers to every function in the table at once."""
    done = posix_table("program", tmp_path / "everything", *posix_scans)
    assert done.returncode == 0, done.stdout
    done = make("image", ARCH=arch, APP=tmp_path / "everything")
    assert done.returncode == 0, done.stdout
