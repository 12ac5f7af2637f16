# SPDX-License-Identifier: MIT
# newlib, built once per architecture, compiler and set of flags, and kept in the cache.

# The two last switches: errno, FILE and the rest of the reentrancy data are plain thread-local
# variables, so nothing but the thread pointer changes between threads. The two macros: read() and
# write() as our <unistd.h> declares them, and strerror() for the errors of sockets.
comma := ,
empty :=
space := $(empty) $(empty)
ICONV_ENCODINGS := us_ascii utf_8 utf_16 utf_16be utf_16le ucs_2 ucs_2be ucs_2le ucs_4 ucs_4be ucs_4le \
	ucs_2_internal ucs_4_internal iso_8859_1 iso_8859_2 iso_8859_15 win_1252 win_1251 koi8_r
NEWLIB_CONFIGURE := --disable-newlib-supplied-syscalls --enable-newlib-io-long-long --enable-newlib-io-long-double \
	--enable-newlib-io-c99-formats --enable-newlib-io-pos-args --enable-newlib-register-fini \
	--enable-newlib-retargetable-locking --enable-newlib-multithread --enable-newlib-mb \
	--enable-newlib-reent-thread-local --enable-newlib-global-stdio-streams \
	--enable-newlib-iconv --enable-newlib-iconv-encodings=$(subst $(space),$(comma),$(strip $(ICONV_ENCODINGS)))
newlib-type = -D__machine_$(word 1,$(1))_t_defined -D__$(word 1,$(1))_t=__$(word 2,$(1))_TYPE__
NEWLIB_CFLAGS := -O2 -g1 $(MACHINE) -ffunction-sections -fdata-sections -ffreestanding -fno-pie \
	-fno-omit-frame-pointer -fno-stack-protector -fno-asynchronous-unwind-tables \
	-ftls-model=local-exec -D_READ_WRITE_RETURN_TYPE=_ssize_t -D__LINUX_ERRNO_EXTENSIONS__ \
	$(foreach t,dev:UINT64 ino:UINT64 uid:UINT32 gid:UINT32 fsfilcnt:UINT64,$(call newlib-type,$(subst :, ,$(t))))

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
