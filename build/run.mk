# SPDX-License-Identifier: MIT
# QEMU from board.mk's data.
#   PORT=8080      first host port to try for the guest's port 80      MEM=64        memory in MiB
#   ARGS='a b'     the program's arguments (after " -- ")              SMP=1         processors
#   BOOTARGS='..'  further kernel parameters                           QEMU_ARGS=..  further QEMU options
#   DISK=path      the disk image of an app that needs `block`; made if there is none (build/disk.mk)

# A machine that is emulated as it is (it shares an image) has its own memory; QEMU refuses another to some.
MEM ?= $(or $(if $(image),$(board-memory)),$(memory),$(board-memory))
SMP ?= $(smp)
PORT ?= 8080

QEMU = $(qemu-$(ARCH)) -smp $(SMP) -m $(MEM) -nodefaults -display none $(devices) $(if $(BOARD_DTB),-dtb $(BOARD_DTB))

# The tree of a machine for which QEMU makes none.
BOARD_DTB := $(if $(board-dts),$(abspath $(ARCH_OUT)/$(BOARD).dtb))
ifneq ($(board-dts),)
$(BOARD_DTB): boards/$(BOARD)/$(board-dts) | packages
	$(call say,DTC,$<)mkdir -p $(@D); dtc -W no-unit_address_vs_reg -W no-avoid_unnecessary_addr_size -I dts -O dtb -o $@ $<
endif

# ports := tcp:5201 udp:5201 in app.mk: the guest's further ports, the same on the host.
forward = ,hostfwd=$(subst :,:127.0.0.1:,$(1))-:$(lastword $(subst :, ,$(1)))
forwards = ,hostfwd=tcp:127.0.0.1:$$port-:80$(subst $(empty) ,,$(foreach p,$(ports),$(call forward,$(p))))
run-net-y = $(if $(onboard-nic),$(nic-before) -nic user$(forwards),-netdev user,id=net0$(forwards) $(devices-net))
run-net = $(run-net-$(need_net))
# BOOTARGS and ARGS reach the guest as they are; only $$port is the shell's to fill in.
sq = '$(subst ','\'',$(1))'
bootargs = $(call sq,$(strip $(bootargs-$(ARCH)) $(if $(run-block),$(drive-bootargs)) $(BOOTARGS)))$(if $(need_net)," PUBLIC_URL=http://127.0.0.1:$$port/")$(if $(ARGS),$(call sq, -- $(ARGS)))
# QEMU's own version that PATH has may not know the machine: newer-qemu := y in board.mk.
find-qemu = $(if $(newer-qemu),newer=$$(tools/newer-qemu $(abspath $(CACHE))) || exit 1; PATH=$$newer:$$PATH;)
find-port = $(if $(need_net),port=$$($(PYTHON) tools/free-port.py $(PORT)) || exit 1;)

# How the image gets in, by the board's `loader`. UEFI takes arguments from its boot entry, which is in the flash for
# variables; U-Boot from the disk, extlinux.conf.
load-kernel = -kernel $(IMAGE) -append $(bootargs)
BOOT_DISK := $(IMG_OUT)/boot.img
load-uefi = $(firmware-$(ARCH)) -drive if=none,id=boot,format=raw,file=$(BOOT_DISK) $(devices-boot)
loads-uefi = boot-disk $(firmware-files-$(ARCH))
EFI_VARS := $(IMG_OUT)/efi-vars.fd
before-uefi = args=$(bootargs); $(PYTHON) tools/efi-vars.py $(EFI_VARS) $(efi-flash-$(ARCH)) \
	'\EFI\BOOT\$(efi-name-$(ARCH))' "$$args" || exit 1;
groups += $(if $(filter run,$(goals)),$(if $(filter uefi u-boot,$(loader)),$(loader)-$(ARCH)))

# The tree is QEMU's own with U-Boot's /config/bootdelay in it: no wait for a key (its doc/device-tree-bindings/config.txt).
U_BOOT_DTB := $(IMG_OUT)/u-boot.dtb
load-u-boot = $(load-uefi) -dtb $(U_BOOT_DTB)
loads-u-boot = boot-disk
# (It crashes on an empty APPEND.)
before-u-boot = args=$(bootargs); printf '%s\n' 'DEFAULT coracle' 'LABEL coracle' '  KERNEL /EFI/BOOT/$(efi-name-$(ARCH))' \
	"$${args:+  APPEND $$args}" | mcopy -o -i $(BOOT_DISK)@@1M - ::/extlinux/extlinux.conf && \
	$(QEMU) $(QEMU_ARGS) -machine dumpdtb=$(U_BOOT_DTB) 2> $(U_BOOT_DTB).log && fdtput -c $(U_BOOT_DTB) /config && \
	fdtput -t i $(U_BOOT_DTB) /config bootdelay 0 || { cat $(U_BOOT_DTB).log >&2; exit 1; };

.PHONY: do-run do-debug boot-disk qemu-line
boot-disk: esp
	$(Q)$(call mkdisk,$(BOOT_DISK),36M,$(esp-part))

do-run: $(IMAGE) $(loads-$(loader)) $(BOARD_DTB)
	$(Q)$(find-qemu)$(find-disk)$(find-port)$(before-$(loader)) echo "  QEMU    $(call rel,$(IMAGE)) on $(BOARD), $(MEM) MiB; Ctrl-A X ends it" >&2; \
		exec $(QEMU) $(load-$(loader)) $(run-net) $(run-block) -serial mon:stdio $(QEMU_ARGS)

# The ELF is loaded where it is linked to, so that gdb's addresses are right.
do-debug: $(IMAGE) $(BOARD_DTB)
	$(Q)$(find-qemu)$(find-disk)$(find-port) tools/debug $(ELF) $(QEMU) -kernel $(ELF) $(run-net) $(run-block) -append $(bootargs) $(QEMU_ARGS)

qemu-line: $(BOARD_DTB) ## print QEMU's command for BOARD, without what it boots (with make -s)
	@echo '$(QEMU) $(run-net) $(run-block)'
