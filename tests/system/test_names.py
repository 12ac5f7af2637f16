# SPDX-License-Identifier: MIT
"""Names to addresses: by dnsmasq over IPv4 and IPv6, what the cache keeps and for how long, servers that are
silent or wrong, and answers that nobody asked for."""

import contextlib
import socket
import struct
import time

import pytest

import dns
from dns import A, AAAA, NXDOMAIN, SERVFAIL, DnsServer
from lan import GUEST, GUEST_SLAAC, HOST, HOST6, PREFIX, STATIC, Lan, addresses, beside, needed, resolve, sh, until

pytestmark = needed
SECOND = "10.99.7.53"
BOOTARGS = f"{STATIC}:{HOST}"
TWO = f"{STATIC}:{HOST}:{SECOND}"


@contextlib.contextmanager
def scripted(arch, *where, bootargs=BOOTARGS):
    with Lan() as lan:
        sh(f"ip addr add {SECOND}/24 dev tap0")
        with DnsServer(*(where or (HOST,))) as server:
            yield lan.guest(arch, bootargs=bootargs), server, lan


def failed(answer):
    return isinstance(answer, str)


# --- by dnsmasq


@beside
def test_dnsmasq(arch):
    """Both families, one of them, an alias, none, and nobody of that name."""
    with Lan() as lan:
        lan.dnsmasq("--no-dhcp-interface=tap0", "--local=/test/", "--host-record=both.test,10.1.2.3,fd00::33",
                    "--host-record=four.test,10.1.2.4", "--host-record=six.test,fd00::36",
                    "--cname=alias.test,both.test",
                    "--txt-record=text.test,hello")
        m = lan.guest(arch, bootargs=BOOTARGS)
        assert resolve(m, "both.test") == ["10.1.2.3", "fd00::33"]
        assert resolve(m, "both.test", 4) == ["10.1.2.3"] and resolve(m, "both.test", 6) == ["fd00::33"]
        assert resolve(m, "four.test") == ["10.1.2.4"] and resolve(m, "six.test") == ["fd00::36"]
        assert resolve(m, "alias.test", 4) == ["10.1.2.3"] and resolve(m, "alias.test", 6) == ["fd00::33"]
        assert resolve(m, "BOTH.Test", 4) == ["10.1.2.3"]
        for name, family in (("four.test", 6), ("six.test", 4), ("text.test", ""), ("nobody.test", "")):
            assert failed(resolve(m, name, family)), name
        assert resolve(m, "10.1.1.1") == ["10.1.1.1"] and resolve(m, "fd00::1") == ["fd00::1"]
        assert set(resolve(m, "localhost")) <= {"127.0.0.1", "::1"}


@beside
def test_dnsmasq_by_ipv6(arch):
    """Without any IPv4: address and name server come by RA (RDNSS)."""
    with Lan() as lan:
        log = lan.dnsmasq("--enable-ra", f"--dhcp-range={PREFIX},ra-only",
                          f"--dhcp-option=option6:dns-server,[{HOST6}]",
                          "--host-record=six.test,10.1.2.3,fd00::36")
        m = lan.guest(arch, bootargs="ip=off")
        until(lambda: GUEST_SLAAC in addresses(m), "an address by SLAAC")
        until(lambda: resolve(m, "six.test") == ["10.1.2.3", "fd00::36"], "the name")
        assert f"query[AAAA] six.test from {GUEST_SLAAC}" in log.log()


# --- the cache


@beside
def test_second_lookup_asks_nobody(arch):
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3" if q.kind == A else "fd00::33")])
        for _ in range(3):
            assert resolve(m, "twice.test") == ["10.1.2.3", "fd00::33"]
        assert resolve(m, "TWICE.test", 4) == ["10.1.2.3"]
        assert server.count("twice.test", A) == 1 and server.count("twice.test", AAAA) == 1


@beside
def test_ttl(arch):
    """Kept for as long as the record says, and not much longer; the clock of the cache needs no traffic."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3", 5)])
        assert resolve(m, "short.test", 4) == resolve(m, "short.test", 4) == ["10.1.2.3"]
        assert server.count("short.test") == 1
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.9", 5)])
        until(lambda: resolve(m, "short.test", 4) == ["10.1.2.9"], "the new address")
        assert server.count("short.test") == 2


@beside
def test_ttl_of_zero(arch):
    """Good for this question only (RFC 1035, 3.2.1)."""
    with scripted(arch) as (m, server, _):
        for i in range(3):
            server.script = lambda q, i=i: q.answer([dns.address(q.name, f"10.1.2.{i + 1}", 0)])
            time.sleep(1.1)
            assert resolve(m, "now.test", 4) == [f"10.1.2.{i + 1}"]
        assert server.count("now.test") == 3


@beside
def test_ttl_over_an_alias(arch):
    """The shorter of alias and address counts."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.alias(q.name, "to.test", 3), dns.address("to.test", "10.1.2.3", 300)])
        assert resolve(m, "alias.test", 4) == ["10.1.2.3"]
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.9", 300)])
        until(lambda: resolve(m, "alias.test", 4) == ["10.1.2.9"], "the new address")


