# SPDX-License-Identifier: MIT
"""DHCPv4: by dnsmasq, and by a server of our own whose leases last seconds, that is silent, refuses, and lies."""

import contextlib
import socket
import time

import pytest

import dhcp
from dhcp import (ACK, ASKED_FOR, DISCOVER, KIND, LEASE, MASK, NAME, OFFER, OVERLOAD, REQUEST, ROUTER, SERVER, WANTED,
                  DhcpServer)
from lan import APP, GUEST, GUEST_MAC, HOST, Lan, Machine, addresses, answers, ask, beside, needed, netdev, sh, until

pytestmark = needed
OTHER = "10.99.7.77"


@contextlib.contextmanager
def link():
    with Lan(ipv6=False) as lan, DhcpServer() as server:
        yield lan, server


def v4(m):
    return [a for a in addresses(m) if "." in a]


def has(m, address):
    return address in v4(m)


# --- by dnsmasq


@beside
def test_dnsmasq(arch):
    """Address, router and name server are taken; the server knows our name; the address works at once."""
    with Lan(ipv6=False) as lan:
        lan.dnsmasq("--dhcp-range=10.99.7.100,10.99.7.150,2m", "--dhcp-option=option:router,10.99.7.9",
                    "--dhcp-option=option:dns-server,10.99.7.8")
        m = lan.guest(arch)
        m.expect(r"eth0: 10\.99\.7\.1\d\d/24, gateway 10\.99\.7\.9, dns 10\.99\.7\.8 \(dhcp\)")
        [lease] = lan.leases()
        assert (lease[1], lease[3]) == (GUEST_MAC, "coracle")
        assert has(m, lease[2]) and answers(lease[2])


@beside
def test_dnsmasq_keeps_the_address(arch):
    """A second boot of the same card gets the same address; a name from the bootargs is told."""
    with Lan(ipv6=False) as lan:
        lan.dnsmasq("--dhcp-range=10.99.7.100,10.99.7.150,2m")
        lan.guest(arch).stop()
        [first] = lan.leases()
        m = lan.guest(arch, bootargs="ip=::::buoy::dhcp")
        [second] = lan.leases()
        assert second[2] == first[2] and second[3] == "buoy" and has(m, second[2])


# --- getting an address


@beside
def test_asks_as_it_should(arch):
    with link() as (lan, server):
        lan.guest(arch)
        discover, request = server.messages
        for m in (discover, request):
            assert (m.source, m.to, m.client, m.mac) == ("0.0.0.0", "255.255.255.255", "0.0.0.0", GUEST_MAC)
            assert {MASK, ROUTER, dhcp.DNS} <= set(m.options[ASKED_FOR]) and m.options[NAME] == b"coracle"
        assert (discover.kind, request.kind) == (DISCOVER, REQUEST)
        assert request.xid == discover.xid
        assert (request.address(WANTED), request.address(SERVER)) == (GUEST, HOST)


@beside
def test_server_comes_late(arch):
    """Nobody answers at first: main() starts without, it asks again and again, less and less often, and takes
    what comes."""
    with link() as (lan, server):
        server.accepts = lambda m: False
        m = Machine(arch, APP, net=netdev())
        lan.machines.append(m)
        m.expect("no address after")
        m.expect("ask: ready")
        asked = server.of(DISCOVER)
        gaps = [b.at - a.at for a, b in zip(asked, asked[1:])]
        assert 3 <= len(asked) <= 6 and gaps[-1] > gaps[0]
        server.accepts = lambda m: True
        m.expect(rf"eth0: {GUEST}/24")
        assert has(m, GUEST)


@beside
def test_two_servers(arch):
    """Both offer; one is chosen, named to both, and stayed with."""
    with link() as (lan, server):
        sh("ip addr add 10.99.7.3/24 dev tap0")
        offers = []

        def twice(reply, message):
            if message.kind == DISCOVER:
                offers.append(message)
                second = server.reply(message, OFFER, {KIND: bytes([OFFER]), SERVER: socket.inet_aton("10.99.7.3"),
                                                       LEASE: dhcp.seconds(60), MASK: server.more[MASK]})
                second = second[:16] + socket.inet_aton(OTHER) + second[20:]
                server.sock.sendto(second, ("255.255.255.255", 68))  # the other one is faster
            return reply

        server.edit = twice
        server.gives = GUEST
        m = Machine(arch, APP, net=netdev())
        lan.machines.append(m)
        request = server.expect(lambda r: r.kind == REQUEST, "a REQUEST")
        assert (request.address(SERVER), request.address(WANTED)) == ("10.99.7.3", OTHER)


