# SPDX-License-Identifier: MIT
# The image that holds every driver and boots on every machine of its architecture; run here as QEMU's `virt`
# with its devices on PCI.

archs := aarch64 riscv64
board-needs := pci efi soc
qemu-aarch64 := qemu-system-aarch64 -machine virt,gic-version=3 -cpu cortex-a72 -semihosting-config enable=on,target=native
bootargs-aarch64 := semihosting
qemu-riscv64 := qemu-system-riscv64 -machine virt -cpu rv64
devices := -device virtio-rng-pci
devices-net := -device virtio-net-pci,netdev=net0,romfile=
devices-block := -device virtio-blk-pci,drive=disk0
smp := 1
board-memory := 64
