# SPDX-License-Identifier: MIT
"""Bulk through a TAP device, which offers every offload: every byte compared, with each offload and
without, legacy and modern, and over a narrow path that loses much of it."""

import os
import re
import subprocess
import threading

import pytest

from machine import Machine
from test_sockets import APP, BULK, get, in_own_network, put

GUEST, HOST = "10.9.8.2", "10.9.8.1"
BOOTARGS = f"ip={GUEST}::{HOST}:255.255.255.0::eth0:off -- bulk"
TAP = "tap,id=net0,ifname=tap0,script=no,downscript=no"

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/net/tun"),
                                reason="a TAP device takes root")


def run(*commands):
    for command in commands:
        subprocess.run(command.split(), check=True, capture_output=True)


class Guest:
    """What test_sockets' get() and put() talk to."""

    host, port = GUEST, 80


def serve(arch, work, modern=False, off=()):
    """work() beside a guest on tap0, in a network of their own."""

    def inside():
        run("ip link set lo up", "ip tuntap add tap0 mode tap", f"ip addr add {HOST}/24 dev tap0", "ip link set tap0 up")
        args = [word for name in off for word in ("-global", f"virtio-net-device.{name}=off")]
        with Machine(arch, APP, net=TAP, modern=modern, bootargs=BOOTARGS, args=args) as m:
            m.expect("bulk: listening")
            work()

    in_own_network(inside)


CASES = [((), False), ((), True), (("csum",), True), (("guest_csum",), False),
         (("host_tso4", "host_tso6"), True), (("guest_tso4", "guest_tso6"), False), (("mrg_rxbuf",), True),
         (("event_idx", "mrg_rxbuf"), False), (("csum", "guest_csum", "event_idx", "mrg_rxbuf", "any_layout"), False)]


@pytest.mark.parametrize("off,modern", CASES, ids=["-".join(("modern" if m else "legacy", *o)) for o, m in CASES])
def test_bulk(arch, off, modern):
    def work():
        get(Guest, BULK)
        put(Guest, BULK)

    serve(arch, work, modern, off)


def dropped(device, enter=""):
    """How many packets its queue has refused."""
    command = f"{enter}tc -s qdisc show dev {device}"
    text = subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout
    return int(re.search(r"dropped (\d+)", text)[1])


@pytest.mark.parametrize("off", [(), ("host_tso4", "host_tso6")], ids=["large", "small"])
def test_losses(arch, off):
    """The host is beyond a router that forwards single segments, at 30 Mbit/s with a queue of 30 KiB each
    way: neither end's window fits into that, so whoever sends loses segments out of its large ones."""
    size = 2 << 20
    tbf = "root tbf rate 30mbit burst 10k limit 30k"

    def beside():
        """In the host's own network."""
        router = threads[0]
        run("ip link add far type veth peer name narrow", f"ip link set narrow netns {router}", "ip link set lo up",
            "ip addr add 10.9.9.2/24 dev far", "ip link set far up", "ip route add default via 10.9.9.1",
            f"tc qdisc add dev far {tbf}")
        enter = f"nsenter --net=/proc/{os.getpid()}/task/{router}/ns/net "
        run(*(enter + c for c in ("ip addr add 10.9.9.1/24 dev narrow", "ip link set narrow up",
                                  "sysctl -qw net.ipv4.ip_forward=1", f"tc qdisc add dev narrow {tbf}")))
        get(Guest, size)
        put(Guest, size)
        assert dropped("far") > 0 and dropped("narrow", enter) > 0

    def work():
        threads.append(threading.get_native_id())
        in_own_network(beside)

    threads = []
    serve(arch, work, off=off)
