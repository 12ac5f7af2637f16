# SPDX-License-Identifier: MIT
# A Firecracker microVM on Arm: `make image` writes firecracker.json beside the image. `make run` has QEMU's `virt` with a
# tree as Firecracker makes it; the addresses are QEMU's, and the console is a PL011, as `virt` has no 16550.
#   TAP=tap0    the host's end of the network

archs := aarch64
board-needs := vm
monitor := firecracker
monitor-bootargs := console=ttyS0 reboot=k panic=-1
qemu-aarch64 := qemu-system-aarch64 -machine virt,gic-version=3 -cpu neoverse-n1 -global virtio-mmio.force-legacy=false
bootargs-aarch64 := $(monitor-bootargs)
board-dts := firecracker.dts
# The tree has a node for each of these places alone.
devices := -device virtio-rng-device,bus=virtio-mmio-bus.0
devices-block := -device virtio-blk-device,drive=disk0,bus=virtio-mmio-bus.1
devices-net := -device virtio-net-device,netdev=net0,bus=virtio-mmio-bus.2
smp := 1
board-memory := 64