@pytest.mark.parametrize("code", [NXDOMAIN, 0], ids=["nobody", "no-address"])
@beside
def test_negative(arch, code):
    """That there is nothing is kept as well: for the SOA's minimum, or its TTL if that is shorter."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer(authority=[dns.nothing(ttl=300, minimum=4)], code=code)
        for _ in range(3):
            assert failed(resolve(m, "none.test", 4))
        assert server.count("none.test") == 1
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")])
        until(lambda: resolve(m, "none.test", 4) == ["10.1.2.3"], "the name that is there now")


@beside
def test_failure_is_not_kept(arch):
    """SERVFAIL, and silence, say nothing about the name."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer(code=SERVFAIL)
        assert failed(resolve(m, "ill.test", 4))
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")])
        assert resolve(m, "ill.test", 4) == ["10.1.2.3"]


@beside
def test_many_names(arch):
    """More than there is room for: each is right, the cache takes what it can."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.address(q.name, "10.2.0." + q.name[1:-5])])
        for _ in range(2):
            for i in range(100):
                assert resolve(m, f"n{i}.test", 4) == [f"10.2.0.{i}"]
        # What is sent again, as this host answers late, has the same id.
        assert 100 <= len({(q.name, q.data[:2]) for q in server.asked}) <= 200


@beside
def test_several_addresses(arch):
    """All of them are given, in the server's order."""
    with scripted(arch) as (m, server, _):
        wanted = [f"10.3.0.{i}" for i in (3, 1, 2)]
        server.script = lambda q: q.answer([dns.address(q.name, a) for a in wanted] if q.kind == A else [])
        assert sorted(resolve(m, "three.test", 4)) == sorted(wanted)


# --- servers


def only(text):
    """What a server sends of which only the one at this address answers."""
    return lambda q: q.answer([dns.address(q.name, "10.1.2.3")]) if q.server == text else None


@beside
def test_second_server(arch):
    """The first one is silent: the second is asked, and later names do not wait for the first any more. When the
    second falls silent, the first is asked again."""
    with scripted(arch, HOST, SECOND, bootargs=TWO) as (m, server, _):
        for works in (SECOND, HOST):
            server.script = only(works)
            assert resolve(m, f"a.{works}", 4) == ["10.1.2.3"]
            assert [q.server for q in server.asked].count(works) >= 1
            at = len(server.asked)
            assert resolve(m, f"b.{works}", 4) == resolve(m, f"c.{works}", 4) == ["10.1.2.3"]
            assert {q.server for q in server.asked[at:]} == {works}


@beside
def test_server_of_the_other_family(arch):
    """That of IPv4 is silent; the router's works."""
    with Lan() as lan, DnsServer(HOST, HOST6) as server:
        lan.dnsmasq("--port=0", "--enable-ra", f"--dhcp-range={PREFIX},ra-only",
                    f"--dhcp-option=option6:dns-server,[{HOST6}]")
        server.script = only(HOST6)
        m = lan.guest(arch, bootargs=BOOTARGS)
        m.expect(f"eth0: {GUEST_SLAAC}/64")
        assert resolve(m, "a.test", 4) == ["10.1.2.3"]


@beside
def test_answer_that_is_cut(arch):
    """TC, and nothing in it: that says nothing about the name, and is not kept."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer(flags=0x8380)
        answer = resolve(m, "large.test", 4)
        assert failed(answer) and "not known" not in answer
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")])
        assert resolve(m, "large.test", 4) == ["10.1.2.3"]


@pytest.mark.parametrize("code", [SERVFAIL, dns.REFUSED], ids=["servfail", "refused"])
@beside
def test_first_server_fails(arch, code):
    with scripted(arch, HOST, SECOND, bootargs=TWO) as (m, server, _):
        good = {SECOND: lambda q: q.answer([dns.address(q.name, "10.1.2.3")])}
        server.script = lambda q: good.get(q.server, lambda q: q.answer(code=code))(q)
        assert resolve(m, "a.test", 4) == ["10.1.2.3"]


@beside
def test_no_server_at_all(arch):
    """Nobody answers: it ends by itself, and says that it may work another time, not that there is no such name."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: None
        answer = resolve(m, "a.test", 4)
        assert failed(answer) and "not known" not in answer
        assert 2 <= server.count("a.test") <= 8
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")])
        assert resolve(m, "a.test", 4) == ["10.1.2.3"]


@beside
def test_no_server_known(arch):
    with Lan() as lan:
        m = lan.guest(arch, bootargs=STATIC)
        assert failed(resolve(m, "a.test"))


