# SPDX-License-Identifier: MIT
"""Which CPUs run: what the tree says, truly or not, and what the bootargs allow; and where interrupts go."""

import re

import pytest

import stub
from machine import image_path

APP = "tests/target/smp"
IMAGE_AT, TREE_AT = 0x1000000, 0x3000000  # from the start of RAM; a machine of 64 MiB
KERNEL_MAX = 8


def running(m):
    """(CPUs that run, CPUs that the tree names), as the log has it."""
    found = re.search(r"cpus: (\d+) of (\d+) run", m.text)
    return (int(found[1]), int(found[2])) if found else (1, 1)


def all_good(m):
    """The image of APP found no fault, and sysconf() told it of as many CPUs as the log has."""
    assert m.wait(180) == 0
    assert "not ok" not in m.text and re.search(r"^1\.\.\d+$", m.text, re.M)
    assert f"# {running(m)[0]} CPUs\n" in m.text


# --- bootargs


@pytest.mark.parametrize("words,want", [("maxcpus=1", 1), ("maxcpus=0", 1), ("nosmp", 1), ("maxcpus=3", 3), ("maxcpus=4", 4),
                                        ("maxcpus=99", 4), ("maxcpus=many", 4), ("", 4)])
def test_as_many_as_allowed(boot, arch, words, want):
    m = boot(arch, "hello", cpus=4, bootargs=words)
    assert m.wait() == 0
    assert running(m) == (want, 4) and f"Hello from Coracle on {arch}" in m.text


def test_more_than_there_is_room_for(boot, arch):
    options = {"machine": "gic-version=3"} if arch == "aarch64" else {}  # a GICv2 has eight at most
    m = boot(arch, "hello", cpus=11, **options)
    assert m.wait(180) == 0
    assert running(m) == (KERNEL_MAX, 11)


@pytest.mark.parametrize("cpus", range(1, KERNEL_MAX + 1))
def test_each_number(boot, arch, cpus):
    """Each of them runs a thread. That all else holds, too, the target tests say of 1, 2, 4 and 8."""
    m = boot(arch, APP, cpus=cpus, bootargs="-- each")
    assert m.wait(180) == 0
    assert running(m) == (cpus, cpus) and f"# {cpus} CPUs" in m.text
    assert [int(n) for n in re.findall(r"^# a thread on CPU (\d)$", m.text, re.M)] == list(range(cpus))


@pytest.mark.parametrize("arch", ["aarch64"], scope="session")
@pytest.mark.parametrize("machine,conduit", [
    ("", "hvc"), ("gic-version=3", "hvc"), ("virtualization=on", "smc"), ("virtualization=on,gic-version=3", "smc"),
])
def test_started_by(boot, arch, machine, conduit):
    """PSCI by HVC, and by SMC where there is EL2, in which the others then come up as well."""
    m = boot(arch, APP, cpus=4, machine=machine, bootargs="debug")
    all_good(m)
    assert running(m) == (4, 4)
    assert re.search(rf"psci .*: version \d+\.\d+ by {conduit}", m.text)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("cpu", [0, 3])
def test_interrupts_go_where_asked(boot, arch, cpu, version):
    machine = f"gic-version={version}" if arch == "aarch64" else ""
    m = boot(arch, APP, cpus=4, machine=machine, bootargs=f"irqaffinity={cpu} -- alarm")
    assert m.wait() == 0
    assert f"alarm on CPU {cpu}" in m.text


def test_interrupts_for_a_cpu_that_is_not_there(boot, arch):
    m = boot(arch, APP, cpus=2, bootargs="irqaffinity=2 -- alarm")
    assert m.wait() == 0
    assert "irqaffinity=2: no such CPU" in m.text and "alarm on CPU 0" in m.text


# --- trees


def nodes(source):
    """The CPUs' nodes: (text, hardware id). QEMU names them by decimal numbers of its own."""
    texts = re.findall(r"\n\t\tcpu@[0-9a-f]+ \{.*?\n\t\t\};", source, re.S)
    return [(text, int(re.search(r"\treg = <(0x[0-9a-f]+)>", text)[1], 16)) for text in texts]


