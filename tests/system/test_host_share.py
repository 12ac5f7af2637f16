# SPDX-License-Identifier: MIT
"""A folder of the host over 9P: QEMU's own server, with and without another representation of attributes."""

import os
import re
import stat

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
    """What the host does not let the guest write fails there; reading goes on. A device of the host's is none here."""
    (tmp_path / "from-host.txt").write_text("by the host\n")
    try:
        os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pass
    names = sorted(p.name for p in tmp_path.iterdir())
    args = list(share(tmp_path))
    args[1] += ",readonly=on"
    with Machine(arch, APP, bootargs="mount=share:/host:9p", args=args) as m:
        m.wait()
        text = m.text
        assert "not ok" in text and "ok 2 - its content" in text
        assert "panic" not in text
        assert "null" not in names or re.search(r"^ok \d+ - a device of the host's", text, re.M)
    assert sorted(p.name for p in tmp_path.iterdir()) == names


def test_no_such_tag(arch, tmp_path):
    """A tag that the host does not have: a line in the log that says so, and the program runs."""
    with Machine(arch, APP, bootargs="mount=other:/host:9p", args=share(tmp_path)) as m:
        m.wait()
        assert "mount other on /host: there is no such device or folder" in m.text
        assert "panic" not in m.text
