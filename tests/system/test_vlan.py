# SPDX-License-Identifier: MIT
"""VLANs, and several cards: each interface has its own addresses, and what is said on one is not heard on another.

The other end of the VLAN is a TAP of the host's own; this process puts its frames on the guest's wire with
the tag, and takes it off (the kernel of the test machine may know no VLANs)."""

import contextlib
import os
import select
import socket
import struct
import threading

import frames
from lan import (APP, GUEST, GUEST_LL, GUEST_MAC, STATIC, TAP, Lan, Machine, addresses, answers, ask, beside, curl,
                 needed, netdev, sh, until)
from machine import PATIENCE
from test_ipv6 import INDEX
from wire import open_tap

pytestmark = needed
VLAN = 5
HOST5, GUEST5 = "10.99.5.1", "10.99.5.2"
BOOTARGS = f"{STATIC} vlan=eth0:{VLAN} ip={GUEST5}::{HOST5}:255.255.255.0::eth0.{VLAN}:off"


def whole(p):
    """The frame without its tag, and with the checksum that the guest left to the card."""
    head = p.data[:12] + p.data[16:-len(p.payload)] if p.payload else p.data[:12] + p.data[16:]
    if not p.half_sum:
        return p.data[:12] + p.data[16:]
    assert p.protocol == 6 and p.kind == 0x0800
    data = p.payload[:16] + b"\0\0" + p.payload[18:]
    return head + frames.with_pseudo_sum(6, data, 16, *map(socket.inet_aton, (p.src, p.dst)))


def without_sum(frame, text):
    """The untagged or tagged UDP frame with another text of the same length, and no checksum, as IPv4 allows."""
    at = frame.index(b"\x45", 14) + 20
    return frame[:at + 6] + b"\0\0" + text


class Tagged:
    """with Tagged(lan): tap0.5 is the host's interface in the VLAN."""

    def __init__(self, lan, ident=VLAN, address=HOST5, priority=0):
        self.lan, self.tag, self.name = lan, struct.pack(">HH", 0x8100, priority << 13 | ident), f"{TAP}.{ident}"
        self.ident = ident
        self.fd = open_tap(lan.namespace, self.name)
        sh(f"""ip addr add {address}/24 dev {self.name}
               ip link set {self.name} up""")
        self.ended, self.sent = False, []
        self.done = lan.wire.mark()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        os.close(self.fd)

    def run(self):
        while not self.ended:
            if select.select([self.fd], [], [], 0.005)[0]:
                frame = os.read(self.fd, 65536)
                self.sent.append(frame[:12] + self.tag + frame[12:])
                self.lan.wire.send(self.sent[-1])
            for p in self.lan.wire.packets[self.done:]:
                self.done += 1
                if not p.out and p.vlan == self.ident:
                    with contextlib.suppress(OSError):
                        os.write(self.fd, whole(p))


@beside
def test_vlan(arch):
    """Both networks work at once over one card: pings of all sizes and pages, each frame with its tag or without."""
    with Lan(ipv6=False) as lan, Tagged(lan) as vlan:
        m = lan.guest(arch, "httpd", bootargs=BOOTARGS)
        m.expect(rf"eth0: {GUEST}/24")
        m.expect(rf"eth0\.{VLAN}: {GUEST5}/24, gateway {HOST5}")
        assert answers(GUEST) and answers(GUEST5)
        assert curl(f"http://{GUEST5}/") == INDEX == curl(f"http://{GUEST}/")
        for size in (1, 1472, 1473, 4000):
            sh(f"ping -n -c 2 -i 0.2 -W 10 -s {size} {GUEST5}")
        ours = lan.wire.seen(lambda p: not p.out and p.kind == 0x0800)
        assert {p.vlan for p in ours if p.src == GUEST5} == {vlan.ident}
        assert {p.vlan for p in ours if p.src == GUEST} == {None}
        assert max(len(p.body) for p in ours if p.vlan) <= 1500


