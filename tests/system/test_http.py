# SPDX-License-Identifier: MIT
"""httpd from outside, over QEMU's user network: curl, many clients, link loss, addresses, power-off.
(What it owes to the HTTP protocol, and a thousand connections, is test_http_protocol.py's.)"""

import concurrent.futures
import json
import resource
import socket
import subprocess
import time
import urllib.request

import pytest

from machine import PATIENCE, ROOT, Machine

INDEX = (ROOT / "apps/httpd/www/index.html").read_bytes()
STATIC = "ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"

_, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (8192 if _hard == resource.RLIM_INFINITY else min(8192, _hard), _hard))


def url(m, path="/"):
    return f"http://{m.host}:{m.port}{path}"


def get(m, path="/"):
    with urllib.request.urlopen(url(m, path), timeout=PATIENCE) as r:
        return r.read()


def status(m):
    return json.loads(get(m, "/status.json"))


def curl(m, *args, path="/"):
    done = subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), *args, url(m, path)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


# --- curl


def test_address_by_dhcp(boot_httpd, arch):
    m = boot_httpd(arch)
    assert "eth0: 10.0.2.15/24, gateway 10.0.2.2" in m.text and "(dhcp)" in m.text.lower()
    assert curl(m) == INDEX


def test_curl_head(http_server):
    head = curl(http_server, "--head").decode().lower()
    assert head.startswith("http/1.1 200") and f"content-length: {len(INDEX)}" in head


def test_curl_range(http_server):
    assert curl(http_server, "--range", "100-299") == INDEX[100:300]
    assert curl(http_server, "--range", "-50") == INDEX[-50:]


def test_curl_etag(http_server, tmp_path):
    tag = tmp_path / "tag"
    assert curl(http_server, "--etag-save", str(tag)) == INDEX
    assert curl(http_server, "--etag-compare", str(tag)) == b""


def test_curl_keeps_the_connection(http_server):
    done = subprocess.run(["curl", "-sv", "-o", "/dev/null", "-o", "/dev/null", url(http_server),
                           url(http_server)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and b"Re-using existing connection" in done.stdout


def test_not_found(http_server):
    assert curl(http_server, "-o", "/dev/null", "-w", "%{http_code}", path="/nothing") == b"404"


# --- many clients


def crowd(m, count):
    """So many connections. One by one: QEMU's own network takes one at a time, and who comes too early is
    heard again after a second, or two, or four."""
    clients = []
    for _ in range(count):
        clients.append(socket.create_connection((m.host, m.port), PATIENCE))
        time.sleep(0.003)
    return clients


def fetch_often(client, times):
    """Over one connection, as browsers do. Returns how many answers were right."""
    good = 0
    with client as s:
        f = s.makefile("rwb")
        for _ in range(times):
            f.write(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            f.flush()
            length = 0
            for line in iter(f.readline, b"\r\n"):
                assert line, "closed"
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            good += f.read(length) == INDEX
    return good


def test_64_clients_at_once(http_server):
    before = status(http_server)["requests"]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        good = sum(pool.map(lambda client: fetch_often(client, 25), crowd(http_server, 64)))
    assert good == 64 * 25
    assert status(http_server)["requests"] >= before + 64 * 25


def test_no_memory_is_lost(boot_httpd, arch):
    """Free memory after the third round is that after the second: what grew at first was kept for use."""
    m = boot_httpd(arch)
    free = []
    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            assert sum(pool.map(lambda client: fetch_often(client, 10), crowd(m, 96))) == 960
        deadline = time.monotonic() + PATIENCE
        while status(m)["connections"] > 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        free.append(status(m)["mem_free"])
    assert free[2] >= free[1] - 65536, free


# --- the link


def test_link_down_and_up(boot_httpd, arch):
    m = boot_httpd(arch)
    assert get(m) == INDEX
    for _ in range(2):
        m.qmp("set_link", name="net0", up=False)
        m.expect("eth0: link down")
        m.qmp("set_link", name="net0", up=True)
        m.expect("eth0: link up")
        assert get(m) == INDEX


def test_link_loss_during_a_transfer(boot_httpd, arch):
    """A connection that is in use when the link goes lives on when it comes back."""
    m = boot_httpd(arch)
    with socket.create_connection((m.host, m.port), PATIENCE) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert s.recv(15) == b"HTTP/1.1 200 OK"
        m.qmp("set_link", name="net0", up=False)
        m.expect("eth0: link down")
        s.sendall(b"GET /favicon.svg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        m.qmp("set_link", name="net0", up=True)
        data = b"".join(iter(lambda: s.recv(65536), b""))
    assert b"</html>" in data and b"</svg>" in data


# --- addresses


def test_static_address(boot_httpd, arch):
    m = boot_httpd(arch, bootargs=STATIC)
    assert "eth0: 10.0.2.15/24, gateway 10.0.2.2" in m.text and "dhcp" not in m.text.lower()
    assert get(m) == INDEX


@pytest.mark.parametrize("bad", ["ip=10.0.2.300", "ip=::::::::::::", "ip=1.2.3.4:5:6"])
def test_bad_address_parameter(boot_httpd, arch, bad):
    """It is named, and DHCP serves instead."""
    m = boot_httpd(arch, bootargs=bad)
    assert "ip=" in m.text
    assert get(m) == INDEX


def test_without_a_network_at_the_other_end(boot, arch):
    """No DHCP server answers: the program starts all the same."""
    m = Machine(arch, "httpd", net="hubport,id=net0,hubid=0")
    with m:
        m.expect("httpd: listening on port 80")


def test_public_url_is_printed(boot_httpd, arch):
    m = boot_httpd(arch, bootargs="PUBLIC_URL=http://127.0.0.1:1234/")
    m.seen = 0
    m.expect("http://127.0.0.1:1234/")


# --- power


def test_power_off_by_request(boot_httpd, arch):
    m = boot_httpd(arch, bootargs="-- -x")
    curl(m, "-X", "POST", path="/poweroff")
    assert m.wait() == 0


def test_power_off_is_not_for_everybody(http_server):
    code = curl(http_server, "-X", "POST", "-o", "/dev/null", "-w", "%{http_code}", path="/poweroff")
    assert code[:1] == b"4"
    assert get(http_server) == INDEX


def test_wrong_usage(boot, arch):
    m = boot(arch, "httpd", bootargs="ip=off -- --nonsense")
    assert m.wait() == 2
    assert "usage: httpd" in m.text
