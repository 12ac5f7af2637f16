# SPDX-License-Identifier: MIT
# AMD/Xilinx ZCU102 (Zynq UltraScale+ MPSoC), as QEMU has it. The network is GEM3, the board's socket; so is SD1.

archs := aarch64
image := generic
# Later QEMUs want to be told which audio device its DisplayPort uses; 7.2 does not know the word.
audio = $(shell qemu-system-aarch64 -machine xlnx-zcu102,help | sed -n 's/^ *audiodev=.*/,audiodev=none/p')
qemu-aarch64 = qemu-system-aarch64 -machine xlnx-zcu102$(audio) -audiodev none,id=none
board-dts := xlnx-zcu102.dts
onboard-nic := y
nic-before := -nic hubport,hubid=1 -nic hubport,hubid=2 -nic hubport,hubid=3
drive := if=sd,index=1
smp := 4
board-memory := 256
