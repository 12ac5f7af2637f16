# SPDX-License-Identifier: MIT
"""Sockets through a network card (tests/target/netcard): our own address, datagrams larger than a frame,
and bulk both ways without a stall."""

import concurrent.futures
import ctypes
import os
import socket
import subprocess
import threading

import pytest

from machine import PATIENCE, Machine

APP = "tests/target/netcard"
# Every byte is compared; small enough for a test, large against all windows.
BULK = 16 << 20
PATTERN = bytes(range(251)) * 1045  # of a length that the pattern divides


def tap(m, status):
    """A guest's TAP, all of it good."""
    assert status == 0 and "not ok" not in m.text and "1.." in m.text


@pytest.mark.parametrize("modern", [False, True], ids=["legacy", "modern"])
def test_own_address(boot, arch, modern):
    m = boot(arch, APP, net="user", modern=modern, bootargs="-- own")
    tap(m, m.wait())


CLONE_NEWNET = 0x40000000
TAP = "tap,id=net0,script=no,downscript=no"
STATIC = "ip=10.9.8.2:::255.255.255.0::eth0:off"


def in_own_network(work):
    """work()'s result; it, and with it QEMU, runs in a network namespace of its own."""

    def thread():
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            pytest.skip("no network namespaces here")
        return work()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(thread).result()


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/net/tun"), reason="a TAP device takes root")
def test_own_address_with_offload(arch):
    """A TAP device offloads checksums, which QEMU's user network does not: what the machine sends to
    itself then carries none."""

    def work():
        with Machine(arch, APP, net=TAP, modern=True, bootargs=f"{STATIC} -- own") as m:
            return m, m.wait()

    tap(*in_own_network(work))


def echo(s, stop):
    while not stop.is_set():
        try:
            data, peer = s.recvfrom(65536)
        except TimeoutError:
            continue
        s.sendto(data, peer)


def test_large_datagrams(boot, arch):
    stop = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(0.2)
        server = threading.Thread(target=echo, args=(s, stop))
        server.start()
        try:
            m = boot(arch, APP, net="user", bootargs=f"-- datagrams {s.getsockname()[1]}")
            tap(m, m.wait())
        finally:
            stop.set()
            server.join()


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/net/tun"), reason="a TAP device takes root")
@pytest.mark.parametrize("reads", [True, False])
def test_sent_before_exit(arch, reads):
    """What send() took reaches its peer though main() returns at once, even if the peer must make room first; for one
    that never does the end is not put off for good."""
    size = 30000

    def work():
        with Machine(arch, APP, net=TAP, modern=True, bootargs=f"{STATIC} -- bulk") as m, socket.socket() as s:
            m.expect("bulk: listening")
            for line in "addr add 10.9.8.1/24 dev tap0", "link set tap0 up":
                subprocess.run(["ip", *line.split()], check=True)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.settimeout(PATIENCE)
            s.connect(("10.9.8.2", 80))
            s.sendall(b"end %d\n" % size)
            m.expect(f"bulk: the last {size} bytes")
            if reads:
                with s.makefile("rb") as f:
                    assert f.read() == PATTERN[:size]
            assert m.wait() == 0
            assert ("net: exit with bytes to send on 1 connections" in m.text) is not reads

    in_own_network(work)


def dial(m):
    return socket.create_connection((m.host, m.port), timeout=PATIENCE)


def get(m, size):
    """Take @size bytes from the guest; every one is looked at."""
    with dial(m) as s, s.makefile("rb", buffering=1 << 18) as f:
        s.sendall(b"get %d\n" % size)
        left = size
        while left > 0:
            want = PATTERN[:left]
            assert f.read(len(want)) == want, f"wrong after {size - left} bytes"
            left -= len(want)
        assert f.readline() == b"done %d\n" % size


def put(m, size):
    with dial(m) as s, s.makefile("rb") as f:
        s.sendall(b"put %d\n" % size)
        for at in range(0, size, len(PATTERN)):
            s.sendall(PATTERN[:min(len(PATTERN), size - at)])
        assert f.readline() == b"done %d\n" % size


def test_bulk_both_ways(boot, arch):
    m = boot(arch, APP, net="user", bootargs="-- bulk")
    m.expect("bulk: listening")
    get(m, BULK)
    put(m, BULK)
    with dial(m) as s:
        s.sendall(b"end 0\n")
    assert m.wait() == 0