@beside
def test_refused_at_once(arch):
    """A NAK to the first REQUEST: asked for anew, and what is offered then is taken."""
    with link() as (lan, server):
        server.naks = lambda m: m.address(WANTED) == GUEST
        m = Machine(arch, APP, net=netdev())
        lan.machines.append(m)
        server.expect(lambda r: r.kind == REQUEST, "a REQUEST")
        server.gives = OTHER
        m.expect("ask: ready")
        assert v4(m) == [OTHER] and len(server.of(DISCOVER)) >= 2


def foreign_id(reply, m):
    return reply[:4] + bytes(4) + reply[8:]


def foreign_mac(reply, m):
    return reply[:28] + b"\2\2\2\2\2\2" + reply[34:]


def a_request(reply, m):
    return b"\1" + reply[1:]


def no_cookie(reply, m):
    return reply[:236] + b"\0\0\0\0" + reply[240:]


def cut(n):
    return lambda reply, m: reply[:n]


def option_beyond_the_end(reply, m):
    return reply[:-1] + bytes([NAME, 200]) + b"x"


def offer_of_nothing(reply, m):
    return reply[:16] + bytes(4) + reply[20:]


def offer_of_broadcast(reply, m):
    return reply[:16] + b"\xff" * 4 + reply[20:]


def no_server(reply, m):
    at = reply.index(bytes([SERVER, 4]), 240)
    return reply[:at] + reply[at + 6:]


LIES = {"foreign-id": foreign_id, "foreign-mac": foreign_mac, "a-request": a_request, "no-cookie": no_cookie,
        "cut-in-head": cut(100), "cut-before-options": cut(240), "cut-in-option": cut(245), "empty": cut(0),
        "option-beyond-the-end": option_beyond_the_end, "no-server": no_server, "offer-of-nothing": offer_of_nothing,
        "offer-of-broadcast": offer_of_broadcast}


@pytest.mark.parametrize("lie", LIES)
@beside
def test_lies(arch, lie):
    """An answer that is none for us, or broken, is not taken; the good one that follows is."""
    with link() as (lan, server):
        def lie_first(reply, message):
            if message.kind == DISCOVER:
                bad = reply[:16] + socket.inet_aton(OTHER) + reply[20:]
                server.sock.sendto(LIES[lie](bad, message), ("255.255.255.255", 68))
            return reply

        server.edit = lie_first
        m = lan.guest(arch)
        assert [r.address(WANTED) for r in server.of(REQUEST)] == [GUEST]
        assert v4(m) == [GUEST]


def overload(reply, m):
    """Mask and router are in the fields of file and name, as RFC 2131, 4.1 allows."""
    moved = {}
    for option in (MASK, ROUTER):
        at = reply.index(bytes([option, 4]), 240)
        moved[option] = reply[at:at + 6]
        reply = reply[:at] + reply[at + 6:]
    sname, file = (moved[ROUTER] + b"\xff").ljust(64, b"\0"), (moved[MASK] + b"\xff").ljust(128, b"\0")
    reply = reply[:44] + sname + file + reply[236:]
    return reply[:-1] + bytes([OVERLOAD, 1, 3, 255])


def many_options(reply, m):
    """Unknown ones, empty ones, pads, and a long list of routers and name servers."""
    at = reply.index(bytes([ROUTER, 4]), 240)
    lists = bytes([ROUTER, 12]) + socket.inet_aton(HOST) * 3 + bytes([dhcp.DNS, 40]) + bytes(range(1, 41))
    unknown = bytes(9) + bytes([224, 0, 225, 3, 1, 2, 3, 119, 60]) + bytes(60)
    return reply[:at] + lists + reply[at + 6:-1] + unknown + b"\xff"


@pytest.mark.parametrize("edit", [overload, many_options], ids=["overload", "many-options"])
@beside
def test_unusual_answers(arch, edit):
    with link() as (lan, server):
        server.edit = edit
        m = lan.guest(arch)
        m.expect(rf"eth0: {GUEST}/24, gateway {HOST}")
        assert answers(GUEST)


TIMES = {"for-ever": (0xFFFFFFFF, None, None), "beyond-the-lease": (3600, 7200, 9000), "zero": (3600, 0, 0),
         "a-century": (4000000000, None, None), "t1-after-t2": (3600, 3000, 2000)}


