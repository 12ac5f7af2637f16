# SPDX-License-Identifier: MIT
"""nmap at the guest: it finds what is open and nothing else, by TCP, UDP, IPv6 and IP protocols, and its odd
packets (-O, -sX, -sN, fragments, a flood of them) leave the guest as it was."""

import re

import pytest

from lan import GUEST, GUEST_LL, STATIC, TAP, Lan, answers, ask, beside, curl, needed, output
from test_ipv6 import INDEX

pytestmark = needed


@pytest.fixture(scope="module")
def scanned(arch):
    with Lan() as lan:
        m = lan.guest(arch, "httpd", bootargs=STATIC)
        m.expect(f"eth0: {GUEST_LL}/64")
        yield m


def nmap(*options, target=GUEST):
    """{"80/tcp": "open"} for all that nmap does not find closed, and its words."""
    said = output("nmap", "-n", "-Pn", "-T4", "--max-retries", 2, "--min-parallelism", 32, "--disable-arp-ping",
                  "-oG", "-", *options, target)
    found = {}
    for ports in re.findall(r"(?:Ports|Protocols): ([^\t\n]*)", said):
        for entry in ports.split(", "):
            number, state, protocol = entry.strip().split("/")[:3]
            found[f"{number}/{protocol}"] = state
    return found, said


@pytest.mark.parametrize("scan", ["-sS", "-sT"])
def test_tcp(scanned, scan):
    found, said = nmap(scan, "-p", "1-1024,5000,8080,49152-49200")
    assert {p for p, state in found.items() if state == "open"} == {"80/tcp"}, said
    assert not [p for p, state in found.items() if state == "filtered"], said
    assert curl(f"http://{GUEST}/") == INDEX


@pytest.mark.parametrize("scan", ["-sN", "-sF", "-sX", "-sA", "-sM"])
def test_odd_flags(scanned, scan):
    """Closed ports refuse them, as RFC 9293 says, open ones are silent: nmap cannot tell more."""
    found, said = nmap(scan, "-p", "79-81")
    for port in ("79/tcp", "81/tcp"):
        assert found.get(port, "closed") in ("closed", "unfiltered"), said
    assert curl(f"http://{GUEST}/") == INDEX


def test_ipv6(scanned):
    found, said = nmap("-6", "-sS", "-p", "1-200", "-e", TAP, target=f"{GUEST_LL}%{TAP}")
    assert found == {"80/tcp": "open"}, said


@beside
def test_udp(arch):
    """Closed ports say so (ICMP); one that is open says nothing."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs=STATIC)
        ask(m, "udp 5000")
        found, said = nmap("-sU", "-p", "1-20,53,67,68,123,137,161,500,4500,4999-5001,5353")
        assert {p for p, state in found.items() if "open" in state} == {"5000/udp"}, said


def test_protocols(scanned):
    """ICMP, TCP and UDP, and IGMP and IPv6's may be there; others are answered by "no such protocol"."""
    found, said = nmap("-sO", "-p", "1,2,6,17,41,47,50,51,89,103,132,200,255")
    assert {p.split("/")[0] for p, state in found.items() if state == "open"} <= {"1", "2", "6", "17"}, said
    assert {"1", "6", "17"} <= {p.split("/")[0] for p, state in found.items() if "open" in state}, said


def test_detection(scanned):
    """Of the system and the service: probes with odd options, urgent data, windows and ECN, and requests of all kinds.
    Whatever it takes us for, the pages are served, and our sequence numbers are hard to guess."""
    before = scanned.text
    said = output("nmap", "-n", "-Pn", "-O", "-sV", "-v", "--max-os-tries", 1, "-p", "79-81", GUEST)
    assert re.search(r"80/tcp\s+open\s+http", said), said
    assert int(re.search(r"TCP Sequence Prediction: Difficulty=(\d+)", said)[1]) > 200, said
    assert curl(f"http://{GUEST}/") == INDEX
    assert scanned.text == before


def test_fragments_and_bad_sums(scanned):
    """A scan in fragments finds what is open; in ones too small for TCP's header (RFC 1858), or with wrong checksums,
    it finds nothing."""
    found, said = nmap("-sS", "--mtu", 24, "-p", "79-81")
    assert found == {"79/tcp": "closed", "80/tcp": "open", "81/tcp": "closed"}, said
    for way in ("-f", "--badsum"):
        found, said = nmap("-sS", way, "-p", "79-81")
        assert set(found.values()) == {"filtered"}, said
    assert curl(f"http://{GUEST}/") == INDEX


def test_flood(scanned):
    """All ports as fast as it can, and pings as fast as they come: it still answers, and has no less memory."""
    output("nmap", "-n", "-Pn", "-sS", "-p-", "-T5", "--min-rate", 3000, "--max-retries", 0, GUEST, timeout=180)
    output("ping", "-n", "-f", "-c", 3000, "-s", 1400, GUEST)
    assert answers(GUEST)
    assert curl(f"http://{GUEST}/") == INDEX
