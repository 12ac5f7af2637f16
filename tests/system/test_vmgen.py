# SPDX-License-Identifier: MIT
"""VMGenID and VMClock as Firecracker's tree names them, in a tree of QEMU's machine; tests/target/vmgen plays the hypervisor."""

import struct
import subprocess

import pytest

import machine
from tap import judge

pytestmark = pytest.mark.skipif("aarch64" not in machine.ARCHS, reason="the app raises interrupts of a GIC")

NODES = """
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		shared@43000000 { reg = <0 0x43000000 0 0x2000>; };
	};
	vmgenid {
		compatible = "microsoft,vmgenid";
		reg = <0 0x43000000 0 16>;
		interrupts = <0 100 1>;
	};
	ptp@43001000 {
		compatible = "amazon,vmclock";
		reg = <0 0x43001000 0 0x1000>;
	};
};
"""


def vmclock(seconds):
    """Synchronized; QEMU's counter has 62.5 MHz."""
    head = struct.pack("<IIHBBIQQ", 0x4B4C4356, 4096, 1, 0, 0, 0, 1, 0)
    middle = struct.pack("<2xBBhBBQQQQ", 2, 0, 0, 0, 0, 0, (1 << 64) // 62500000, 0, 0)
    return (head + middle + struct.pack("<QQ", seconds, 0)).ljust(4096, b"\0")


def test_restore(boot, tmp_path):
    dtb, dts, page = (tmp_path / name for name in ("a.dtb", "a.dts", "page"))
    subprocess.run(["qemu-system-aarch64", "-M", f"virt,dumpdtb={dtb}", "-cpu", "cortex-a72", "-m", "64", "-nodefaults",
                    "-display", "none"], check=True, stderr=subprocess.DEVNULL)
    text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", dtb], check=True, stdout=subprocess.PIPE, text=True).stdout
    dts.write_text(text.rstrip().removesuffix("};") + NODES)
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", dtb, dts], check=True)
    page.write_bytes(vmclock(1000000000))
    m = boot("aarch64", "tests/target/vmgen",
             args=("-dtb", dtb, "-device", f"loader,file={page},addr=0x43001000,force-raw=on"))
    m.expect("no change")
    m.expect("vmgenid /vmgenid: another machine from a snapshot: random numbers begin anew")
    m.expect("^changed")
    m.expect("vmclock /ptp@43001000: time was disrupted: random numbers begin anew, the wall clock is set")
    judge(m)
    assert m.text.count("another machine") == 1
