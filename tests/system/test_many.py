# SPDX-License-Identifier: MIT
"""Ten thousand connections on 64 MiB: all of them are served, stay while nobody says anything, and are served again; what
each takes is found by /status.json, and the memory is back when they are gone."""

import contextlib
import json
import os
import random
import resource
import socket
import subprocess
import time

import pytest

from machine import PATIENCE, ROOT, Machine
from test_sockets import in_own_network

MANY = 10000
EACH_MAX = 3072  # bytes that one idle connection may take: its PCB, its socket, httpd's own record
GUEST, HOST = "10.9.8.2", "10.9.8.1"
PAGE = (ROOT / "apps/httpd/www/bench.html").read_bytes()

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/net/tun"), reason="a TAP device takes root")


def run(*commands):
    for command in commands:
        subprocess.run(command.split(), check=True, capture_output=True)


def read_reply(s):
    data = b""
    while b"\r\n\r\n" not in data:
        data += take(s)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1])
    while len(body) < length:
        body += take(s)
    return body


def take(s):
    data = s.recv(65536)
    assert data, "the connection ended"
    return data


def get(s, path="/bench.html"):
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return read_reply(s)


def dial(stack):
    s = stack.enter_context(socket.create_connection((GUEST, 80), PATIENCE))
    s.settimeout(PATIENCE)
    return s


def free_memory():
    with contextlib.ExitStack() as stack:
        status = json.loads(get(dial(stack), "/status.json"))
    return status["mem_free"], status["connections"]


def settled():
    """Free memory when nobody but us is connected."""
    deadline = time.monotonic() + PATIENCE
    while True:
        free, connections = free_memory()
        if connections <= 1:
            return free
        assert time.monotonic() < deadline, f"{connections} connections are left"
        time.sleep(0.2)


def test_ten_thousand_idle_connections(arch):
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + 500, max(MANY + 500, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))

    def inside():
        run("ip link set lo up", "ip tuntap add tap0 mode tap", f"ip addr add {HOST}/24 dev tap0", "ip link set tap0 up")
        subprocess.run(["sysctl", "-qw", "net.ipv4.ip_local_port_range=2000 60000"], check=True)
        with Machine(arch, "httpd", net="tap,id=net0,ifname=tap0,script=no,downscript=no", memory=64,
                     bootargs=f"ip={GUEST}::{HOST}:255.255.255.0::eth0:off") as m:
            m.expect("httpd: listening")
            with contextlib.ExitStack() as stack:
                for s in [dial(stack) for _ in range(100)]:
                    assert get(s) == PAGE
            before = settled()
            with contextlib.ExitStack() as stack:
                crowd = []
                for _ in range(MANY):
                    crowd.append(dial(stack))
                    assert get(crowd[-1]) == PAGE
                free, connections = free_memory()
                each = (before - free) / MANY
                print(f"{connections} connections, {each:.0f} bytes each, {free} bytes free of {before}")
                assert connections == MANY + 1 and 0 < each < EACH_MAX
                for s in random.Random(1).sample(crowd, 500):
                    assert get(s) == PAGE
            after = settled()
            # What pools have taken in pages stays theirs, for the next crowd.
            print(f"{after} bytes free when they have gone")
            with contextlib.ExitStack() as stack:
                for s in [dial(stack) for _ in range(MANY)]:
                    assert get(s) == PAGE
            assert abs(settled() - after) < 1 << 20, "memory is lost"

    in_own_network(inside)
