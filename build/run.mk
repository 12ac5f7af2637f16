# SPDX-License-Identifier: MIT
# QEMU from board.mk's data.
#   PORT=8080      first host port to try for the guest's port 80      MEM=64        memory in MiB
#   ARGS='a b'     the program's arguments (after " -- ")              SMP=1         processors
#   BOOTARGS='..'  further kernel parameters                           QEMU_ARGS=..  further QEMU options
#   DISK=path      the disk image of an app that needs `block`; made if there is none (build/disk.mk)

MEM ?= $(or $(memory),$(board-memory))
SMP ?= $(smp)
PORT ?= 8080

QEMU = $(qemu-$(ARCH)) -smp $(SMP) -m $(MEM) -nodefaults -display none $(devices)
# ports := tcp:5201 udp:5201 in app.mk: the guest's further ports, the same on the host.
forward = ,hostfwd=$(subst :,:127.0.0.1:,$(1))-:$(lastword $(subst :, ,$(1)))
run-net-y = -netdev user,id=net0,hostfwd=tcp:127.0.0.1:$$port-:80$(subst $(empty) ,,$(foreach p,$(ports),$(call forward,$(p)))) \
	$(devices-net)
run-net = $(run-net-$(need_net))
# BOOTARGS and ARGS reach the guest as they are; only $$port is the shell's to fill in.
sq = '$(subst ','\'',$(1))'
bootargs = $(call sq,$(strip $(bootargs-$(ARCH)) $(BOOTARGS)))$(if $(need_net)," PUBLIC_URL=http://127.0.0.1:$$port/")$(if $(ARGS),$(call sq, -- $(ARGS)))
find-port = $(if $(need_net),port=$$($(PYTHON) tools/free-port.py $(PORT)) || exit 1;)

.PHONY: do-run do-debug
do-run: $(IMAGE)
	$(Q)$(find-disk)$(find-port) echo "  QEMU    $(call rel,$(IMAGE)) on $(BOARD), $(MEM) MiB; Ctrl-A X ends it" >&2; \
		exec $(QEMU) -kernel $(IMAGE) $(run-net) $(run-block) -serial mon:stdio -append $(bootargs) $(QEMU_ARGS)

# The ELF is loaded where it is linked to, so that gdb's addresses are right.
do-debug: $(IMAGE)
	$(Q)$(find-disk)$(find-port) tools/debug $(ELF) $(QEMU) -kernel $(ELF) $(run-net) $(run-block) -append $(bootargs) $(QEMU_ARGS)
