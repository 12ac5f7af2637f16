# SPDX-License-Identifier: MIT
# make sdk: out/sdk-ARCH, with which other build systems make images (docs/sdk.md).

SDK := $(OUT)/sdk-$(ARCH)
SDK_STAMP := $(ARCH_OUT)/sdk.stamp
SDK_HOST := $(ARCH)-coracle-elf
# A program elsewhere asks for __unix__; of our own flags those that are about the image.
SDK_MACHINE := $(filter-out -U__unix__ -U__unix -Uunix,$(MACHINE))
SDK_CC_FLAGS := -ffunction-sections -fdata-sections -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
	-fno-stack-protector -ftls-model=local-exec
# Whatever a build system says of position independence, this comes last. With -fPIE RISC-V finds a weak function
# that is not there, whose address is 0, by the GOT; PC-relative 0 is out of reach.
sdk-pic-aarch64 := -fno-pic -fno-pie
sdk-pic-riscv64 := -fPIE
# Programs written for large systems are not told how deep they may go.
SDK_MAIN_STACK := 1048576
SDK_FILES := $(wildcard tools/sdk/*) tools/sdk/Platform/Coracle.cmake tools/symtab.py tools/pack-files.py tools/link-image
SDK_HEADERS := $(shell find libc/include -name '*.h') arch/$(ARCH)/include/arch/mcontext.h
# Its programs have the read-only tree: what needs files that can be written is an app of the tree.
SDK_BASE := $(BASE_OBJS) $(OBJS_no-files)
SDK_OBJS := $(SDK_BASE) $(OBJS_net)
# C++ when somebody wants it, and from then on: the library takes minutes to build.
SDK_CXX := $(if $(filter sdk-c++,$(goals))$(filter c++,$(needs))$(wildcard $(LIBSTDCXX_STAMP)),y)
groups += $(if $(SDK_CXX),cxx-$(ARCH))
sdk-link-flags = $(filter-out -T $(LDS) $(LDFLAGS_CXX),$(LDFLAGS))

# A changed list of parts or flags is a new SDK.
$(ARCH_OUT)/sdk.key: FORCE
	$(call stamp,$(SDK_MACHINE) $(SDK_CC_FLAGS) $(sdk-pic-$(ARCH)) $(sdk-link-flags) $(SDK_CXX) $(SDK_OBJS) $(LIBS) $(SDK_HEADERS) $(CC_VERSION))

sdk-gone = $(if $(wildcard $(SDK)/lib/config.json),,FORCE)
$(SDK_STAMP): $(SDK_OBJS) $(GEN)/image.lds $(if $(SDK_CXX),$(LIBSTDCXX_STAMP) $(LDS_CXX)) $(BUILT_LIBS) $(LWIP_LIB) $(NEWLIB_STAMP) $(ARCH_OUT)/sdk.key $(SDK_FILES) $(SDK_HEADERS) \
		build/sdk.mk $(sdk-gone)
	$(call say,SDK,$(SDK))ARCH=$(ARCH) HOST=$(SDK_HOST) CROSS=$(CROSS) MACHINE='$(SDK_MACHINE)' CC_FLAGS='$(SDK_CC_FLAGS)' PIC='$(sdk-pic-$(ARCH))' \
		GCC_INCLUDE=$$($(CC) -print-file-name=include) NEWLIB=$(NEWLIB) LDS=$(GEN)/image.lds OBJ=$(OBJ) OBJS='$(SDK_BASE)' NET_OBJS='$(OBJS_net)' \
		ARCHIVES='$(LIBS)' NET_ARCHIVES='$(LWIP_LIB)' LINK_FLAGS='$(sdk-link-flags)' \
		$(if $(SDK_CXX),CXX_FLAGS=-fno-gnu-unique CXX_DIR=$(LIBSTDCXX_DIR) CXX_LDS=$(LDS_CXX) TRIPLE=$(TRIPLE)) \
		STACK=$(SDK_MAIN_STACK) PYTHON=$(PYTHON) tools/sdk/build-sdk $(SDK)
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
