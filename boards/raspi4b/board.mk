# SPDX-License-Identifier: MIT
# Raspberry Pi 4 Model B, as QEMU has it from version 9 on: no network and no PCI Express yet. QEMU starts all four CPUs, in
# the hypervisor's level; three wait in its spin table. It takes 2 GiB of memory and no other.

archs := aarch64
image := generic
qemu-aarch64 := qemu-system-aarch64 -machine raspi4b
newer-qemu := y
board-dts := raspi4b.dts
onboard-nic := y
drive := if=sd,index=0
# QEMU forgets timers while several CPUs use the card: docs/testing.md, SD cards.
drive-bootargs := maxcpus=1
smp := 4
board-memory := 2048