@beside
def test_interfaces(arch):
    """As programs see them."""
    with Lan(ipv6=False) as lan, Tagged(lan):
        m = lan.guest(arch, bootargs=BOOTARGS)
        assert GUEST in addresses(m) and GUEST5 not in addresses(m)
        assert GUEST5 in addresses(m, f"eth0.{VLAN}") and GUEST not in addresses(m, f"eth0.{VLAN}")


@beside
def test_tags_of_others(arch):
    """A frame of another VLAN, of a tag within the tag, or cut within it, is not ours."""
    with Lan(ipv6=False) as lan, Tagged(lan) as vlan:
        m = lan.guest(arch, bootargs=BOOTARGS)
        ask(m, "udp 5000")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"good", (GUEST5, 5000))
            m.expect("heard 4 from .*: good")
        good = next(f for f in vlan.sent if f.endswith(b"good"))
        evil = without_sum(good, b"evil")
        mine, other = good[12:16], struct.pack(">HH", 0x8100, VLAN + 1)
        for tags in (other, mine + mine, other + mine, mine + other):
            lan.wire.send(evil[:12] + tags + evil[16:])
        for n in range(14, 40):
            lan.wire.send(evil[:n])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"last", (GUEST5, 5000))
            m.expect("heard 4 from .*: last")
        assert "evil" not in m.text and answers(GUEST) and answers(GUEST5)


@beside
def test_priority_tag(arch):
    """VLAN 0 has a priority alone and means the untagged network (IEEE 802.1Q, 9.6); one in ours is no matter."""
    with Lan(ipv6=False) as lan, Tagged(lan, priority=5):
        m = lan.guest(arch, bootargs=BOOTARGS)
        ask(m, "udp 5000")
        assert answers(GUEST5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"plain", (GUEST, 5000))
            m.expect("heard 5 from .*: plain")
        plain = without_sum(lan.wire.expect(lambda p: p.udp(5000) == b"plain", "what was sent").data, b"again")
        lan.wire.send(plain[:12] + b"\x81\0\xe0\0" + plain[12:])
        m.expect("heard 5 from .*: again")


@beside
def test_two_vlans_and_dhcp(arch):
    """A second VLAN has its address from a DHCP server within it."""
    with Lan(ipv6=False) as lan, Tagged(lan), Tagged(lan, 4094, "10.99.6.1") as second:
        leases = lan.dhcp_on(second.name, "10.99.6")
        m = lan.guest(arch, bootargs=f"{BOOTARGS} vlan=eth0:4094 ip=:::::eth0.4094:dhcp")
        m.expect(r"eth0\.4094: 10\.99\.6\.1\d\d/24.*\(dhcp\)")
        assert answers(leases()[0][2]) and answers(GUEST5) and answers(GUEST)


@beside
def test_bad_vlans(arch):
    """They are named, and the rest works."""
    for bad in ("eth0", "eth0:0", "eth0:4095", "eth7:5", "eth0:x", ":5", "eth0:99999999999"):
        with Lan(ipv6=False) as lan:
            m = lan.guest(arch, bootargs=f"{STATIC} vlan={bad}")
            assert f"vlan={bad}" in m.text
            assert answers(GUEST)


# --- several cards


# The first in the device tree is eth0: with QEMU the last on its line on aarch64 (hw/arm/virt.c), the first on riscv64.
MACS = {"tap0": GUEST_MAC, "tap1": "52:54:00:99:08:02"}
SECOND = ("-netdev", netdev("tap1", 1), "-device", f"virtio-net-device,netdev=net1,mac={MACS['tap1']}")
GUEST8, HOST8 = "10.99.8.2", "10.99.8.1"


def names(arch):
    """What the cards on tap0 and tap1 are called."""
    return ("eth1", "eth0") if arch == "aarch64" else ("eth0", "eth1")


def neighbours():
    """{address: (MAC, device)} of the host."""
    with open("/proc/thread-self/net/arp", encoding="ascii") as f:
        return {w[0]: (w[3], w[5]) for w in map(str.split, f.read().splitlines()[1:])}