@pytest.mark.parametrize("lease,t1,t2", TIMES.values(), ids=TIMES)
@beside
def test_unusual_times(arch, lease, t1, t2):
    """None of these makes it ask again soon, or lose the address."""
    with link() as (lan, server):
        server.lease, server.t1, server.t2 = lease, t1, t2
        m = lan.guest(arch)
        time.sleep(2)
        assert has(m, GUEST) and answers(GUEST)
        assert len(server.messages) == 2


# --- keeping it


@beside
def test_renewal(arch):
    """At T1 the server alone is asked, by the address that we have; again and again, and what works, works on."""
    with link() as (lan, server):
        server.lease, server.t1, server.t2 = 14, 4, 10
        m = lan.guest(arch)
        bound = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            ask(m, "udp 5000")
            for turn in range(3):
                renewal = server.expect(lambda r: r.kind == REQUEST and r.client == GUEST, "a renewal", server.mark())
                assert (renewal.source, renewal.to) == (GUEST, HOST)
                assert renewal.address(SERVER) is None and renewal.address(WANTED) is None
                s.sendto(b"turn-%d" % turn, (GUEST, 5000))
                m.expect(f"heard 6 from {HOST}: turn-{turn}")
        assert time.monotonic() - bound > 8  # three times T1, or nearly: not all at once
        assert not server.of(DISCOVER)[1:] and has(m, GUEST)
        assert f"eth0: {GUEST}" not in m.text[m.text.index("ask: ready"):]  # no news: nothing is said


@beside
def test_renewal_brings_news(arch):
    """Another router and another name server by a renewal are taken."""
    with link() as (lan, server):
        server.lease, server.t1, server.t2 = 14, 4, 10
        m = lan.guest(arch)
        server.more = {**server.more, ROUTER: socket.inet_aton("10.99.7.9"), dhcp.DNS: socket.inet_aton(HOST)}
        server.expect(lambda r: r.kind == REQUEST and r.client == GUEST, "a renewal")
        dns = lan.dnsmasq("--host-record=late.test,10.1.2.3", "--no-dhcp-interface=tap0")
        until(lambda: any("10.1.2.3" in l for l in ask(m, "resolve late.test 4")), "the new name server to be asked")
        at = lan.wire.mark()
        ask(m, "say 10.77.0.1 9 beyond")
        lan.wire.expect(lambda p: (p.arp() or (0, 0, 0))[2] == "10.99.7.9", "ARP for the new router", at)
        assert "late.test" in dns.log()


@beside
def test_rebinding(arch):
    """The server that gave it is silent: at T2 everybody is asked, and another one's answer is good."""
    with link() as (lan, server):
        sh("ip addr add 10.99.7.3/24 dev tap0")
        server.lease, server.t1, server.t2 = 24, 3, 8
        m = lan.guest(arch)
        server.accepts = lambda r: r.to == "255.255.255.255"
        server.ours = "10.99.7.3"
        first = server.expect(lambda r: r.kind == REQUEST and r.client == GUEST, "a renewal")
        assert first.to == HOST
        rebind = server.expect(lambda r: r.client == GUEST and r.to == "255.255.255.255", "a REQUEST to all")
        assert rebind.kind == REQUEST
        assert rebind.source == GUEST and rebind.address(SERVER) is None and rebind.address(WANTED) is None
        server.accepts = lambda r: True
        renewal = server.expect(lambda r: r.kind == REQUEST and r.client == GUEST, "a renewal", server.mark())
        assert renewal.to == "10.99.7.3"
        assert not server.of(DISCOVER)[1:] and has(m, GUEST)


@beside
def test_expiry(arch):
    """Nobody renews: when the lease ends, so does the address, and it is asked for anew. One comes again."""
    with link() as (lan, server):
        server.lease, server.t1, server.t2 = 9, 2, 4
        m = lan.guest(arch)
        assert answers(GUEST)
        server.accepts = lambda r: False
        asked = server.mark()
        until(lambda: not has(m, GUEST), "the address to be given up")
        m.wait_for(lambda data: b"eth0: the lease has ended" in data, "a word about it")
        assert not answers(GUEST)
        discover = server.expect(lambda r: r.kind == DISCOVER, "a DISCOVER", asked)
        assert (discover.source, discover.client) == ("0.0.0.0", "0.0.0.0")
        retries = [r for r in server.messages[asked:] if r.kind == REQUEST]
        assert 2 <= len(retries) <= 8, "RFC 2131, 4.4.5: half of what is left between two, not a flood"
        at = len(m.text)
        server.gives, server.accepts = OTHER, lambda r: True
        until(lambda: has(m, OTHER), "an address again")
        assert f"eth0: {OTHER}/24" in m.text[at:] and answers(OTHER)


