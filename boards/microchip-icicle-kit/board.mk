# SPDX-License-Identifier: MIT
# Microchip PolarFire SoC Icicle Kit, as QEMU has it: one hart without an MMU and four with. QEMU starts OpenSBI when it
# is given a tree. Less memory than 1,537 MiB is refused by QEMU, and what is more is not in the tree.

archs := riscv64
image := generic
qemu-riscv64 := qemu-system-riscv64 -machine microchip-icicle-kit
board-dts := microchip-icicle-kit.dts
onboard-nic := y
drive := if=sd,index=0
# QEMU forgets timers while several CPUs use the card: docs/testing.md, SD cards.
drive-bootargs := maxcpus=1
smp := 5
board-memory := 1537
