# SPDX-License-Identifier: MIT
"""Random operations on each file system, and the same ones on the host's, which is the model: every result, every byte
read and every folder listed must be the same. tests/target/fsrandom says a sum of all that every hundred operations."""

import pathlib
import subprocess

import pytest

from machine import ROOT, Machine
from test_fs_suite import disk
from test_host_share import share

APP = "tests/target/fsrandom"
COUNT = 4000
SEEDS = (1, 2)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The same program for the host: model(arguments...) gives its lines."""
    program = tmp_path_factory.mktemp("fsrandom") / "fsrandom"
    sources = [str(ROOT / APP / name) for name in ("main.c", "ops.c")]
    subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, *sources], check=True)

    def run(*arguments):
        folder = tmp_path_factory.mktemp("model")
        return subprocess.run([program, folder, *map(str, arguments)], check=True, stdout=subprocess.PIPE,
                              text=True).stdout.splitlines()

    return run


def guest(arch, folder, arguments, **options):
    bootargs = options.pop("bootargs", "")
    with Machine(arch, APP, bootargs=f"{bootargs} -- {folder} {' '.join(map(str, arguments))}", **options) as m:
        m.wait(timeout=600)
        assert m.status == 0, m.text[-2000:]
        lines = [line.rstrip("\r") for line in m.text.splitlines()]
    return [line for line in lines if line.startswith(("sum ", "end of ")) or " -> " in line]


def compare(arch, folder, model, links, setup):
    """setup() gives fresh options of a Machine for each run."""
    for seed in SEEDS:
        want = model(seed, COUNT, links)
        got = guest(arch, folder, (seed, COUNT, links), **setup())
        if got == want:
            continue
        at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got))) * 100
        arguments = (seed, COUNT, links, at, at + 100)
        pairs = zip(model(*arguments), guest(arch, folder, arguments, **setup()))
        first = next(((a, b) for a, b in pairs if a != b), "none: not the same twice")
        pytest.fail(f"seed {seed}: the model and the guest differ at {first}")


def test_tmpfs(arch, model):
    compare(arch, "/tmp", model, 1, dict)


def test_9p(arch, model, tmp_path):
    def setup():
        folder = pathlib.Path(tmp_path) / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return {"bootargs": "mount=share:/host:9p", "args": share(folder)}

    compare(arch, "/host", model, 1, setup)


@pytest.mark.parametrize("fs", ["littlefs", "fat"])
def test_disk(arch, model, tmp_path, fs):
    """FAT has no links."""
    image = tmp_path / "disk.img"

    def setup():
        with open(image, "wb") as f:
            f.truncate(64 << 20)
        return {"bootargs": f"mount=vda:/mnt:{fs}:format", "args": disk(image)}

    compare(arch, "/mnt", model, int(fs != "fat"), setup)
