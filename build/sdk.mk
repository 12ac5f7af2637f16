# SPDX-License-Identifier: MIT
# make sdk: out/sdk-ARCH, with which other build systems make images (docs/sdk.md).

SDK := $(OUT)/sdk-$(ARCH)
SDK_STAMP := $(ARCH_OUT)/sdk.stamp
SDK_HOST := $(ARCH)-coracle-elf
# A program elsewhere asks for __unix__; of our own flags those that are about the image.
SDK_MACHINE := $(filter-out -U__unix__ -U__unix -Uunix,$(MACHINE))
SDK_CC_FLAGS := -ffunction-sections -fdata-sections -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
	-fno-stack-protector -ftls-model=local-exec
SDK_FILES := $(wildcard tools/sdk/*) tools/sdk/Platform/Coracle.cmake tools/symtab.py tools/pack-files.py tools/link-image
SDK_HEADERS := $(shell find libc/include -name '*.h')
SDK_OBJS := $(BASE_OBJS) $(OBJS_net)

# A changed list of parts or flags is a new SDK.
$(ARCH_OUT)/sdk.key: FORCE
	$(call stamp,$(SDK_MACHINE) $(SDK_CC_FLAGS) $(filter-out -T $(LDS),$(LDFLAGS)) $(SDK_OBJS) $(SDK_HEADERS) $(CC_VERSION))

sdk-gone = $(if $(wildcard $(SDK)/lib/config.json),,FORCE)
$(SDK_STAMP): $(SDK_OBJS) $(LDS) $(LIBFDT_LIB) $(POSIX_LIB) $(LWIP_LIB) $(NEWLIB_STAMP) $(ARCH_OUT)/sdk.key $(SDK_FILES) $(SDK_HEADERS) build/sdk.mk $(sdk-gone)
	$(call say,SDK,$(SDK))ARCH=$(ARCH) HOST=$(SDK_HOST) CROSS=$(CROSS) MACHINE='$(SDK_MACHINE)' CC_FLAGS='$(SDK_CC_FLAGS)' \
		GCC_INCLUDE=$$($(CC) -print-file-name=include) NEWLIB=$(NEWLIB) LDS=$(LDS) OBJ=$(OBJ) OBJS='$(BASE_OBJS)' NET_OBJS='$(OBJS_net)' \
		ARCHIVES='$(LIBFDT_LIB) $(POSIX_LIB) $(LIBC)' NET_ARCHIVES='$(LWIP_LIB)' LINK_FLAGS='$(filter-out -T $(LDS),$(LDFLAGS))' \
		PYTHON=$(PYTHON) tools/sdk/build-sdk $(SDK)
	$(Q)touch $@

# What programs compile and are configured against; the kernel's inside is not in it.
SDK_ABI := $(ARCH_OUT)/sdk.abi
$(SDK_ABI): $(SDK_STAMP)
	$(Q)cd $(SDK) && find bin sysroot lib/*.list lib/coracle.specs -type f -exec sha256sum {} + | sort > $(abspath $@).new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: do-sdk
do-sdk: $(SDK_STAMP)
	@echo '  SDK     $(abspath $(SDK))'
	@echo '  try     $(call rel,$(abspath $(SDK)))/bin/$(ARCH)-coracle-cc -O2 -o prog prog.c && $(call rel,$(abspath $(SDK)))/bin/coracle-run prog'
