# SPDX-License-Identifier: MIT
# Raspberry Pi 3 Model B, as QEMU has it: no network (its Ethernet chip, on USB, is not modelled). QEMU starts all four
# CPUs, in the hypervisor's level; three wait in its spin table. It takes 1 GiB of memory and no other, 64 MiB of it for
# the graphics.

archs := aarch64
image := generic
qemu-aarch64 := qemu-system-aarch64 -machine raspi3b
board-dts := raspi3b.dts
onboard-nic := y
drive := if=sd,index=0
# QEMU forgets timers while several CPUs use the card: docs/testing.md, SD cards.
drive-bootargs := maxcpus=1
smp := 4
board-memory := 1024
