# SPDX-License-Identifier: MIT
"""Groups of IPv4 and IPv6: who is a member is said to routers (IGMP, MLD) and to a bridge that listens, what is
sent to a group arrives both ways, and a broadcast too."""

import re
import socket
import struct
import time

import pytest

import frames
from lan import GUEST, GUEST_LL, HOST, HOST6, STATIC, TAP, Lan, answers, ask, beside, needed, output, sh, until

pytestmark = needed
GROUP, GROUP6 = "239.1.2.3", "ff15::1234"
PORT = 5000
GROUP_MAC, GROUP6_MAC = "01:00:5e:01:02:03", "33:33:00:00:12:34"


def igmp(p, kind, group=GROUP):
    """IGMPv2's message of this kind about the group, from the guest (or IGMPv3's report with it)."""
    if p.out or p.protocol != 2 or p.kind != 0x0800:
        return False
    return (p.payload[0] == kind and p.payload[4:8] == socket.inet_aton(group)) or (
        kind == 0x16 and p.payload[0] == 0x22 and socket.inet_aton(group) in p.payload)


def mld(p, kind, group=GROUP6):
    wanted = socket.inet_pton(socket.AF_INET6, group)
    return not p.out and p.protocol == 58 and p.kind == 0x86DD and (
        (p.payload[0] == kind and p.payload[8:24] == wanted) or
        (kind == 131 and p.payload[0] == 143 and wanted in p.payload))


REPORT, LEAVE, REPORT6, DONE6 = 0x16, 0x17, 131, 132
FAMILIES = [(GROUP, igmp, REPORT, LEAVE, HOST), (GROUP6, mld, REPORT6, DONE6, None)]
each_family = pytest.mark.parametrize("group,told,report,leave,sender", FAMILIES, ids=["igmp", "mld"])


def sender_socket(group):
    if ":" in group:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(TAP))
        return s, (group, PORT, 0, socket.if_nametoindex(TAP))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
    return s, (group, PORT)


def prepared(lan, arch):
    m = lan.guest(arch, bootargs=STATIC)
    m.expect(f"eth0: {GUEST_LL}/64")
    ask(m, f"udp {PORT}")
    return m


@each_family
@beside
def test_member(arch, group, told, report, leave, sender):
    """Joining is said, and what is sent arrives; leaving is said, and nothing arrives; and all that again."""
    with Lan() as lan:
        m = prepared(lan, arch)
        s, to = sender_socket(group)
        with s:
            for turn in range(2):
                at = lan.wire.mark()
                ask(m, f"join {group} eth0")
                lan.wire.expect(lambda p: told(p, report), "a report", at)
                s.sendto(b"in-%d" % turn, to)
                m.expect(rf"heard 4 from \S+: in-{turn}")
                at = lan.wire.mark()
                ask(m, f"leave {group} eth0")
                gone = lan.wire.expect(lambda p: told(p, leave), "word of the leaving", at)
                assert gone.dst in ("224.0.0.2", "ff02::2", "224.0.0.22", "ff02::16")
                s.sendto(b"out-%d" % turn, to)
                assert answers(GUEST)
                ask(m, "time")
                assert f"out-{turn}" not in m.text


@each_family
@beside
def test_query(arch, group, told, report, leave, sender):
    """A router asks who is a member: the answer comes within the time that it gives, to a general question and to
    one for the group, and not for another's group."""
    def query(about):
        if ":" in group:
            target = socket.inet_pton(socket.AF_INET6, about or "::")
            # With the router alert option that MLD has.
            icmp = struct.pack(">BBHHH", 130, 0, 0, 1000, 0) + target
            to = about or "ff02::1"
            source = socket.inet_pton(socket.AF_INET6, "fe80::2")
            icmp = frames.with_pseudo_sum(58, icmp, 2, source, socket.inet_pton(socket.AF_INET6, to))
            mac = b"\x33\x33" + socket.inet_pton(socket.AF_INET6, to)[-4:]
            return mac + frames.ipv6(0, bytes((58, 0, 5, 2, 0, 0, 1, 0)) + icmp, target=to, hops=1)[6:]
        body = struct.pack(">BBH", 0x11, 10, 0) + socket.inet_aton(about or "0.0.0.0")
        body = body[:2] + struct.pack(">H", frames.checksum(body)) + body[4:]
        to = about or "224.0.0.1"
        head = struct.pack(">BBHHHBBH", 0x46, 0, 24 + len(body), 7, 0, 1, 2, 0)
        head += socket.inet_aton(HOST) + socket.inet_aton(to) + b"\x94\4\0\0"
        head = head[:10] + struct.pack(">H", frames.checksum(head)) + head[12:]
        mac = bytes.fromhex("01005e") + bytes((socket.inet_aton(to)[1] & 0x7F,)) + socket.inet_aton(to)[2:]
        return frames.ethernet(0x0800, head + body, to=mac)

    other = "ff15::9999" if ":" in group else "239.9.9.9"
    with Lan() as lan:
        m = prepared(lan, arch)
        ask(m, f"join {group} eth0")
        time.sleep(2)  # what is said unasked is said by now
        for about in (None, group):
            at = lan.wire.mark()
            lan.wire.send(query(about))
            lan.wire.expect(lambda p: told(p, report), f"a report when asked about {about}", at)
        time.sleep(1)
        at = lan.wire.mark()
        lan.wire.send(query(other))
        time.sleep(1.5)
        assert not lan.wire.seen(lambda p: told(p, report), at)
        ask(m, f"leave {group} eth0")
        time.sleep(0.5)
        at = lan.wire.mark()
        lan.wire.send(query(None))
        time.sleep(1.5)
        assert not lan.wire.seen(lambda p: told(p, report), at)


