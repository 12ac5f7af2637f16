# SPDX-License-Identifier: MIT
"""The part "net": requests, connections, bulk and idle over a TAP, beside Linux and nginx.

Instructions come from a guest whose every block is counted, rates from another one without the plugin.
"""

import json
import os
import re
import socket
import subprocess
import time

from figures import INSNS, MB, RATE, TIMES, US, Figure
from guest import ADDRESS, HERE, HOST, LINUX_BEST, MAC, NO_OFFLOADS, ROOT, TAP, TOOLS, Coracle, Guest, GuestError, Linux

PAGE = "/bench.html"
CONNECTIONS = (1, 32, 256)
DEPTH = 16  # requests at a time on each connection, where they are pipelined
UDP_BYTES = 64
IDLE_AFTER, IDLE_SECONDS = 20, 42  # what ages does so in steps of 20 s
FLOOR = "tests/bench/floor"
CPUS = (2, 4)
SMP = "tests/bench/smp"
# What a thread on each CPU but the server's does meanwhile: its name in smp/work.c, and in words.
WORK = {
    "none": "idle",
    "compute": "computing",
    "calls": "malloc, mutex, nanosleep",
    "udp": "UDP to itself",
    "tcp": "TCP to itself",
    "send": "UDP out of the card",
}
SINK = 9  # the port on the host that they send to
APPS = {"http": "httpd", "smp": "httpd", "busy": SMP, "idle": "httpd", "bulk": "iperf3", "floor": FLOOR}  # by piece
PARTS = {"net": tuple(APPS), **{f"net-{piece}": (piece,) for piece in APPS}}
BULK = (("in", "off", NO_OFFLOADS), ("out", "off", NO_OFFLOADS), ("in", "on", ""), ("out", "on", ""))

DEFAULT = "Linux default"  # without LINUX_BEST, for few figures
SIDE = {"in": "into the guest", "out": "out of the guest"}


def figures():
    for n in CONNECTIONS:
        yield Figure(f"net_request_{n}", f"a keep-alive request, {counted(n)}", INSNS, 3_500)
    for n in CPUS:
        yield Figure(f"net_smp_{n}", f"the same, 32 connections, on {n} CPUs", INSNS)
    for n in CPUS:
        for work, words in WORK.items():
            yield Figure(f"net_busy_{work}_{n}", f"the same, {n - 1} other CPU{'s' * (n > 2)}: {words}", INSNS)
    for n in (1, 2):
        yield Figure(f"net_lock_pair_{n}", f"the core lock taken and released, alone, {n} CPU{'s' * (n > 1)}", INSNS)
    yield Figure("net_lock_taken", "the core lock taken, times in 100 requests", TIMES)
    for work, words in WORK.items():
        yield Figure(f"net_lock_busy_{work}", f"of these held by 1 other CPU: {words}", TIMES)
    yield Figure("net_pipelined", f"the same, 32 connections, {DEPTH} at a time", INSNS)
    yield Figure("net_connection", "a new connection: opened, one request, closed", INSNS, 15_000)
    for n in CONNECTIONS:
        yield Figure(f"net_rate_{n}", f"requests a second, {counted(n)}", RATE, times=2)
    yield Figure("net_rate_pipelined", f"the same, 32 connections, {DEPTH} at a time", RATE)
    yield Figure("net_rate_connections", "new connections a second", RATE)
    for n in CONNECTIONS:
        for p, name in (("p50", "median"), ("p99", "99 %"), ("p999", "99.9 %")):
            yield Figure(f"net_{p}_{n}", f"latency, {counted(n)}, {name}", US)
    for way, offloads, _ in BULK:
        yield Figure(f"net_kib_{way}_{offloads}", f"a KiB of TCP {SIDE[way]}, offloads {offloads}", INSNS,
                     400 if offloads == "on" else 1_500)
    for way, offloads, _ in BULK:
        yield Figure(f"net_bulk_{way}_{offloads}", f"TCP {SIDE[way]}, offloads {offloads}", MB)
    for way in SIDE:
        yield Figure(f"net_packet_{way}", f"a UDP packet of {UDP_BYTES} bytes {SIDE[way]}", INSNS)
        yield Figure(f"net_packets_{way}", "the same, packets a second", RATE)
    for n in CONNECTIONS:
        yield Figure(f"net_floor_{n}", f"floor: a frame echoed by the driver, {n} on the way", INSNS)
    for n in CONNECTIONS:
        yield Figure(f"net_floor_rate_{n}", f"floor: round trips a second, {n} on the way", RATE)
    yield Figure("net_floor_p50_1", "floor: a round trip, median", US)
    yield Figure("net_idle", f"idle, from {IDLE_AFTER} s after the answer, a second", INSNS, 1_000)


