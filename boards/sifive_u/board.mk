# SPDX-License-Identifier: MIT
# SiFive HiFive Unleashed (FU540), as QEMU has it: one hart without an MMU, which the firmware keeps, and four with.

archs := riscv64
image := generic
qemu-riscv64 := qemu-system-riscv64 -machine sifive_u
onboard-nic := y
drive := if=sd,index=0
smp := 5
board-memory := 256
