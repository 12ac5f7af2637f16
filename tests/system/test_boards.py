# SPDX-License-Identifier: MIT
"""The image that holds every driver, on boards that QEMU emulates: the same file on each of an architecture, its page
through the board's own network device. What was seen is recorded for docs/boards.md."""

import re
import subprocess

import pytest

import boardrow
import machine

INDEX = (machine.ROOT / "apps/httpd/www/index.html").read_bytes()

NO_OFF = "its firmware, or a GPIO line, can reset it: QEMU's model has no way off"
NO_DISK = "httpd has none, and no other test saw one"

# board: architecture, what boots the image, the machine's name, its UART, CPUs that run; how it ends, or why it does not
BOARDS = {
    "xlnx-versal-virt": ("aarch64", "QEMU -kernel, PSCI by SMC", "Xilinx Versal", "PL011", 2, None),
    "xlnx-zcu102": ("aarch64", "QEMU -kernel -dtb, PSCI by SMC", "ZCU102", "Cadence UART", 4, None),
    "imx8mp-evk": ("aarch64", "QEMU 10 -kernel -dtb, PSCI by SMC", "i.MX 8M Plus EVK", "i.MX UART", 4, None),
    "sifive_u": ("riscv64", "OpenSBI, QEMU -kernel", "HiFive Unleashed", "SiFive UART", 4, NO_OFF),
    "microchip-icicle-kit": ("riscv64", "OpenSBI, QEMU -kernel -dtb", "Icicle Kit", "16550", 4,
                             "neither its firmware nor QEMU's model has a way off"),
}
NICS = {"imx8mp-evk": "i.MX FEC"}  # others have another
FIXED_LINK = ("xlnx-versal-virt",)  # there is no PHY to ask
CASES = [(board, what[0]) for board, what in BOARDS.items() if what[0] in machine.ARCHS]


def fetch(m, path="/", *options):
    url = f"http://127.0.0.1:{m.port}{path}"
    return subprocess.run(["curl", "-s", "-m", str(machine.PATIENCE), *options, url], stdout=subprocess.PIPE,
                          check=True).stdout


def link_flaps(m):
    """The cable is pulled and put in again: of the device that has the user network as its peer."""
    text = m.qmp("human-monitor-command", **{"command-line": "info network"})
    nic = re.search(r"^((?:cadence_gem|imx\.enet)\.\d+): .*\r?\n \\ .*type=user", text, re.M)[1]
    for up in (False, True):
        m.qmp("set_link", name=nic, up=up)
        m.expect(f"phy of .*: link {'up' if up else 'down'}")


@pytest.fixture
def boot_board(ends, qemu_for):
    return ends(lambda arch, board, **options: machine.BoardMachine(arch, board, qemu=qemu_for(board), **options))


@pytest.mark.parametrize("board,arch", CASES)
def test_board(boot_board, board, arch):
    _, chain, model, uart, cpus, no_off = BOARDS[board]
    m = boot_board(arch, board, bootargs="-- -x")
    reasons = {"disk": NO_DISK} | ({"power": no_off} if no_off else {})
    with boardrow.Row(board, chain, arch, m.kernel, **reasons) as row:
        m.expect(rf"Coracle \S+ on {arch}, .*{model}")
        m.expect(f"cpus: {cpus} of {cpus} run")
        row.passed("console", uart)
        m.expect("httpd: listening on port 80")
        for _ in range(20):
            assert fetch(m) == INDEX
        if board not in FIXED_LINK:
            link_flaps(m)
            assert fetch(m) == INDEX
        row.passed("network", NICS.get(board, "Cadence GEM"))
        fetch(m, "/poweroff", "-X", "POST")
        if not no_off:
            assert m.wait() == 0
            row.passed("power", "off by PSCI")