@beside
def test_lost_question(arch):
    """The first two are lost."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")]) if server.count(q.name) > 2 else None
        assert resolve(m, "a.test", 4) == ["10.1.2.3"]


@beside
def test_name_over_ipv6_server(arch):
    with scripted(arch, HOST6, bootargs="ip=off") as (m, server, lan):
        lan.dnsmasq("--port=0", "--enable-ra", f"--dhcp-range={PREFIX},ra-only",
                    f"--dhcp-option=option6:dns-server,[{HOST6}]")
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3" if q.kind == A else "fd00::33")])
        until(lambda: GUEST_SLAAC in addresses(m), "an address by SLAAC")
        until(lambda: resolve(m, "a.test") == ["10.1.2.3", "fd00::33"], "the name")
        resolve(m, "a.test")
        assert {q.source[0] for q in server.asked} == {GUEST_SLAAC}
        assert server.count("a.test") == 2


# --- lies


def wrong_id(q):
    return q.answer([dns.address(q.name, "6.6.6.6")], ident=(struct.unpack(">H", q.data[:2])[0] + 1) & 0xFFFF)


def other_question(q):
    return q.answer([dns.address(q.name, "6.6.6.6")], question=dns.name("else.test") + struct.pack(">HH", q.kind, 1))


def other_type(q):
    return q.answer([dns.address(q.name, "6.6.6.6")], question=dns.name(q.name) + struct.pack(">HH", 16, 1))


def a_query(q):
    return q.answer([dns.address(q.name, "6.6.6.6")], flags=0x0100)


def loop_in_name(q):
    return q.answer()[:-len(q.text)] + b"\xc0\x0c" + struct.pack(">HH", q.kind, 1)


def counts_too_high(q):
    return q.answer()[:6] + b"\xff\xff\xff\xff\xff\xff" + q.text


LIES = {"wrong-id": wrong_id, "other-question": other_question, "other-type": other_type, "a-query": a_query,
        "empty": lambda q: b"", "half-a-head": lambda q: q.answer()[:7], "head-only": lambda q: q.answer()[:12]}


@pytest.mark.parametrize("lie", LIES)
@beside
def test_lies(arch, lie):
    """They come first and are not believed; the good answer that follows is."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: [LIES[lie](q), q.answer([dns.address(q.name, "10.1.2.3")])]
        assert resolve(m, "a.test", 4) == ["10.1.2.3"]


@beside
def test_answer_from_elsewhere(arch):
    """With the right number and question, from an address or a port that was not asked."""
    with scripted(arch) as (m, server, _):
        with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as address,
              socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port):
            address.bind((SECOND, 53))
            port.bind((HOST, 54))

            def script(q):
                for s in (address, port):
                    s.sendto(q.answer([dns.address(q.name, "6.6.6.6")]), q.source)
                time.sleep(0.2)
                return q.answer([dns.address(q.name, "10.1.2.3")])

            server.script = script
            assert resolve(m, "a.test", 4) == ["10.1.2.3"]


@beside
def test_record_of_another_name(arch):
    """An address of somebody else in the answer is not the answer (and not kept for that name)."""
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.address("bank.test", "6.6.6.6"), dns.address(q.name, "10.1.2.3")])
        assert resolve(m, "a.test", 4) == ["10.1.2.3"]
        server.script = lambda q: q.answer(code=NXDOMAIN)
        assert failed(resolve(m, "bank.test", 4))


@beside
def test_alias_loop(arch):
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.alias("a.test", "b.test"), dns.alias("b.test", "a.test")])
        assert failed(resolve(m, "a.test", 4))
        assert len(server.asked) <= 16


@beside
def test_questions_are_hard_to_guess(arch):
    """Numbers and ports of 40 questions: neither repeats much, nor counts up."""
    with scripted(arch) as (m, server, _):
        for i in range(40):
            resolve(m, f"n{i}.test", 4)
        for values in ([struct.unpack(">H", q.data[:2])[0] for q in server.asked], [q.source[1] for q in server.asked]):
            steps = {(b - a) & 0xFFFF for a, b in zip(values, values[1:])}
            assert len(set(values)) > 30 and len(steps) > 30


@beside
def test_damaged_answers(arch):
    """An answer cut at each length and with each byte spoilt: it survives them all, and the next is good."""
    with scripted(arch) as (m, server, _):
        def broken(q):
            good = q.answer([dns.alias(q.name, "to.test"), dns.address("to.test", "10.1.2.3")])
            bad = [good[:n] for n in range(12, len(good))]
            bad += [good[:i] + bytes([v]) + good[i + 1:] for i in range(2, len(good))
                    for v in (0xC0, 0xFF, good[i] ^ 1)]
            return bad + [loop_in_name(q), counts_too_high(q)]

        server.script = broken
        for i in range(4):
            resolve(m, f"bad{i}.test", 4)
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")])
        assert resolve(m, "good.test", 4) == ["10.1.2.3"]
        assert GUEST in addresses(m)


@pytest.mark.parametrize("name", ["a" * 63 + ".test", ".".join(["abcdefgh"] * 27) + ".test"],
                         ids=["long-label", "long-name"])
@beside
def test_long_names(arch, name):
    with scripted(arch) as (m, server, _):
        server.script = lambda q: q.answer([dns.address(q.name, "10.1.2.3")])
        assert resolve(m, name, 4) == ["10.1.2.3"]


@pytest.mark.parametrize("name", ["a" * 64 + ".test", "..", "a..test", ".test"])
@beside
def test_no_names(arch, name):
    """They are refused without a question."""
    with scripted(arch) as (m, server, _):
        assert failed(resolve(m, name, 4))
        assert not server.asked
