# SPDX-License-Identifier: MIT
# QEMU's `virt` with EDK2, which starts the image from a disk, as the boot entry of its variables says.
#   ACPI=on|off    what the firmware describes the machine by; off: the device tree. On riscv64 QEMU 10 has it, as its
#                  default; an older one has the tree alone and does not know the word.

acpi-said := $(if $(filter undefined,$(origin ACPI)),,$(comma)acpi=$(ACPI))
ACPI ?= on
archs := aarch64 riscv64
image := generic
qemu-aarch64 := qemu-system-aarch64 -machine virt,gic-version=3,acpi=$(ACPI) -cpu cortex-a72
firmware-aarch64 = -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd -drive if=pflash,unit=1,format=raw,file=$(EFI_VARS)
efi-flash-aarch64 := 64
qemu-riscv64 := qemu-system-riscv64 -machine virt$(acpi-said) -cpu rv64
firmware-riscv64 = $(EDK2_RISCV64_QEMU)
firmware-files-riscv64 = $(EDK2_RISCV64_READY)
EDK2_RISCV64_VARS = $(EFI_VARS)
efi-flash-riscv64 := 32
devices := -device virtio-rng-pci
devices-net := -device virtio-net-pci,netdev=net0,romfile=
devices-block := -device virtio-blk-pci,drive=disk0
devices-boot := -device virtio-blk-pci,drive=boot
loader := uefi
smp := 1
board-memory := 256