@beside
def test_refused_renewal(arch):
    """A NAK: the address is given up at once, what is offered next is taken, and connections of old end."""
    with link() as (lan, server):
        server.lease, server.t1, server.t2 = 14, 4, 10
        m = lan.guest(arch)
        ask(m, "tcp 7")
        with socket.create_connection((GUEST, 7), 20) as s:
            s.sendall(b"hello")
            assert s.recv(10) == b"hello"
            server.gives, server.naks = OTHER, lambda r: r.client == GUEST
            m.expect(rf"eth0: {OTHER}/24")
            assert v4(m) == [OTHER]
            assert not answers(GUEST) and answers(OTHER)
        with socket.create_connection((OTHER, 7), 20) as s:
            s.sendall(b"again")
            assert s.recv(10) == b"again"


# --- the link goes and comes


def flap(m, seconds=0.5):
    m.qmp("set_link", name="net0", up=False)
    m.expect("eth0: link down")
    time.sleep(seconds)
    m.qmp("set_link", name="net0", up=True)
    m.expect("eth0: link up")


@beside
def test_link_flap(arch):
    """It asks whether its address is still good here (INIT-REBOOT), each time."""
    with link() as (lan, server):
        m = lan.guest(arch)
        for _ in range(3):
            at = server.mark()
            flap(m)
            request = server.expect(lambda r: r.kind == REQUEST, "a REQUEST after the link came", at)
            assert request.address(WANTED) == GUEST and request.address(SERVER) is None and request.client == "0.0.0.0"
            until(lambda: answers(GUEST), "an answer")
        assert not server.of(DISCOVER)[1:]


@beside
def test_link_to_another_network(arch):
    """The cable is now in another network, whose server refuses the old address: a new one, a new router."""
    with link() as (lan, server):
        m = lan.guest(arch)
        sh("ip addr add 10.88.0.1/24 dev tap0")
        server.naks = lambda r: r.address(WANTED) == GUEST
        server.gives, server.ours = "10.88.0.5", "10.88.0.1"
        server.more = {MASK: socket.inet_aton("255.255.255.0"), ROUTER: socket.inet_aton("10.88.0.1")}
        flap(m)
        m.expect(r"eth0: 10\.88\.0\.5/24, gateway 10\.88\.0\.1")
        assert v4(m) == ["10.88.0.5"] and answers("10.88.0.5")


@beside
def test_link_to_nobody(arch):
    """No server there: the address stays while its lease lasts and no longer."""
    with link() as (lan, server):
        server.lease = 8
        m = lan.guest(arch)
        server.accepts = lambda r: False
        flap(m)
        until(lambda: not has(m, GUEST), "the address to be given up")
        server.accepts = lambda r: True
        until(lambda: has(m, GUEST), "an address again")


@beside
def test_lease_ends_while_the_link_is_down(arch):
    with link() as (lan, server):
        server.lease = 3
        m = lan.guest(arch)
        at = server.mark()
        flap(m, 5)
        first = server.expect(lambda r: True, "a question", at)
        assert first.kind in (DISCOVER, REQUEST) and first.client == "0.0.0.0"
        until(lambda: answers(GUEST), "an answer")


@beside
def test_many_flaps(arch):
    """Fast ones: it ends with an address, and asks no more than once or twice for each."""
    with link() as (lan, server):
        m = lan.guest(arch)
        at = server.mark()
        for _ in range(10):
            m.qmp("set_link", name="net0", up=False)
            m.qmp("set_link", name="net0", up=True)
        until(lambda: answers(GUEST), "an answer")
        time.sleep(3)
        assert len(server.messages) - at <= 30
        assert v4(m) == [GUEST]


@beside
def test_garbage_to_the_clients_port(arch):
    """Bytes of all lengths and dice to port 68, before and after there is a lease: nothing changes."""
    with link() as (lan, server):
        m = lan.guest(arch)
        head = server.messages[-1]
        good = server.reply(head, ACK, server.options(ACK))
        for n in range(0, len(good), 3):
            server.sock.sendto(good[:n], (GUEST, 68))
        other = good[:16] + socket.inet_aton(OTHER) + good[20:]
        for i in range(240, len(good)):
            for value in (0, 1, 255, good[i] ^ 0x80):
                server.sock.sendto(other[:i] + bytes([value]) + other[i + 1:], (GUEST, 68))
        time.sleep(1)
        assert v4(m) == [GUEST]
        assert answers(GUEST)