@pytest.mark.parametrize("board,arch", [c for c in CASES if c[0] == "sifive_u"])
def test_restart_by_gpio(boot_board, board, arch, tmp_path):
    """Where the firmware has no way to reset the machine, as it does not know the controller by this name, the line does."""
    dtb, dts = tmp_path / "x.dtb", tmp_path / "x.dts"
    subprocess.run(["qemu-system-riscv64", "-machine", f"{board},dumpdtb={dtb}", "-smp", "5", "-m", "256", "-display", "none"],
                   check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", "-o", dts, dtb], check=True)
    source = dts.read_text()
    assert source.count('"sifive,gpio0"') == source.count('"gpio-restart"') == 1
    dts.write_text(source.replace('"sifive,gpio0"', '"sifive,fu540-c000-gpio"'))
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", dtb, dts], check=True)
    m = boot_board(arch, board, app="tests/target/args", bootargs="-- reboot", args=("-dtb", dtb))
    m.expect(r"Platform Reboot Device +: ---")
    m.expect("argv ends well")
    assert m.wait() == 0  # -no-reboot: the reset ends QEMU
    assert "no way to end" not in m.text


# QEMU's own machine: board, architecture, what it is in the table
VIRT_CHAIN = {"aarch64": "QEMU -kernel", "riscv64": "OpenSBI, QEMU -kernel"}
VIRT = [("generic", "aarch64", "virt"), ("generic", "riscv64", "virt"), ("virt-aia", "riscv64", "virt,aia=aplic-imsic")]


@pytest.mark.parametrize("board,arch,title", [v for v in VIRT if v[1] in machine.ARCHS])
def test_virt(boot_board, board, arch, title):
    """QEMU's own machine, with its devices on PCI."""
    m = boot_board(arch, board, bootargs="-- -x")
    with boardrow.Row(title, VIRT_CHAIN[arch], arch, m.kernel, disk=NO_DISK) as row:
        m.expect("httpd: listening on port 80")
        row.passed("console", "PL011" if arch == "aarch64" else "16550")
        assert fetch(m) == INDEX
        row.passed("network", "virtio-net over PCI")
        fetch(m, "/poweroff", "-X", "POST")
        assert m.wait() == 0
        row.passed("power", "off by PSCI" if arch == "aarch64" else "off by SBI")


@pytest.mark.parametrize("board,arch", CASES)
def test_console_input(boot_board, board, arch):
    """Lines that are typed arrive whole, one after the other and all at once."""
    m = boot_board(arch, board, app="tests/target/ask")
    m.expect(r"eth0: 10\.0\.2\.15")
    for _ in range(3):
        m.send(b"addrs\n")
        m.expect(r"10\.0\.2\.15")
        m.expect(r"done (addrs|time)")
    m.send(b"time\naddrs\ntime\n")
    for _ in range(3):
        m.expect(r"done (addrs|time)")


@pytest.mark.parametrize("arch", [a for a in machine.ARCHS if a == "riscv64"])
def test_memory_beyond_4_gib(boot_board, arch, tmp_path):
    """All memory but the image's own lies at 64 GiB: the rings and buffers are there, too."""
    board = "microchip-icicle-kit"
    source = (machine.ROOT / "boards" / board / f"{board}.dts").read_text()
    low = "reg = <0 0x80000000 0 0x40000000>"
    assert source.count(low) == 1
    (tmp_path / "x.dts").write_text(source.replace(low, "reg = <0 0x80200000 0 0xa0000>"))
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tmp_path / "x.dtb", tmp_path / "x.dts"], check=True)
    m = boot_board(arch, board, args=("-dtb", tmp_path / "x.dtb"))
    m.expect("httpd: listening on port 80")
    for _ in range(5):
        assert fetch(m) == INDEX


# board: architecture, a tree of it, what in that is the network device's
STRANGERS = {
    "xlnx-zcu102": ("aarch64", '"xlnx,zynqmp-gem", "cdns,gem"'),
    "microchip-icicle-kit": ("riscv64", '"microchip,mpfs-macb", "cdns,macb"'),
}


@pytest.mark.parametrize("board,arch", [(b, a) for b, (a, _) in STRANGERS.items() if a in machine.ARCHS])
def test_no_driver_for_the_network(boot_board, board, arch, tmp_path):
    """A machine whose network device nobody drives says which that is, how many others there are, and with `debug` each."""
    source = (machine.ROOT / "boards" / board / f"{board}.dts").read_text()
    assert source.count(STRANGERS[board][1]) == 1
    (tmp_path / "x.dts").write_text(source.replace(STRANGERS[board][1], '"acme,nic-3", "acme,nic"'))
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tmp_path / "x.dtb", tmp_path / "x.dts"], check=True)
    m = boot_board(arch, board, args=("-dtb", tmp_path / "x.dtb"))
    m.expect(r"devices without a driver: \d+; `debug` in the bootargs names them")
    m.expect(r'/ethernet@\w+: this image has no driver for "acme,nic-3"')
    m.expect("net: no network device")
    count = int(re.search(r"devices without a driver: (\d+)", m.text)[1])
    m = boot_board(arch, board, args=("-dtb", tmp_path / "x.dtb"), bootargs="debug")
    m.expect("net: no network device")
    named = re.findall(r'device (\S+): no driver for "', m.text)
    assert len(named) == len(set(named)) == count and any("/ethernet@" in path for path in named)
