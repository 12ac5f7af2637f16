# SPDX-License-Identifier: MIT
# make check: formatting, layers, static analysis of our own code, scripts. No image is built.

.PHONY: do-check check-format check-layers check-tidy check-scripts check-tidy-arch check-headers check-headers-arch format
do-check: check-format check-layers check-scripts check-headers check-tidy
	@echo 'check: nothing to complain about'

# Files in git or about to be; without git (an unpacked release), whatever is there.
tree = $(shell { git ls-files -co --exclude-standard -- $(1) 2>/dev/null || \
	find . -path ./$(OUT) -prune -o -type f \( -false $(foreach n,$(1), -o -name $(n)) \) -print; } | sort)

check-format: packages
	@echo '  FORMAT'
	$(Q)bad=$$(clang-format-14 --dry-run $(call tree,'*.c' '*.h') 2>&1 | \
			sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: .*/    \1/p' | sort -u); \
		[ -z "$$bad" ] || { echo 'not formatted ("make format" does it):'; echo "$$bad"; exit 1; } >&2

format: packages ## format our C code in place
	$(Q)clang-format-14 -i $(call tree,'*.c' '*.h')

check-layers: packages
	$(Q)if [ -e tools/layers.py ]; then echo '  LAYERS'; $(PYTHON) tools/layers.py; fi

check-scripts: packages
	@echo '  SCRIPTS'
	$(Q)shellcheck -x $$(grep -lsE '^#! ?/bin/(sh|bash)' $(call tree,tools .ci tests apps))
	$(Q)$(PYTHON) -c 'import ast, sys; [ast.parse(open(f, encoding="utf-8").read(), f) for f in sys.argv[1:]]' \
		$(call tree,'*.py')

# Once for each architecture: its own folder and the drivers both times, the rest once. The analyser is clang, so it
# reads its own <stdatomic.h> and the like, and GCC's options that it does not know are left out.
check-tidy: packages
	$(Q)$(foreach a,$(ARCHS),$(MAKE) --no-print-directory ARCH=$(a) check-tidy-arch &&) :

TIDY_SRCS = $(filter $(if $(filter $(firstword $(ARCHS)),$(ARCH)),%,arch/% drivers/%),$(OUR_SRCS))
TIDY_FLAGS = --target=$(TRIPLE) $(filter -m%,$(filter-out -mno-outline-atomics,$(MACHINE))) -std=gnu11 \
	$(DEFS) -nostdlibinc $(filter-out -nostdinc,$(INCLUDES)) $(LWIP_INCLUDES) $(LIBFDT_INCLUDES) $(MBEDTLS_INCLUDES) \
	$(cflags-lib/sqlite/vfs.o) $(LITTLEFS_FLAGS) -isystem $(FATFS_SRC) $(EXT2FS_FLAGS) -idirafter $(NEWLIB)/include
check-tidy-arch: $(GATES) $(MICROPYTHON_SRC).unpacked $(EXT2FS_SRC).unpacked $(if $(wildcard arch/$(ARCH)/offsets.c),$(OFFSETS))
	@echo '  TIDY    $(ARCH): $(words $(TIDY_SRCS)) files'
	$(Q)printf '%s\n' $(TIDY_SRCS) | xargs -P $(JOBS) -n 4 sh -c \
		'clang-tidy-14 --quiet "$$@" -- $(subst ','\'',$(TIDY_FLAGS)) 2> /dev/null || exit 1' tidy

check-headers: packages
	$(Q)$(foreach a,$(ARCHS),$(MAKE) --no-print-directory ARCH=$(a) check-headers-arch &&) :

check-headers-arch: $(GATES)
	@echo '  HEADERS $(ARCH)'
	$(Q)tools/check-headers $(CC) $(MACHINE) $(DEFS) -nostdinc -Ilibc/include $(SYSTEM_INCLUDES)
