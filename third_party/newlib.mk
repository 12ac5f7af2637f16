# SPDX-License-Identifier: MIT
# newlib, built once per architecture, compiler and set of flags, and kept in the cache.

# The two last switches: errno, FILE and the rest of the reentrancy data are plain thread-local
# variables, so nothing but the thread pointer changes between threads. The two macros: read() and
# write() as our <unistd.h> declares them, and strerror() for the errors of sockets.
NEWLIB_CONFIGURE := --disable-newlib-supplied-syscalls --enable-newlib-io-long-long --enable-newlib-io-long-double \
	--enable-newlib-io-c99-formats --enable-newlib-io-pos-args --enable-newlib-register-fini \
	--enable-newlib-retargetable-locking --enable-newlib-multithread --enable-newlib-mb \
	--enable-newlib-reent-thread-local --enable-newlib-global-stdio-streams
NEWLIB_CFLAGS := -O2 -g1 $(MACHINE) -ffunction-sections -fdata-sections -ffreestanding -fno-pie \
	-fno-omit-frame-pointer -fno-stack-protector -fno-asynchronous-unwind-tables \
	-ftls-model=local-exec -D_READ_WRITE_RETURN_TYPE=_ssize_t -D__LINUX_ERRNO_EXTENSIONS__

NEWLIB := $(CACHE)/newlib/$(ARCH)
NEWLIB_STAMP := $(ARCH_OUT)/newlib.stamp
newlib-key = $(TRIPLE) $(NEWLIB_CONFIGURE) $(NEWLIB_CFLAGS) $(CC_VERSION) $(notdir $(NEWLIB_SRC))

$(ARCH_OUT)/newlib.key: FORCE | packages
	$(call stamp,$(newlib-key))

# The cache may have gone since the stamp was made.
newlib-gone = $(if $(wildcard $(NEWLIB)/lib/libc.a),,FORCE)
$(NEWLIB_STAMP): $(ARCH_OUT)/newlib.key tools/build-newlib $(newlib-gone) | $(NEWLIB_SRC).unpacked
	$(Q)CROSS=$(CROSS) TRIPLE=$(TRIPLE) CONFIGURE='$(NEWLIB_CONFIGURE)' CFLAGS='$(NEWLIB_CFLAGS)' \
		INCLUDES='$(GCC_INCLUDE)' JOBS=$(JOBS) V=$(V) \
		tools/build-newlib $(ARCH) $(NEWLIB_SRC) $(NEWLIB) $<
	$(Q)touch $@

LIBC := $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a
