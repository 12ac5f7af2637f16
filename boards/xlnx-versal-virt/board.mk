# SPDX-License-Identifier: MIT
# AMD/Xilinx Versal (VCK190's processors), as QEMU has it. QEMU makes the tree; memory lies at 0.
# QEMU counts its two Cortex-R5, which nobody starts, among the processors.

archs := aarch64
image := generic
qemu-aarch64 := qemu-system-aarch64 -machine xlnx-versal-virt
onboard-nic := y
drive := if=sd,index=0
smp := 4
board-memory := 256
