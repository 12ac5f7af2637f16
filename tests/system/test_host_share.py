# SPDX-License-Identifier: MIT
"""A folder of the host over 9P: QEMU's own server, with and without another representation of attributes."""

import pathlib

import pytest

from machine import Machine
from tap import judge

APP = "tests/target/host"


def share(folder, security="none", tag="share"):
    return ("-fsdev", f"local,id=fs0,path={folder},security_model={security}",
            "-device", f"virtio-9p-device,fsdev=fs0,mount_tag={tag}")


@pytest.mark.parametrize("modern", [False, True], ids=["legacy", "modern"])
def test_both_ways(arch, tmp_path, modern):
    """The POSIX suite in a folder of the host; each side reads what the other wrote."""
    (tmp_path / "from-host.txt").write_text("by the host\n")
    with Machine(arch, APP, bootargs="mount=share:/host:9p", modern=modern, cpus=2 if modern else 1,
                 args=share(tmp_path)) as m:
        assert judge(m) > 250
    assert (tmp_path / "from-guest.txt").read_text() == "by the guest\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["from-guest.txt", "from-host.txt"]


def test_read_only_host(arch, tmp_path):
    """What the host does not let the guest write fails there; reading goes on."""
    (tmp_path / "from-host.txt").write_text("by the host\n")
    args = list(share(tmp_path))
    args[1] += ",readonly=on"
    with Machine(arch, APP, bootargs="mount=share:/host:9p", args=args) as m:
        m.wait()
        text = m.text
        assert "not ok" in text and "ok 2 - its content" in text
        assert "panic" not in text
    assert [p.name for p in pathlib.Path(tmp_path).iterdir()] == ["from-host.txt"]


def test_no_such_tag(arch, tmp_path):
    """A tag that the host does not have: a line in the log that says so, and the program runs."""
    with Machine(arch, APP, bootargs="mount=other:/host:9p", args=share(tmp_path)) as m:
        m.wait()
        assert "mount other on /host: there is no such device or folder" in m.text
        assert "panic" not in m.text
