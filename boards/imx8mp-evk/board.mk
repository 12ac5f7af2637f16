# SPDX-License-Identifier: MIT
# NXP i.MX 8M Plus EVK, as QEMU has it from version 10 on. The console is its second UART, the network its FEC, the card in the
# slot of uSDHC2.

archs := aarch64
image := generic
qemu-aarch64 := qemu-system-aarch64 -machine imx8mp-evk -serial null
newer-qemu := y
board-dts := imx8mp-evk.dts
onboard-nic := y
drive := if=sd,bus=1
smp := 4
board-memory := 256
