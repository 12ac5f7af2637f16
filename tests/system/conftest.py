# SPDX-License-Identifier: MIT
"""Fixtures of the system tests. A test that takes `arch` runs on each of ARCHS (the environment's).

Side by side (tests/run does it by python3-pytest-xdist) what runs on one worker is a file's tests of one architecture: they
share machines. A test that shares with others says so by its own xdist_group.
"""

import os
import tempfile

import pytest

import machine
from pki import Pki

# The files that take longest: to begin with, so that no worker has one left for itself at the end.
LONG = ("test_build", "test_sd", "test_storage_faults", "test_sdk", "test_clients_tls", "test_tls", "test_faults", "test_kvd")


def pytest_addoption(parser):
    parser.addoption("--picture", metavar="FILE", help="where test_status_page puts its screenshot")


def pytest_itemcollected(item):
    if item.get_closest_marker("xdist_group") is None:
        arch = item.callspec.params.get("arch", "none") if hasattr(item, "callspec") else "none"
        item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{arch}"))


@pytest.hookimpl(trylast=True)  # pytest itself sorts by parameters
def pytest_collection_modifyitems(items):
    items.sort(key=lambda i: LONG.index(i.path.stem) if i.path.stem in LONG else len(LONG))


@pytest.fixture(params=machine.ARCHS, scope="session")
def arch(request):
    return request.param


@pytest.fixture(scope="session", autouse=True)
def images():
    """Everything that boots here, built; tests/run did it already."""
    if "CORACLE_BUILT" in os.environ:
        return
    for a in machine.ARCHS:
        for board, apps in (("virt", machine.SYSTEM_APPS), ("generic", machine.GENERIC_APPS)):
            for app in apps:
                done = machine.make("-s", "image", ARCH=a, APP=app, BOARD=board)
                assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def newer_qemu():
    """The folder of a QEMU 10 or above, for Machine's `qemu`; where there is none, the test is skipped."""
    said, status = machine.newer_qemu()
    if status != 0:
        pytest.skip(said)
    return said


@pytest.fixture
def qemu_for(request):
    """qemu_for(board): Machine's `qemu` for boards/BOARD, which may say that it needs a newer one; without, the test is skipped."""
    def find(board):
        words = (machine.ROOT / "boards" / board / "board.mk").read_text()
        return request.getfixturevalue("newer_qemu") if "newer-qemu := y" in words else None

    return find


@pytest.fixture(scope="session")
def pki():
    with tempfile.TemporaryDirectory(prefix="coracle-pki-") as folder:
        yield Pki(folder)


@pytest.fixture
def ends():
    """ends(fn): as fn, and the Machine that it returns ends with the test."""
    machines = []

    def keep(fn):
        def start(*args, **options):
            machines.append(fn(*args, **options))
            return machines[-1]

        return start

    yield keep
    for m in reversed(machines):
        m.__exit__()


@pytest.fixture
def boot(ends):
    """boot(arch, app, ...): a Machine that ends with the test."""
    return ends(machine.Machine)


@pytest.fixture
def boot_httpd(ends):
    """boot_httpd(arch, ...): the same with httpd in it, listening."""
    return ends(machine.httpd)


@pytest.fixture(scope="session")
def shared_httpd(arch):
    """One httpd per architecture for the tests that leave it as they found it."""
    with machine.httpd(arch, memory=128) as m:
        yield m


@pytest.fixture
def http_server(shared_httpd):
    before = len(shared_httpd.text)
    yield shared_httpd
    print("--- console during this test\n" + shared_httpd.text[before:])
    assert shared_httpd.process.poll() is None, "the guest ended"
