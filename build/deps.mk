# SPDX-License-Identifier: MIT
# What a build needs from outside: Debian packages on first need, and pinned upstream sources.

# --- packages: checked before the first step of the goals at hand, all groups at once
goals := $(or $(MAKECMDGOALS),image)
groups := build build-$(ARCH)
ifneq ($(filter run debug qemu-line,$(goals)),)
groups += run run-$(ARCH) $(if $(wildcard boards/$(BOARD)/*.dts),dts)
endif
ifneq ($(and $(filter disk run debug,$(goals)),$(filter fat%,$(DISK_FS))),)
groups += disk
endif
ifneq ($(filter powercut,$(goals)),)
groups += run-$(ARCH)
endif
ifneq ($(filter debug,$(goals)),)
groups += debug
endif
ifneq ($(filter check,$(goals)),)
groups += check $(ARCHS:%=build-%)
endif
ifneq ($(filter docs,$(goals)),)
groups += $(ARCHS:%=build-%)
endif
ifneq ($(filter test%,$(goals)),)
groups += test run build-u-boot $(ARCHS:%=build-%) $(ARCHS:%=run-%)
endif
ifneq ($(filter fuzz,$(goals)),)
groups += fuzz
endif
ifneq ($(filter bench,$(goals)),)
groups += bench run $(ARCHS:%=build-%) $(ARCHS:%=run-%)
endif

.PHONY: packages do-deps
packages:
	$(Q)tools/need-packages $(groups)

# --- sources: deps.lock names each tarball and its hash; the folder's name carries the hash of the
# lock line and of our patches, so a new pin or patch is a new folder.
LOCK := third_party/deps.lock
DL := $(CACHE)/dl
patches = $(sort $(wildcard third_party/patches/$(1)/*.patch))
# The hashes are made when lock or patches change, not by each make: src-key-NAME.
SRC_KEYS := $(OUT)/sources.mk
-include $(SRC_KEYS)
$(SRC_KEYS): $(LOCK) $(wildcard third_party/patches/* third_party/patches/*/*.patch)
	$(Q)mkdir -p $(@D); sed -n 's/^[^#=]* \([^ =]*\)=.*/\1/p' $(LOCK) | while read -r name; do \
		echo "src-key-$$name := $$({ grep " $$name=" $(LOCK); \
			find third_party/patches -path "*/patches/$$name/*.patch" | sort | xargs -r cat; } | sha256sum | cut -c 1-12)"; \
	done > $@.$$$$ && mv $@.$$$$ $@
src-dir = $(CACHE)/src/$(1)-$(src-key-$(1))

NEWLIB_SRC := $(call src-dir,newlib)
LWIP_SRC := $(call src-dir,lwip)
LIBFDT_SRC := $(call src-dir,device-tree-compiler)
SOURCES := $(addsuffix .unpacked,$(NEWLIB_SRC) $(LWIP_SRC) $(LIBFDT_SRC))

$(SOURCES): name = $(patsubst $(CACHE)/src/%-$(lastword $(subst -, ,$@)),%,$@)
$(SOURCES): | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) $(name)
	$(Q)tools/unpack-dep $(LOCK) $(DL) $(name) $(basename $@) $(call patches,$(name))

# --- flags: a changed flag, compiler or source version builds everything of this architecture again
FLAGS_STAMP := $(ARCH_OUT)/flags.stamp
$(FLAGS_STAMP): FORCE | packages
	$(call stamp,$(IMAGE_BASE) $(INCLUDES) $(CFLAGS_OURS) $(CFLAGS_THIRD) $(PACKET_FLAGS) $(WARNINGS) $(DEFS) $(CC_VERSION) $(LWIP_SRC) $(LIBFDT_SRC))

include third_party/newlib.mk

# What every compilation waits for.
GATES := $(FLAGS_STAMP) $(NEWLIB_STAMP) | $(SOURCES)

include third_party/newlib-posix.mk
include third_party/lwip.mk
include third_party/libfdt.mk
include third_party/libatomic.mk
include third_party/libstdcxx.mk

# What every image is linked with. (newlib's archives are there when its stamp is, which all waits for.)
LIBS := $(LIBFDT_LIB) $(POSIX_LIB) $(LIBC) $(LIBATOMIC)
BUILT_LIBS := $(filter-out $(LIBC),$(LIBS))

do-deps: packages $(SOURCES) $(NEWLIB_STAMP)
