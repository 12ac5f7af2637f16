# SPDX-License-Identifier: MIT
# QEMU's `virt` machine, both architectures. Data for `make run`; nothing compiled reads it.

archs := aarch64 riscv64
# Semihosting is how an Arm guest gives QEMU an exit status; on RISC-V the machine has a device for it.
qemu-aarch64 := qemu-system-aarch64 -machine virt -cpu cortex-a72 -semihosting-config enable=on,target=native
bootargs-aarch64 := semihosting
qemu-riscv64 := qemu-system-riscv64 -machine virt -cpu rv64
devices := -device virtio-rng-device
devices-net := -device virtio-net-device,netdev=net0
devices-block := -device virtio-blk-device,drive=disk0
# What the trees that QEMU makes begin with: how U-Boot finds this board in a FIT image.
compatible-aarch64 := linux,dummy-virt
compatible-riscv64 := riscv-virtio
smp := 1
board-memory := 64