@beside
def test_two_cards(arch):
    """Each answers on its own network by its own address, and by its own link."""
    with Lan(ipv6=False) as lan:
        lan.tap("tap1", HOST8)
        first, second = names(arch)
        both = f"ip={GUEST}:::255.255.255.0::{first}:off ip={GUEST8}::{HOST8}:255.255.255.0::{second}:off"
        m = lan.guest(arch, "httpd", args=SECOND, bootargs=both)
        assert answers(GUEST) and answers(GUEST8)
        assert curl(f"http://{GUEST}/") == INDEX == curl(f"http://{GUEST8}/")
        assert neighbours()[GUEST] == (MACS["tap0"], "tap0") and neighbours()[GUEST8] == (MACS["tap1"], "tap1")
        m.qmp("set_link", name="net1", up=False)
        m.expect(f"{second}: link down")
        assert answers(GUEST) and not answers(GUEST8)
        m.qmp("set_link", name="net1", up=True)
        m.expect(f"{second}: link up")
        assert answers(GUEST8)


@beside
def test_two_cards_by_dhcp(arch):
    """A server on each: each card has an address of its own network."""
    with Lan(ipv6=False) as lan:
        lan.tap("tap1", HOST8)
        lan.dhcp_on("tap0", "10.99.7")
        lan.dhcp_on("tap1", "10.99.8")
        m = lan.guest(arch, args=SECOND)
        m.wait_for(lambda data: data.count(b"(dhcp)") == 2, "two addresses")
        for name, network in zip(names(arch), ("10.99.7.1", "10.99.8.1")):
            assert [a for a in addresses(m, name) if a.startswith(network)]


@beside
def test_one_of_two_cards_is_off(arch):
    with Lan(ipv6=False) as lan:
        lan.tap("tap1", HOST8)
        lan.dhcp_on("tap0", "10.99.7")
        lan.dhcp_on("tap1", "10.99.8")
        first, second = names(arch)
        m = lan.guest(arch, args=SECOND, bootargs=f"ip=dhcp ip=:::::{second}:off")
        m.wait_for(lambda data: b"(dhcp)" in data, "an address")
        assert [a for a in addresses(m, first) if a.startswith("10.99.7.1")]
        assert not [a for a in addresses(m, second) if "." in a]


# --- it has moved


def announces_v4(p):
    return not p.out and p.arp() and p.arp()[1:] == (GUEST, GUEST)


def announces_v6(p):
    ours = socket.inet_pton(socket.AF_INET6, GUEST_LL)
    return not p.out and p.icmp6(136) and p.dst == "ff02::1" and p.payload[8:24] == ours


@beside
def test_announce(arch):
    """QEMU says that the machine has moved: each card tells its addresses, by gratuitous ARP and unsolicited
    neighbour advertisement, once for each time."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs=STATIC, modern=True)
        m.expect(f"eth0: {GUEST_LL}/64")
        for _ in range(2):
            at = lan.wire.mark()
            m.qmp("announce-self", initial=50, max=100, rounds=1, step=10)
            lan.wire.expect(announces_v4, "a gratuitous ARP", at)
            lan.wire.expect(announces_v6, "an unsolicited advertisement", at)


@beside
def test_migration(arch):
    """To a file, and from there into another QEMU: it announces itself, answers, and a connection lives on."""
    with Lan() as lan:
        m = lan.guest(arch, bootargs=STATIC, modern=True)
        m.expect(f"eth0: {GUEST_LL}/64")
        ask(m, "tcp 7")
        state = f"{lan.folder.name}/state"
        with socket.create_connection((GUEST, 7), PATIENCE) as s:
            s.sendall(b"before")
            assert s.recv(10) == b"before"
            m.qmp("migrate", uri=f"exec:cat > {state}")
            until(lambda: m.qmp("query-migrate")["status"] == "completed", "the migration")
            m.stop()
            at = lan.wire.mark()
            new = Machine(arch, APP, net=netdev(), modern=True, bootargs=STATIC,
                          args=("-incoming", f"exec:cat {state}"))
            lan.machines.append(new)
            lan.wire.expect(announces_v4, "a gratuitous ARP", at)
            lan.wire.expect(announces_v6, "an unsolicited advertisement", at)
            s.sendall(b"after")
            assert s.recv(10) == b"after"
        assert answers(GUEST)
        assert addresses(new)[GUEST] == 24