@each_family
@beside
def test_guest_sends(arch, group, told, report, leave, sender):
    """To a group that the host is in; the frame has the group's own address, and TTL and hop limit are 1."""
    with Lan() as lan:
        m = prepared(lan, arch)
        family = socket.AF_INET6 if ":" in group else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.bind(("", PORT))
            s.settimeout(20)
            index = struct.pack("@I", socket.if_nametoindex(TAP))
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, group) + index)
            else:
                member = socket.inet_aton(group) + socket.inet_aton(HOST)
                s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            at = lan.wire.mark()
            ask(m, f"say {group} {PORT} from-the-guest eth0")
            assert s.recv(100) == b"from-the-guest"
        p = lan.wire.expect(lambda p: p.udp(PORT) == b"from-the-guest", "the frame", at)
        assert p.to == (GROUP6_MAC if ":" in group else GROUP_MAC)
        assert p.body[7 if ":" in group else 8] == 1


@beside
def test_bridge_that_listens(arch):
    """Linux's bridge with multicast snooping: it forwards a group to the guest's port because the guest said so,
    and stops when the guest has left."""
    with Lan() as lan:
        sh(f"""ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_interval 200
               ip link set {TAP} master br0
               ip addr flush dev {TAP}
               ip addr add {HOST}/24 dev br0
               ip -6 addr add {HOST6}/64 dev br0 nodad
               ip link set br0 up""")
        m = prepared(lan, arch)

        def members():
            return output("bridge", "mdb", "show", "dev", "br0")

        for group in (GROUP, GROUP6):
            ask(m, f"join {group} eth0")
            until(lambda g=group: re.search(rf"port {TAP} grp {g}\b", members()), f"{group} at the bridge")
        for group in (GROUP, GROUP6):
            ask(m, f"leave {group} eth0")
            until(lambda g=group: not re.search(rf"port {TAP} grp {g}\b", members()), f"{group} to be gone there")


@beside
def test_joined_again_after_the_link_was_gone(arch):
    """The switch may be another one now: memberships are said anew."""
    with Lan() as lan:
        m = prepared(lan, arch)
        ask(m, f"join {GROUP} eth0")
        ask(m, f"join {GROUP6} eth0")
        m.qmp("set_link", name="net0", up=False)
        m.expect("link down")
        at = lan.wire.mark()
        m.qmp("set_link", name="net0", up=True)
        lan.wire.expect(lambda p: igmp(p, REPORT), "an IGMP report", at)
        lan.wire.expect(lambda p: mld(p, REPORT6), "an MLD report", at)


@beside
def test_broadcast(arch):
    """To all and to the network's own broadcast address."""
    with Lan() as lan:
        m = prepared(lan, arch)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.setsockopt(socket.SOL_SOCKET, 25, TAP.encode())
            for to in ("255.255.255.255", "10.99.7.255"):
                s.sendto(b"all", (to, PORT))
                m.expect(rf"heard 3 from {HOST}: all")


@beside
def test_many_groups(arch):
    """Fifty at once: each is told of, and left."""
    with Lan() as lan:
        m = prepared(lan, arch)
        names = [f"239.2.0.{i}" for i in range(50)]
        for name in names:
            assert not [l for l in ask(m, f"join {name} eth0") if l.startswith("join:")], "refused"
        for name in names:
            lan.wire.expect(lambda p, n=name: igmp(p, REPORT, n), f"a report of {name}")
        for name in names:
            ask(m, f"leave {name} eth0")
            lan.wire.expect(lambda p, n=name: igmp(p, LEAVE, n), f"word of leaving {name}")
