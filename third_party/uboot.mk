# SPDX-License-Identifier: MIT
# U-Boot that checks the signatures of FIT images, `make u-boot`: where it is is its last line, for tests (make -s).
# aarch64's is Debian's. Debian's for riscv64 is built without them: this one is of its source with its patches, configured
# for nothing else, built once and kept in the cache. It takes no Python, no OpenSSL and none of U-Boot's own tools.

.PHONY: u-boot
ifneq ($(filter u-boot,$(goals)),)
U_BOOT_CONFIG := third_party/uboot-$(ARCH).config
ifeq ($(wildcard $(U_BOOT_CONFIG)),)
groups += u-boot-$(ARCH)
U_BOOT := /usr/lib/u-boot/qemu_arm64/u-boot.bin
u-boot: packages
else
groups += build-u-boot
U_BOOT_DEBIAN := $(call src-dir,u-boot-debian)
U_BOOT_SRC := $(call src-dir,u-boot)-$(lastword $(subst -, ,$(U_BOOT_DEBIAN)))
u-boot-key := $(shell { echo $(notdir $(U_BOOT_SRC)); cat $(U_BOOT_CONFIG); } | sha256sum | cut -c1-12)
U_BOOT := $(abspath $(CACHE)/u-boot/$(ARCH)-$(u-boot-key).elf)
u-boot: $(U_BOOT)

# Debian's patches in its order, then ours.
$(U_BOOT_SRC).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) u-boot u-boot-debian
	$(Q)tools/unpack-dep $(LOCK) $(DL) u-boot-debian $(U_BOOT_DEBIAN)
	$(Q)tools/unpack-dep $(LOCK) $(DL) u-boot $(U_BOOT_SRC) \
		$$(sed 's!^!$(U_BOOT_DEBIAN)/patches/!' $(U_BOOT_DEBIAN)/patches/series) $(call patches,u-boot)

# Kconfig drops without a word what it does not know or what lacks another option: all of it must be in .config.
u-boot-lost = grep -v '^\#\|^$$' $(U_BOOT_CONFIG) | grep -vxF -f $$work/.config
# -i: U-Boot's makefiles would take our ARCH, BOARD and V for theirs. The time is 1980's, as in a FIT.
u-boot-make = env -i PATH="$$PATH" SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-315532800} $(MAKE) -s -j$(JOBS) -C $(U_BOOT_SRC) O=$$work \
	ARCH=$(patsubst %64,%,$(ARCH)) CROSS_COMPILE=$(CROSS) DTC=dtc KCONFIG_ALLCONFIG=$(abspath $(U_BOOT_CONFIG))
$(U_BOOT): | $(U_BOOT_SRC).unpacked
	$(call say,BUILD,U-Boot for $(ARCH))work=$@.$$$$; mkdir -p $$work; \
		if { $(u-boot-make) allnoconfig && { ! $(u-boot-lost) || { echo "Kconfig dropped these"; false; }; } && \
			$(u-boot-make) u-boot; } > $$work/log 2>&1; \
		then mv $$work/u-boot $@; else tail -n 30 $$work/log >&2; fi; rm -rf $$work; [ -e $@ ]
endif
u-boot: ## build U-Boot that checks a FIT's signature, and print where it is (ARCH=)
	@echo $(U_BOOT)
endif
