# SPDX-License-Identifier: MIT
"""iperf3 as the application talks to Debian's iperf3 on the host, through QEMU's user network: server and client, TCP
and UDP, both ways. That all of it arrives is what counts here, never how fast."""

import json
import pathlib
import subprocess
import time

import pytest

from machine import PATIENCE, Machine, die_with_parent, free_port

PORT = 5201
MIB = 1 << 20
# More than all buffers on the way together: a sender whose receiver stands still does not come to its end.
TCP_BYTES = 32 * MIB
UDP_BYTES = 2 * MIB
TCP = ("-n", str(TCP_BYTES))
UDP = ("-u", "-b", "20M", "-l", "1400", "-n", str(UDP_BYTES))
WAYS = {
    "tcp": TCP,
    "tcp-back": (*TCP, "-R"),
    "tcp-four-streams": (*TCP, "-P", "4"),
    "tcp-both-ways": ("-t", "1", "--bidir"),
    "udp": UDP,
    "udp-back": (*UDP, "-R"),
}


def judge(report, way):
    """What the client's JSON says, which has both sides' counts: no error, and the bytes that arrived."""
    told = json.loads(report)
    assert "error" not in told, report
    end = told["end"]
    if way.startswith("udp"):
        # Lost datagrams are no fault of anybody's; all of them lost would be.
        assert end["sum"]["bytes"] > 0 and end["sum"]["lost_percent"] < 100, report
    elif "--bidir" in WAYS[way]:
        assert end["sum_received"]["bytes"] > 0 and end["sum_received_bidir_reverse"]["bytes"] > 0, report
    else:
        assert end["sum_received"]["bytes"] >= TCP_BYTES // 8, report


@pytest.fixture(scope="module")
def server(arch):
    with Machine(arch, "iperf3", net="user", forward=(PORT,), udp=(PORT,)) as m:
        m.expect(rf"Server listening on {PORT}")
        yield m


@pytest.mark.parametrize("way", WAYS)
def test_server(server, way):
    done = subprocess.run(["iperf3", "-c", server.host, "-p", str(server.ports[PORT]), "-J", *WAYS[way]],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout
    judge(done.stdout, way)
    server.expect(rf"Server listening on {PORT}")  # it is ready for the next
    assert "error" not in server.text


def wait_until_listening(port):
    """Without a connection, which would be the one that `-1` lets the server take."""
    deadline = time.monotonic() + PATIENCE
    while f":{port:04X} 00000000:0000 0A " not in pathlib.Path("/proc/net/tcp").read_text():
        assert time.monotonic() < deadline, "the host's iperf3 does not listen"
        time.sleep(0.02)


@pytest.mark.parametrize("way", WAYS)
def test_client(boot, arch, way):
    port = free_port()
    host = subprocess.Popen(["iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", str(port), "-J"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
    try:
        wait_until_listening(port)
        m = boot(arch, "iperf3", net="user", bootargs=f"quiet -- -c 10.0.2.2 -p {port} -J {' '.join(WAYS[way])}")
        assert m.wait() == 0
        served, _ = host.communicate(timeout=PATIENCE)
    finally:
        host.kill()
        host.wait()
    assert host.returncode == 0 and "error" not in json.loads(served), served
    judge(m.text[m.text.index("\n{"):] if "\n{" in m.text else m.text, way)
