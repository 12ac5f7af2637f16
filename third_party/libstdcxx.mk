# SPDX-License-Identifier: MIT
# libstdc++ from the compiler's own sources, for images with C++ (`needs := c++`, or a .cc among srcs):
# built once per architecture, compiler and set of flags, and kept in the cache.

CXX := $(CROSS)g++
# The sources must be the compiler's: one line of deps.lock for each version that Debian has.
CXX_MAJOR = $(eval CXX_MAJOR := $(firstword $(subst ., ,$(shell $(CXX) -dumpversion))))$(CXX_MAJOR)

# -fno-gnu-unique: no dynamic linker could use it, and it would bind symbols across the image.
CXXFLAGS_ALL = $(CFLAGS_ALL) -fno-gnu-unique
CXXFLAGS_OURS = -std=gnu++20 -g $(CXXFLAGS_ALL)

LIBSTDCXX_DIR := $(CACHE)/libstdcxx/$(ARCH)
LIBSTDCXX_STAMP := $(ARCH_OUT)/libstdcxx.stamp
LIBSTDCXX_FLAGS = -g1 $(filter-out -ffile-prefix-map=%,$(CXXFLAGS_ALL)) $(DEFS)
# The headers whose types and functions are compiled into the library, as the compiler sees them.
libstdcxx-headers := pthread semaphore stdio time sys/stat dirent unistd
libstdcxx-view = for h in $(libstdcxx-headers); do echo "\#include <$$h.h>"; done | \
	$(CC) $(MACHINE) $(DEFS) $(INCLUDES) $(SYSTEM_INCLUDES) -D_GNU_SOURCE -E -P -x c -
libstdcxx-key = $(LIBSTDCXX_FLAGS) $(shell $(CXX) --version | head -n 1) $(newlib-key) \
	$(shell { cat tools/build-libstdcxx; $(libstdcxx-view); grep ' gcc-$(CXX_MAJOR)=' $(LOCK); } | sha256sum)
# Before all other headers: its <stdlib.h> and the like wrap theirs.
CXX_INCLUDES = -I$(LIBSTDCXX_DIR)/include -I$(LIBSTDCXX_DIR)/include/$(TRIPLE)
# The unwinder is the compiler's own for Linux; of Linux it wants _dl_find_object() alone, libc/dl.c.
LIBSTDCXX = $(LIBSTDCXX_DIR)/lib/libstdc++.a $(shell $(CC) $(MACHINE) -print-file-name=libgcc_eh.a)

$(ARCH_OUT)/libstdcxx.key: FORCE | packages $(NEWLIB_STAMP)
	$(call stamp,$(libstdcxx-key))

libstdcxx-gone = $(if $(wildcard $(LIBSTDCXX_DIR)/lib/libstdc++.a),,FORCE)
$(LIBSTDCXX_STAMP): $(ARCH_OUT)/libstdcxx.key tools/build-libstdcxx $(libstdcxx-gone)
	$(Q)grep -q ' gcc-$(CXX_MAJOR)=' $(LOCK) || \
		{ echo 'C++: $(CXX) is version $(CXX_MAJOR), whose sources $(LOCK) does not name' >&2; exit 1; }
	$(Q)tools/fetch-deps $(LOCK) $(DL) gcc-$(CXX_MAJOR)
	$(Q)CROSS=$(CROSS) TRIPLE=$(TRIPLE) CFLAGS='$(LIBSTDCXX_FLAGS)' \
		INCLUDES='$(patsubst %,-isystem $(CURDIR)/%,libc/include arch/$(ARCH)/include) $(GCC_INCLUDE) -isystem $(abspath $(NEWLIB))/include' \
		JOBS=$(JOBS) V=$(V) tools/build-libstdcxx $(ARCH) \
		$(DL)/$$(basename $$(sed -n 's/.* gcc-$(CXX_MAJOR)=[^ ]* //p' $(LOCK))) $(LIBSTDCXX_DIR) $<
	$(Q)touch $@