def counted(n):
    return f"{n} connection{'s' if n > 1 else ''}"


FIGURES = tuple(figures())

# What is run on the host, and by whom.
WRK = ["wrk", "-t1", "--timeout", "30s", "-s", os.path.relpath(os.path.join(HERE, "wrk.lua"), ROOT)]
CLOSE = ["-H", "Connection: close"]
UDP = ["-u", "-b0", f"-l{UDP_BYTES}"]
URL = f"http://{ADDRESS}{PAGE}"
COMMANDS = {
    "bench": ["tests/bench/run", "net"],
    "requests": [*WRK, "-cCONNECTIONS", URL, "--", f"1 or {DEPTH}"],
    "connections": [*WRK, "-c32", CLOSE[0], f"'{CLOSE[1]}'", URL],
    "bulk": ["iperf3", "-c", ADDRESS, "[-R]"],
    "packets": ["iperf3", "-c", ADDRESS, *UDP, "[-R]"],
}
PEER_FILES = ("version", "nginx.version", "iperf3.version")  # linux/build's


def versions(first_line):
    """(name, value) of what the host uses."""
    yield "wrk", re.sub(r"\s+Copyright.*", "", first_line("wrk", "-v"))
    yield "iperf3 of the host", first_line("iperf3", "--version")


class Net:
    """Everything of one architecture. bench records and says how it went."""

    def __init__(self, bench):
        self.bench, self.options, self.arch = bench, bench.options, bench.arch
        self.seconds = 2 if self.options.quick else 4

    def servers(self):
        yield Coracle(self.arch, "httpd")
        if not self.options.no_linux:
            yield Linux(self.arch, options=LINUX_BEST)
            yield Linux(self.arch, "initrd-nginx", LINUX_BEST, "/usr/sbin/nginx,-c,/nginx.conf", "nginx")
            yield Linux(self.arch, name=DEFAULT)

    def bulk(self):
        yield Coracle(self.arch, "iperf3")
        if not self.options.no_linux:
            yield Linux(self.arch, "initrd-iperf3", LINUX_BEST, "/usr/bin/iperf3,-s,--forceflush")

    def run(self, parts):
        for system in self.servers() if {"http", "smp", "busy", "idle"} & {*parts} else ():
            if "http" in parts:
                self.bench.attempt("requests", system, self.http)
            if "smp" in parts and system.name == "Coracle":
                self.bench.attempt("several CPUs", system, self.smp)
            if "busy" in parts and system.name == "Coracle":
                self.bench.attempt("busy CPUs", system, self.busy)
                self.bench.attempt("core lock", system, self.lock)
            if "idle" in parts and system.name in ("Coracle", "Linux"):
                self.bench.attempt("idle", system, self.idle)
        for system in self.bulk() if "bulk" in parts else ():
            self.bench.attempt("bulk", system, self.tcp)
            self.bench.attempt("packets", system, self.udp)
        if "floor" in parts:
            self.bench.attempt("floor", Coracle(self.arch, FLOOR), self.floor)

    def record(self, key, system, value):
        self.bench.record(f"net_{key}", system, value)

    def guests(self, system, **options):
        """One that is counted, then one that is not. In a hurry the first gives the rates as well."""
        for count in (True,) if self.options.quick else (True, False):
            with Guest(system, count=count, **options) as g:
                yield g

    def rates(self, g):
        return self.options.quick or not g.counts

    # --- HTTP

    def http(self, system):
        for g in self.guests(system):
            ready(g)
            wrk(g, 4, 1)
            for n in CONNECTIONS if system.name != DEFAULT else (32,):
                self.requests(g, f"{n}", n)
            if system.name == DEFAULT:
                continue
            self.requests(g, "pipelined", 32, depth=DEPTH)
            self.connections(g)

    def requests(self, g, name, connections, depth=1):
        found = wrk(g, connections, self.seconds, depth)
        key = "pipelined" if depth > 1 else f"request_{name}"
        if g.counts:
            self.record(key, g.system, round(found["instructions"] / found["requests"]))
        if self.rates(g):
            self.record(f"rate_{name}", g.system, round(found["requests"] / found["us"] * 1e6))
            for p in ("p50", "p99", "p999") if depth == 1 else ():
                self.record(f"{p}_{name}", g.system, found[p])

    def connections(self, g):
        found = wrk(g, 32, self.seconds, close=True)
        if g.counts:
            self.record("connection", g.system, round(found["instructions"] / found["requests"]))
        if self.rates(g):
            self.record("rate_connections", g.system, round(found["requests"] / found["us"] * 1e6))

    def smp(self, system):
        """What locks cost that one CPU does not need. The CPUs take turns on one thread, or the count would miss some:
        for a system whose other CPUs do not sleep it would count how long that takes."""
        for n in CPUS:
            with Guest(system, count=True, cpus=n, accel="tcg,thread=single") as g:
                ready(g)
                wrk(g, 4, 1)
                found = wrk(g, 32, self.seconds)
                self.record(f"smp_{n}", system, round(found["instructions"] / found["requests"]))

    def busy(self, _):
        """Only what the server's CPU executes: what the others do is their own. All run at the same time. While the
        host runs something else in place of the CPU that holds a spinlock, another looks at it for as long, which is
        the host's doing: that is counted apart, and told."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
            sink.bind((HOST, SINK))  # nobody reads: the host drops what comes
            for n in CPUS:
                for work in WORK:
                    self.busy_with(work, n)

    def busy_with(self, work, cpus):
        system = Coracle(self.arch, SMP, f"-- {work} {HOST} {SINK}")
        hits = [system.address_of(name) for name in ("mutex_lock", "lock_busy", "epoll_wait")]
        apart = [system.range_of(name) for name in ("spin_wait", "timer_nap")]
        with Guest(system, count=True, cpus=cpus, hits=hits, apart=apart) as g:
            ready(g)
            wrk(g, 4, 1)
            # The first CPU is the one that the firmware chose to boot on, which need not be QEMU's first.
            server = max(range(cpus), key=lambda cpu: g.each(cpu)[3])
            rounds, before = int(g.get("/work")), g.each(server)
            requests = wrk(g, 32, self.seconds)["requests"]
            instructions, taken, busy, *_, spun = (now - then for then, now in zip(before, g.each(server)))
            if work != "none" and int(g.get("/work")) == rounds:
                raise GuestError(f"the other CPUs stood still: {work}; {g.last_words()}")
            self.record(f"busy_{work}_{cpus}", system, round(instructions / requests))
            self.bench.note(f"busy, {cpus} CPUs, {WORK[work]}: beside these {spun / requests:.0f} instructions a request in "
                            "spinlocks")
            if cpus == 2:
                self.record(f"lock_busy_{work}", system, round(100 * busy / requests, 1))
                if work == "none":
                    self.record("lock_taken", system, round(100 * taken / requests))

    def lock(self, _):
        system = Coracle(self.arch, SMP, "-- lock")
        for n in (1, 2):
            with Guest(system, icount=True, cpus=n) as g:
                g.end(60)
                found = re.search(r"^figure lock_pair (\d+)", g.text(), re.M)
                if not found:
                    raise GuestError(f"no figure; {g.last_words()}")
                self.record(f"lock_pair_{n}", system, int(found[1]))

    def idle(self, system):
        with Guest(system, count=True) as g:
            ready(g)
            time.sleep(IDLE_AFTER)
            before, began = g.instructions(), time.monotonic()
            time.sleep(IDLE_SECONDS)
            self.record("idle", system, round((g.instructions() - before) / (time.monotonic() - began)))

    # --- bulk

    def tcp(self, system):
        for offloads, nic in (("off", NO_OFFLOADS), ("on", "")):
            for g in self.guests(system, nic=nic):
                for turn, way in enumerate(SIDE, 1):
                    g.wait_for("Server listening", "iperf3", turn)
                    end, instructions = iperf3(g, self.seconds, way)
                    size = end["sum_received"]["bytes"]
                    if g.counts:
                        self.record(f"kib_{way}_{offloads}", system, round(instructions / (size / 1024)))
                    if self.rates(g):
                        self.record(f"bulk_{way}_{offloads}", system,
                                    round(end["sum_received"]["bits_per_second"] / 8e6, 1))

    def udp(self, system):
        for g in self.guests(system):
            for turn, way in enumerate(SIDE, 1):
                g.wait_for("Server listening", "iperf3", turn)
                end, instructions = iperf3(g, self.seconds, way, *UDP)
                # What the guest took or gave. "sum" has the sender's packets beside losses that the receiver knows
                # of, and it knows of none behind the last that came: in a flood that is most of them.
                total = end["sum_received" if way == "in" else "sum_sent"]
                packets = total["bytes"] // UDP_BYTES
                if packets == 0:
                    raise GuestError(f"iperf3: no packet {SIDE[way]}; {g.last_words()}")
                if g.counts:
                    self.record(f"packet_{way}", system, round(instructions / packets))
                if self.rates(g):
                    self.record(f"packets_{way}", system, round(packets / total["seconds"]))

    def floor(self, system):
        for g in self.guests(system):
            g.wait_for("floor: echoes", "floor")
            echo(g, 32, 0.5)
            for n in CONNECTIONS:
                found = echo(g, n, self.seconds / 2)
                if g.counts:
                    self.record(f"floor_{n}", system, round(found["instructions"] / found["trips"]))
                if self.rates(g):
                    self.record(f"floor_rate_{n}", system, round(found["trips"] / found["us"] * 1e6))
                    if n == 1:
                        self.record("floor_p50_1", system, found["p50"])
                    if found["lost"]:
                        self.bench.note(f"floor, {n} on the way: {found['lost']} of {found['trips']} frames lost")


def ready(g):
    """Until it answers."""
    if g.system.name != "nginx":
        g.wait_for_httpd()
        g.get(PAGE)
        return
    g.wait_for("init: starts", "nginx")
    end = time.monotonic() + g.system.patience
    while True:
        try:
            g.get(PAGE)
            return
        except OSError as error:
            if time.monotonic() > end:
                raise GuestError(f"nginx: {error}; {g.last_words()}")
            time.sleep(0.05)


def wrk(g, connections, seconds, depth=1, close=False):
    """What wrk.lua tells, and the instructions of it all: connections are opened and closed in it."""
    command = [*WRK, f"-c{connections}", f"-d{seconds}s", *(CLOSE if close else []), URL, "--", str(depth)]
    before = g.instructions() if g.counts else 0
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60).stdout
    line = re.search(r"^json (.*)$", text, re.M)
    found = json.loads(line[1]) if line else {"requests": 0}
    if found["requests"] == 0 or found["errors"]:
        raise GuestError(f"wrk: {text[-600:]}; {g.last_words()}")
    time.sleep(0.05)
    found["instructions"] = g.instructions() - before if g.counts else None
    return found


def echo(g, window, seconds):
    """What echo.c tells, and the instructions of it."""
    command = [os.path.join(TOOLS, "echo"), TAP, MAC, str(window), str(round(seconds * 1000))]
    before = g.instructions() if g.counts else 0
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
    if done.returncode != 0 or '"trips": 0,' in done.stdout:
        raise GuestError(f"echo: {done.stdout}{done.stderr}; {g.last_words()}")
    return {**json.loads(done.stdout), "instructions": g.instructions() - before if g.counts else None}


def iperf3(g, seconds, way, *options):
    """Its own report of the end, and the guest's instructions."""
    command = ["iperf3", "-c", ADDRESS, f"-t{seconds}", "-J", *(["-R"] if way == "out" else []), *options]
    before = g.instructions() if g.counts else 0
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    instructions = g.instructions() - before if g.counts else None
    try:
        report = json.loads(done.stdout)
    except ValueError:
        raise GuestError(f"iperf3: {done.stdout[-300:]}{done.stderr[-300:]}; {g.last_words()}")
    if "error" in report:
        raise GuestError(f"iperf3: {report['error']}; {g.last_words()}")
    return report["end"], instructions
