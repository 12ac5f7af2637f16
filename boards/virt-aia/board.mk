# SPDX-License-Identifier: MIT
# QEMU's `virt` with RISC-V's Advanced Interrupt Architecture: APLIC and IMSIC in place of the PLIC, messages from PCI.

archs := riscv64
image := generic
qemu-riscv64 := qemu-system-riscv64 -machine virt,aia=aplic-imsic -cpu rv64
devices := -device virtio-rng-pci
devices-net := -device virtio-net-pci,netdev=net0,romfile=
devices-block := -device virtio-blk-pci,drive=disk0
smp := 4
board-memory := 128
