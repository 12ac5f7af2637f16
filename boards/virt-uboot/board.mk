# SPDX-License-Identifier: MIT
# QEMU's `virt` with Debian's U-Boot, which starts the image from a disk as its extlinux.conf says.
# With firmware and ACPI this QEMU has another power key than its tree says: acpi=off.
# On PCI the disks are numbered in the order they are given in: U-Boot looks at the first one alone.

archs := aarch64 riscv64
image := generic
qemu-aarch64 := qemu-system-aarch64 -machine virt,acpi=off -cpu cortex-a72 -semihosting-config enable=on,target=native
bootargs-aarch64 := semihosting
firmware-aarch64 := -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin
qemu-riscv64 := qemu-system-riscv64 -machine virt -cpu rv64
firmware-riscv64 := -kernel /usr/lib/u-boot/qemu-riscv64_smode/uboot.elf
devices := -device virtio-rng-pci
devices-net := -device virtio-net-pci,netdev=net0,romfile=
devices-block := -device virtio-blk-pci,drive=disk0
devices-boot := -device virtio-blk-pci,drive=boot
loader := u-boot
smp := 1
board-memory := 256
