# SPDX-License-Identifier: MIT
# What the user chooses (ARCH APP BOARD V OUT CACHE JOBS), and the compilers and flags that follow.

ARCH ?= aarch64
APP ?= httpd
# A FIT image is for many boards.
BOARD ?= $(if $(filter fit,$(MAKECMDGOALS)),generic,virt)
OUT ?= out
CACHE ?= $(OUT)/cache
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
export LC_ALL := C

# An empty one would be the root folder, or the tree for `make clean`.
ifneq ($(and $(strip $(OUT)),$(strip $(CACHE))),)
else
$(error OUT= and CACHE= name folders; one of them is empty)
endif

ARCHS := aarch64 riscv64
ifeq ($(filter $(ARCH),$(ARCHS)),)
$(error ARCH=$(ARCH) is not known; it is one of: $(ARCHS))
endif

# All processors, unless the command line says -j itself. No built-in rules.
MAKEFLAGS += -rR --no-print-directory $(if $(filter-out 0,$(MAKELEVEL)),,-j$(JOBS))
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL := /bin/sh

Q := $(if $(filter 1,$(V)),,@)
rel = $(patsubst $(CURDIR)/%,%,$(1))
# $(call say,CC,file): the one line a step prints; V=1 shows the command instead.
quiet := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say = $(if $(filter 1,$(V)),,@$(if $(quiet),,printf '  %-7s %s\n' $(1) $(call rel,$(2));))
ARCH_OUT := $(OUT)/$(ARCH)
OBJ := $(ARCH_OUT)/obj
GEN := $(ARCH_OUT)/gen

# Per architecture: compiler prefix, machine flags, and where the ELF lies when it is loaded as an
# ELF (the flat image runs anywhere): on riscv64 between OpenSBI and the tree, which QEMU puts at 2 MiB
# into 4 MiB; QEMU 10 refuses a tree below the image.
# Debian's compilers for Linux on both, since the bare riscv64-unknown-elf linker knows no -pie; their
# C library is never seen, and the -U take away what says Linux.
# ARMv8.0-A and RV64GC: newer features are used after they are found at run time. Without
# -mno-outline-atomics libgcc would call getauxval().
not-linux := -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix

cross-aarch64 := aarch64-linux-gnu-
machine-aarch64 := -march=armv8-a -mno-outline-atomics $(not-linux)
base-aarch64 := 0x40200000
triple-aarch64 := aarch64-none-elf

cross-riscv64 := riscv64-linux-gnu-
machine-riscv64 := -march=rv64gc -mabi=lp64d -mcmodel=medany $(not-linux)
base-riscv64 := 0x80100000
triple-riscv64 := riscv64-unknown-elf

# Atomic operations on one and two bytes are calls of libatomic where GCC has no instruction for them.
atomic-aarch64 :=
atomic-riscv64 := y

# For code that reads packets: its packed structures are aligned in fact (drivers/virtio/net.c sees to
# it), but the compiler would load them byte by byte. A misaligned one is slow at worst: SBI emulates it.
packet-flags-aarch64 :=
packet-flags-riscv64 := -mtune=thead-c906

CROSS := $(cross-$(ARCH))
PACKET_FLAGS := $(packet-flags-$(ARCH))
MACHINE := $(machine-$(ARCH))
IMAGE_BASE := $(base-$(ARCH))
TRIPLE := $(triple-$(ARCH))
CC := $(CROSS)gcc
AR := $(CROSS)gcc-ar
NM := $(CROSS)nm
OBJCOPY := $(CROSS)objcopy
READELF := $(CROSS)readelf
PYTHON := /usr/bin/python3

# For all code, ours and third parties'. Frame pointers: backtraces go through libraries too.
# -fno-pie: the image is one link, so nothing needs a GOT; it is position independent because all
# code is PC relative, and the build checks that only RELATIVE relocations are left.
# -fno-strict-aliasing: rings, packets, device tree and sockaddr are the same bytes seen as several
# types, and lwIP counts on it. -fno-delete-null-pointer-checks: a null pointer faults, as written. -ffile-prefix-map: the same tree elsewhere gives the same bytes.
CFLAGS_ALL = -O2 $(MACHINE) -ffunction-sections -fdata-sections -fno-pie -fno-common \
	-fno-omit-frame-pointer -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-delete-null-pointer-checks -ftls-model=local-exec -ffile-prefix-map=$(CURDIR)/=
CFLAGS_OURS = -std=gnu11 -g $(CFLAGS_ALL)
CFLAGS_THIRD = -std=gnu11 -g1 -w $(CFLAGS_ALL)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wmissing-prototypes -Wstrict-prototypes -Werror

DEFS := -D__coracle__ $(if $(filter 1,$(LOCKDEBUG)),-DLOCKDEBUG)

# Headers: our layers, then third parties', then the compiler's, then newlib's: the compiler's
# wrap newlib's, and libc/include may override either.
# (Found when first used, not while the makefile is read: the compiler may not be installed yet.)
GCC_INCLUDE = $(eval GCC_INCLUDE := $(foreach d,include include-fixed,\
	$(addprefix -isystem ,$(filter /%,$(shell $(CC) -print-file-name=$(d))))))$(GCC_INCLUDE)
CC_VERSION = $(eval CC_VERSION := $(shell $(CC) -dumpmachine -dumpfullversion; $(CC) --version | head -n 1))$(CC_VERSION)
INCLUDES = -nostdinc -Iarch/$(ARCH)/include -I$(GEN)/include -Ikernel/include -Idrivers/include \
	-Inet/include -Ifs/include -Ilib/include -Ilibc/include
SYSTEM_INCLUDES = $(GCC_INCLUDE) -isystem $(NEWLIB)/include
# A step that finds its stamp's text changed runs again: $(call stamp,text) is the whole recipe. No process is started for
# one that is as it was; a half-written one has another name, for two makes may be at it. (GNU Make 4.3 now and then leaves
# the newline at a file's end, which its manual says goes.)
define newline


endef
differ = $(subst x$(1),,x$(2))$(subst x$(2),,x$(1))$(if $(wildcard $@),,new)
stamp = @$(if $(call differ,$(1),$(subst $(newline),,$(file <$@))),mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' > $@.$$$$ && mv $@.$$$$ $@)

.PHONY: FORCE
FORCE:
