# SPDX-License-Identifier: MIT
"""The FIT image of `make fit`, hashed or signed, boots under U-Boot; one that was changed is refused. Hashed: Debian's U-Boot.
Signed: one that checks signatures, `make u-boot`.
"""

import functools
import hashlib
import re
import subprocess

import pytest

import boardrow
from machine import ROOT, make
from uboot import KERNEL_ADDR, MACHINE, MEMORY, NAME, U_BOOT, control_tree, generic_image, get, run, signature_u_boot

LISTENING = r"httpd: listening on port 80|http://"
BAD_HASH = "Bad hash value for 'hash-1' hash node in 'kernel' image node"


def make_fit(path, arch, **variables):
    done = make("-s", "fit", ARCH=arch, APP="httpd", BOARDS="virt", FIT=path, **variables)
    assert done.returncode == 0, done.stdout
    return path


@pytest.fixture(scope="session")
def fits(tmp_path_factory):
    return functools.cache(lambda arch: make_fit(tmp_path_factory.mktemp("fit") / "coracle.itb", arch))


@pytest.fixture
def image(arch):
    return generic_image(arch)


@pytest.fixture
def fit(arch, fits):
    return fits(arch)


def boot_fit(boot, arch, fit, tree, u_boot=None):
    """A machine with the FIT where a script would have loaded it; without u_boot: Debian's U-Boot."""
    return boot(arch, None, machine=MACHINE[arch], memory=MEMORY, net="user", semihosting=False,
                args=[*(u_boot or U_BOOT[arch]), "-dtb", tree,
                      "-device", f"loader,file={fit},addr={KERNEL_ADDR[arch]:#x},force-raw=on"])


def bootm(tmp_path, boot, arch, fit, more=" - ${fdtcontroladdr}"):
    return boot_fit(boot, arch, fit, control_tree(tmp_path / "u-boot.dtb", arch, "bootm ${kernel_addr_r}" + more))


def serves(m):
    m.expect(LISTENING)
    assert b"<title>Coracle</title>" in get(m.port)


def boots(m, chain, arch, image, *said):
    """U-Boot says these, and the image serves its page: a row of docs/boards.md."""
    with boardrow.Row("virt", chain, arch, image, disk="read by the loader alone: httpd has none") as row:
        for text in said:
            m.expect(text)
        m.expect(f"Coracle .* on {arch}")
        row.passed("console")
        serves(m)
        row.passed("network", "virtio-net")


def refuses(m, text):
    """U-Boot says why, and nothing of ours runs."""
    m.expect(re.escape(text))
    m.expect("REFUSED")
    m.wait()
    assert "Starting kernel" not in m.text and "Coracle 0" not in m.text


# --- hashed


def test_fit(boot, arch, fit, image, tmp_path):
    """Its only configuration, with U-Boot's own tree; the hash is checked."""
    m = bootm(tmp_path, boot, arch, fit)
    boots(m, "U-Boot, FIT", arch, image, "Using 'virt' configuration", r"Verifying Hash Integrity ... sha256\+ OK")


def test_fit_with_tree(boot, arch, image, tmp_path):
    """A configuration that is named gets its own tree."""
    tree = control_tree(tmp_path / "other.dtb", arch)
    run("fdtput", "-t", "s", tree, "/", "model", "Tree of the FIT")
    words = [*(["--load", "0x80200000"] if arch == "riscv64" else []), NAME[arch], image, "virt", f"other={tree}"]
    (tmp_path / "two.its").write_text(run("tools/fit-its.py", *words))
    run("mkimage", "-E", "-B", "8", "-f", tmp_path / "two.its", tmp_path / "two.itb")
    m = bootm(tmp_path, boot, arch, tmp_path / "two.itb", "#other")
    m.expect("Using 'other' configuration")
    m.expect(f"Coracle .* on {arch}, Tree of the FIT")
    serves(m)


def tampered(fit, image, path, mend=False):
    """The FIT with one bit of the image changed; mend: with the hash of what it is then."""
    with open(image, "rb") as f:
        old = f.read()
    new = bytearray(old)
    new[len(new) // 2] ^= 1
    data = fit.read_bytes()
    assert data.count(old) == 1
    data = data.replace(old, bytes(new))
    if mend:
        assert data.count(hashlib.sha256(old).digest()) == 1
        data = data.replace(hashlib.sha256(old).digest(), hashlib.sha256(new).digest())
    path.write_bytes(data)
    return path


def test_tampered_fit(boot, arch, fit, image, tmp_path):
    refuses(bootm(tmp_path, boot, arch, tampered(fit, image, tmp_path / "x.itb")), BAD_HASH)


def test_same_fit_again(arch, fit, tmp_path):
    assert make_fit(tmp_path / "again.itb", arch).read_bytes() == fit.read_bytes()


@pytest.mark.parametrize("words, said", [
    ({"BOARDS": "virt nowhere"}, "there is no boards/nowhere/board.mk"),
    ({"FIT_DTB": "x.dtb"}, "FIT_KEY=folder/name"),
    ({"FIT_KEY": "nowhere/dev"}, "there is no nowhere/dev.key"),
])
def test_make_fit_refuses(words, said):
    done = make("-s", "fit", APP="httpd", **words)
    assert done.returncode != 0 and said in done.stdout


@pytest.mark.parametrize("boards, said", [
    (["virt", "virt=x.dtb"], "named twice"),
    (["a b"], "is not a name"),
    (['x:"'], "has a quote"),
])
def test_its_refuses(boards, said):
    done = subprocess.run([ROOT / "tools/fit-its.py", "arm64", "Image", *boards], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode != 0 and said in done.stdout


# --- signed


NOT_SIGNED = "Failed to verify required signature 'key-dev'"


def make_key(folder, name="dev"):
    run("openssl", "req", "-batch", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
    return folder / name


@pytest.fixture(scope="session")
def signed(arch, tmp_path_factory):
    """A FIT, and U-Boot's tree with the key that it must be signed with. Ours has that very command built in."""
    folder = tmp_path_factory.mktemp("signed")
    tree = control_tree(folder / "u-boot.dtb", arch,
                        "bootm ${kernel_addr_r} - ${fdtcontroladdr}" if arch == "aarch64" else None)
    return make_fit(folder / "coracle.itb", arch, FIT_KEY=make_key(folder), FIT_DTB=tree), tree


@pytest.fixture
def boot_required(boot, arch, signed):
    """Boots a FIT that must be signed."""
    return lambda fit: boot_fit(boot, arch, fit, signed[1], signature_u_boot(arch))


def test_signed(boot_required, arch, signed, image):
    boots(boot_required(signed[0]), "U-Boot, signed FIT", arch, image, r"sha256,rsa2048:dev\+ OK")


def test_signed_refuses_unsigned(boot_required, fit):
    refuses(boot_required(fit), NOT_SIGNED)


@pytest.mark.parametrize("mend, said", [(False, BAD_HASH), (True, NOT_SIGNED)])
def test_signed_refuses_tampered(boot_required, signed, image, tmp_path, mend, said):
    """A hash that fits what was changed does not help: the signature is over it."""
    refuses(boot_required(tampered(signed[0], image, tmp_path / "x.itb", mend)), said)


def test_signed_refuses_another_key(boot_required, arch, tmp_path):
    other = make_fit(tmp_path / "other.itb", arch, FIT_KEY=make_key(tmp_path))
    refuses(boot_required(other), NOT_SIGNED)
