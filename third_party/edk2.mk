# SPDX-License-Identifier: MIT
# EDK2 for QEMU's RISC-V machine: Debian's build of it, pinned like a source. (aarch64's is a package of bookworm.)
#
# QEMU 7.2 starts flash 0 in M-mode and takes flash 1 for S-mode firmware, where this one keeps its variables. So the
# files are loaded to where the flashes are, and what OpenSBI starts as the kernel jumps there.
#   EDK2_RISCV64_VARS=file    its variables, if not Debian's, which has none (tools/efi-vars.py)

EDK2_RISCV64 := $(call src-dir,qemu-efi-riscv64)
EDK2_RISCV64_FILES := $(EDK2_RISCV64)/usr/share/qemu-efi-riscv64/RISCV_VIRT
EDK2_RISCV64_VARS ?= $(EDK2_RISCV64_FILES)_VARS.fd
EDK2_JUMP := $(OUT)/edk2-jump

$(EDK2_RISCV64).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) qemu-efi-riscv64
	$(Q)tools/unpack-dep $(LOCK) $(DL) qemu-efi-riscv64 $(EDK2_RISCV64)

# lui t0, 0x20000; jr t0
$(EDK2_JUMP):
	$(Q)mkdir -p $(@D); printf '\267\002\000\040\147\200\002\000' > $@

EDK2_RISCV64_READY := $(EDK2_RISCV64).unpacked $(EDK2_JUMP)
EDK2_RISCV64_QEMU = -kernel $(EDK2_JUMP) -device loader$(comma)addr=0x20000000$(comma)force-raw=on$(comma)file=$(EDK2_RISCV64_FILES)_CODE.fd \
	-device loader$(comma)addr=0x22000000$(comma)force-raw=on$(comma)file=$(EDK2_RISCV64_VARS)

# For tests: the options as they are.
.PHONY: edk2-riscv64
edk2-riscv64: $(EDK2_RISCV64_READY)
	@echo $(EDK2_RISCV64_QEMU)
