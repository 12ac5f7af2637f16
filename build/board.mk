# SPDX-License-Identifier: MIT
# The board: data for `make run`, and which drivers its image holds.
#
# A board's file, boards/NAME/board.mk:
#   archs := aarch64                architectures it exists for
#   image := generic                it boots that board's image, not one of its own
#   board-needs := pci efi soc vm   what its image holds beyond `virt` (build/rules.mk, NEEDS)
#   loader := kernel                QEMU's -kernel; or uefi, u-boot: from a disk (devices-boot), by what firmware-ARCH puts into QEMU
#   efi-flash-ARCH := 64            loader uefi: MiB of the flash for variables, EFI_VARS
# and what build/run.mk reads: qemu-ARCH, bootargs-ARCH, devices, devices-net, devices-block, smp, board-memory;
#   onboard-nic := y                the machine has its own network device: no devices-net
#   nic-before := -nic ...          for those of its network devices that come before the one that is used
#   drive := if=sd,index=1          the disk is a card in the machine's slot: no devices-block
#   drive-bootargs := maxcpus=1     kernel parameters for a run with that disk
#   board-dts := x.dts              QEMU makes no device tree: this one, in the board's folder
#   newer-qemu := y                 that of PATH may be too old: QEMU 10 (tools/newer-qemu)
#   monitor := firecracker          whose configuration is written beside the image (build/vmm.mk), with monitor-bootargs

board-needs :=
image :=
onboard-nic :=
nic-before :=
drive :=
drive-bootargs :=
board-dts :=
newer-qemu :=
loader := kernel
monitor :=
ifeq ($(wildcard boards/$(BOARD)/board.mk),)
$(error there is no boards/$(BOARD)/board.mk; boards: $(notdir $(patsubst %/board.mk,%,$(wildcard boards/*/board.mk))))
endif
include boards/$(BOARD)/board.mk
ifeq ($(filter $(ARCH),$(archs)),)
$(error board $(BOARD) is for $(archs), not for ARCH=$(ARCH))
endif
# Boards that share an image share its folder: the same file boots on each of them.
IMAGE_BOARD := $(or $(image),$(BOARD))
ifneq ($(IMAGE_BOARD),$(BOARD))
board-needs := $(shell sed -n 's/^board-needs := //p' boards/$(IMAGE_BOARD)/board.mk)
endif
