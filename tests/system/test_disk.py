# SPDX-License-Identifier: MIT
"""tools/mkdisk.py and `make disk`: tables that other people's tools like, and the same bytes each time."""

import os
import re
import shutil
import subprocess

import pytest

from machine import ROOT, make
from makerun import make_run

MIB = 1 << 20
SECTOR = 512
ENV = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin", LC_ALL="C.UTF-8", MTOOLSRC="/dev/null")


def run(*command, ok=True):
    done = subprocess.run([str(c) for c in command], env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    assert not ok or done.returncode == 0, done.stdout
    return done


def mkdisk(*words, ok=True):
    return run(ROOT / "tools/mkdisk.py", *words, ok=ok)


def partition_info(image, number):
    text = run("sgdisk", f"-i{number}", image).stdout
    return dict(re.findall(r"^(.*?): (.*)$", text, re.M))


def no_problems(image):
    text = run("sgdisk", "-v", image).stdout
    assert "No problems found" in text and "Warning" not in text and "Caution" not in text, text
    text = run("sfdisk", "--verify", image).stdout
    assert "No errors detected" in text, text


@pytest.fixture
def folder(tmp_path):
    top = tmp_path / "files"
    (top / "sub/deeper still").mkdir(parents=True)
    (top / "short.txt").write_text("short\n")
    (top / "empty").write_bytes(b"")
    (top / "sub/A long name, with more than 8.3 of UPPER and lower.text").write_bytes(bytes(range(256)) * 400)
    (top / "sub/deeper still/größer als acht Zeichen").write_text("not ASCII\n")
    return top


@pytest.mark.parametrize("size", ["3M", "64M", str(10 * MIB + 512), str(10 * MIB + 1), "2G"])
def test_tables(tmp_path, size):
    image = tmp_path / "disk.img"
    mkdisk(image, size, "label=data,fs=none")
    no_problems(image)
    info = partition_info(image, 1)
    first, last = (int(re.match(r"\d+", info[f"{end} sector"])[0]) for end in ("First", "Last"))
    assert info["Partition name"] == "'data'" and "Linux filesystem" in info["Partition GUID code"]
    assert first * SECTOR == MIB and (last + 1) * SECTOR % MIB == 0
    assert image.stat().st_blocks * 512 < MIB // 4, "what is zero is a hole"


def test_many_partitions(tmp_path, folder):
    """A list of partitions is data: sizes are rounded up to 1 MiB, one takes what is left, wherever it stands."""
    image = tmp_path / "disk.img"
    mine = "01234567-89ab-cdef-0123-456789abcdef"
    mkdisk(image, "80M", f"label=ESP,fs=fat32,size=34M,type=esp,files={folder}", "label=data,fs=none",
           f"label=swap,size=3000K,type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F,uuid={mine}", f"label={'ü' * 36},size=1")
    no_problems(image)
    infos = [partition_info(image, n) for n in range(1, 5)]
    assert ["EFI system" in i["Partition GUID code"] for i in infos] == [True, False, False, False]
    assert "Linux swap" in infos[2]["Partition GUID code"] and infos[2]["Partition unique GUID"] == mine.upper()
    assert infos[3]["Partition name"] == f"'{'ü' * 36}'"
    assert [int(i["Partition size"].split()[0]) * SECTOR // MIB for i in infos] == [34, 80 - 34 - 3 - 1 - 2, 3, 1]
    assert len({i["Partition unique GUID"] for i in infos}) == 4


def test_fat_holds_the_folder(tmp_path, folder):
    image, part, back = tmp_path / "disk.img", tmp_path / "part", tmp_path / "back"
    mkdisk(image, "64M", f"label=data,fs=fat,files={folder}")
    no_problems(image)
    with open(image, "rb") as f:
        f.seek(MIB)
        part.write_bytes(f.read(62 * MIB))
    assert run("fsck.vfat", "-n", part).returncode == 0
    back.mkdir()
    run("mcopy", "-s", "-i", part, "::*", back)
    assert run("diff", "-r", folder, back).stdout == ""


def test_littlefs_holds_the_folder(tmp_path, folder):
    image, back = tmp_path / "disk.img", tmp_path / "back"
    mkdisk(image, "8M", f"label=data,fs=littlefs,files={folder}")
    no_problems(image)
    run(ROOT / "tools/lfs", "check", image, "--partition", "data")
    run(ROOT / "tools/lfs", "extract", image, back, "--partition", "data")
    assert run("diff", "-r", folder, back).stdout == ""


@pytest.mark.parametrize("fs", ["none", "fat", "littlefs"])
def test_same_input_same_bytes(tmp_path, folder, fs):
    """Times and the order in which files were made do not count; content, size and labels do."""
    other = tmp_path / "other"
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            copy = other / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            os.utime(copy, (1, 2_000_000_000))
    word = (lambda f: "label=data,fs=none") if fs == "none" else lambda f: f"label=data,fs={fs},files={f}"
    images = [tmp_path / name for name in ("a", "b", "c", "d")]
    mkdisk(images[0], "16M", word(folder))
    mkdisk(images[1], "16M", word(other))
    mkdisk(images[2], "17M", word(folder))
    (other / "empty").write_text("x")
    mkdisk(images[3], "16M", word(other))
    content = [i.read_bytes() for i in images]
    assert content[0] == content[1]
    ids = [partition_info(i, 1)["Partition unique GUID"] for i in images]
    assert ids[0] != ids[2] and (ids[0] == ids[3]) == (fs == "none")


def test_either_header_is_enough(tmp_path):
    image = tmp_path / "disk.img"
    mkdisk(image, "4M", "label=data,fs=none")
    whole = image.read_bytes()
    for at in (SECTOR, len(whole) - SECTOR):
        image.write_bytes(whole[:at] + bytes(SECTOR) + whole[at + SECTOR:])
        text = run("sgdisk", "-p", image, ok=False).stdout
        assert "data" in text and "invalid" in text, text


@pytest.mark.parametrize("words, said", [
    (("2M", "label=data"), "do not fit"),
    (("0", "label=data"), "do not fit"),
    (("8M", "label=a,size=4M", "label=b,size=3M"), "do not fit"),
    (("8M", "label=a", "label=b"), "only one"),
    (("8M", "label=a,fs=ext9"), "no file system"),
    (("8M", "label=a,fs=none,files=/tmp"), "holds no files"),
    (("8M", "label=a,fs=fat,files=/nowhere"), "no folder /nowhere"),
    (("8M", f"label={'x' * 37}"), "36 characters"),
    (("8M", "label=a,colour=red"), "colour=red"),
    (("8M", "label=a,label=b"), "each once"),
    (("8M", "label=a,uuid=12"), "no UUID"),
    (("8Q", "label=a"), "no size"),
    (("-8M", "label=a"), "no size"),
])
def test_refused(tmp_path, words, said):
    """It says why, and what was there is left alone."""
    image = tmp_path / "disk.img"
    image.write_text("precious")
    done = mkdisk(image, *words, ok=False)
    assert done.returncode == 1 and said in done.stdout and "Traceback" not in done.stdout
    assert image.read_text() == "precious" and os.listdir(tmp_path) == ["disk.img"]


def test_files_that_do_not_fit(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/big").write_bytes(bytes(2 * MIB))
    done = mkdisk(tmp_path / "disk.img", "3M", f"label=data,fs=fat,files={tmp_path}/files", ok=False)
    assert done.returncode == 1 and "Traceback" not in done.stdout and os.listdir(tmp_path) == ["files"]


def test_make_disk(tmp_path, folder):
    image = tmp_path / "new/disk.img"
    done = make("disk", DISK_IMAGE=image, DISK_FS="fat", DISK_FILES=folder, DISK_SIZE="8M")
    assert done.returncode == 0, done.stdout
    no_problems(image)
    assert image.stat().st_size == 8 * MIB
    assert run("mtype", "-i", f"{image}@@1M", "::short.txt").stdout == "short\n"


def test_run_attaches_a_disk_only_to_what_needs_one(arch, tmp_path):
    done = make("-n", "run", ARCH=arch, APP="hello", DISK=tmp_path / "disk.img")
    assert done.returncode == 0 and "hello does not need block" in done.stdout
    assert "virtio-blk" not in done.stdout


def run_and_say(arch, image, *lines):
    """`make run` of filesh with this disk. Returns all that is said."""
    with make_run(ARCH=arch, APP="tests/target/filesh", DISK=image, DISK_SIZE="4M") as child:
        child.expect("filesh: ready")
        text = child.before
        for line in lines:
            child.sendline(line)
            child.expect("-> (.*?)\r?\n")
            text += f"\n{line}: {child.match[1]}"
        child.sendline("exit 0")
    return text


def test_run_keeps_the_disk(arch, tmp_path):
    """One that is not there is made, and said so; the second run finds what the first one wrote."""
    image = tmp_path / "disk, of mine.img"
    text = run_and_say(arch, image, "open 0 /data/new rwc", "write 0 5000 3 0", "fsync 0")
    assert f"{image}: not there, making one of 4M, littlefs" in text and "fsync 0: 0" in text, text
    assert image.stat().st_size == 4 * MIB
    text = run_and_say(arch, image, "open 0 /data/new r", "read 0 6000 3 0")
    assert "making" not in text and "read 0 6000 3 0: 5000" in text, text