def disable(source, ids):
    for text, number in nodes(source):
        if number in ids:
            rest = re.sub(r'\n\t\t\tstatus = "okay";', "", text)
            source = source.replace(text, rest.replace("{", '{\n\t\t\tstatus = "disabled";', 1))
    return source


@pytest.fixture
def boot_changed(boot, arch, tmp_path):
    """boot_changed(change, ...): the image with this machine's tree, changed by a function of its source."""
    def start(change, app="hello", cpus=4, options=""):
        good = stub.dump_tree(tmp_path / "good.dtb", arch, cpus=cpus, options=options and f"{options},",
                              bootargs={"aarch64": "semihosting", "riscv64": ""}[arch]).read_bytes()
        reserved = "/dts-v1/;" if arch == "aarch64" else "/dts-v1/;\n/memreserve/ 0x80000000 0x80000;"
        data = stub.edit(good, lambda source: change(source.replace("/dts-v1/;", reserved)))
        (tmp_path / "test.dtb").write_bytes(data)
        image, at = stub.RAM[arch] + IMAGE_AT, stub.RAM[arch] + TREE_AT
        return boot(arch, app, cpus=cpus, machine=options, append=False,
                    kernel=stub.write_stub(tmp_path / "stub", arch, image, at),
                    args=(*stub.load(image_path(arch, app), image), *stub.load(tmp_path / "test.dtb", at)))
    return start


def boot_hart(m, arch):
    """Arm's is the first; OpenSBI boots on whichever hart comes first."""
    return int(re.search(r"Boot HART ID\s*: (\d+)", m.text)[1]) if arch == "riscv64" else 0


def test_numbers_with_gaps(boot_changed, arch):
    """OpenSBI boots on any hart: on one that the tree says is not for us, there is no way but to say so."""
    for _ in range(20):
        m = boot_changed(lambda s: disable(s, {1, 2}), app=APP)
        m.expect(r"Boot HART ID|Coracle")
        if m.wait(180) == 0:
            break
        assert boot_hart(m, arch) in (1, 2) and "panic: no timer or interrupt controller" in m.text
    all_good(m)
    assert running(m) == (2, 2)


@pytest.mark.parametrize("arch", ["aarch64"], scope="session")
def test_numbers_in_another_cluster(boot_changed, arch):
    """MPIDR 0x100: interrupts between CPUs and redistributors go by all of the affinity."""
    m = boot_changed(lambda s: disable(s, set(range(1, 16))), app=APP, cpus=17, options="gic-version=3")
    all_good(m)
    assert running(m) == (2, 2)


def with_lie(source, lie):
    text, number = nodes(source)[-1]
    added = lie(text, number)
    # The phandles stay with the true one.
    added = re.sub(r"\n\t+phandle = .*?;", "", added)
    return source.replace(text, text + added)


@pytest.mark.parametrize("lie,complaint", [
    (lambda text, number: text.replace(f"cpu@{number:x}", "cpu@77").replace(f"reg = <{number:#04x}>", "reg = <0x77>"),
     r"cpu 77 \(cpu@77\): not started"),
    (lambda text, number: text.replace(f"cpu@{number:x}", "cpu@3f"), r"cpu 3 \(cpu@3f\): not started"),
    (lambda text, number: re.sub(r"\n\t+reg = .*?;", "", text.replace(f"cpu@{number:x}", "cpu@50")), None),
    (lambda text, number: text.replace(f"cpu@{number:x}", "cpu@51").replace('device_type = "cpu"', 'device_type = "cup"'), None),
], ids=["not there", "named twice", "no number", "no CPU"])
def test_a_tree_that_lies(boot_changed, arch, lie, complaint):
    """What is wrong is said, or ignored where it names no CPU; the true ones run."""
    m = boot_changed(lambda s: with_lie(s, lie))
    assert m.wait() == 0
    assert f"Hello from Coracle on {arch}" in m.text
    assert running(m)[0] == 4
    # The boot CPU is there already: that its number comes twice is nothing to complain about.
    if complaint and not (boot_hart(m, arch) == 3 and "cpu 3 " in complaint.replace("\\", "")):
        assert re.search(complaint, m.text)
