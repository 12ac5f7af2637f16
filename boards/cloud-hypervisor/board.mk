# SPDX-License-Identifier: MIT
# Cloud Hypervisor on Arm: `make image` writes cloud-hypervisor.sh, which starts it, beside the image. `make run` has QEMU's
# `virt` with a tree as Cloud Hypervisor makes it; the addresses are QEMU's.
#   TAP=tap0    the host's end of the network

archs := aarch64
image := generic
monitor := cloud-hypervisor
monitor-bootargs := console=ttyAMA0 panic=-1
qemu-aarch64 := qemu-system-aarch64 -machine virt,gic-version=3 -cpu neoverse-n1
bootargs-aarch64 := $(monitor-bootargs)
board-dts := cloud-hypervisor.dts
devices := -device virtio-rng-pci
devices-net := -device virtio-net-pci,netdev=net0,romfile=
devices-block := -device virtio-blk-pci,drive=disk0
smp := 1
MEM ?= $(or $(memory),64)
