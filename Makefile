# SPDX-License-Identifier: MIT
# Coracle: one image, one app. This file is the table of contents; the rules are in build/*.mk.
#
#   make ARCH=aarch64|riscv64 APP=httpd BOARD=virt TARGET      V=1 shows the commands

.DEFAULT_GOAL := image
include build/config.mk
include build/deps.mk
include build/board.mk
include build/rules.mk
include third_party/mbedtls.mk
include build/sdk.mk
include build/external.mk
include third_party/mosquitto.mk
include third_party/sqlite.mk
include third_party/micropython.mk
include third_party/littlefs.mk
include third_party/fatfs.mk
include third_party/ext2fs.mk
include third_party/edk2.mk
include third_party/uboot.mk
include build/image.mk
include build/disk.mk
include build/fit.mk
include build/run.mk
include build/vmm.mk
include build/test.mk
include build/check.mk

.PHONY: image sdk sdk-c++ objects sign disk fit run debug test fuzz bench check docs size deps clean distclean help image-path elf-path boards

image: $(IMAGE) $(MONITOR_FILE) ## build the flat image of APP (the default)
	@$(if $(quiet),:,printf) '  %-7s %s (%s bytes)\n' READY $(call rel,$(IMAGE)) $$(wc -c < $(IMAGE))

run: do-run ## build APP and start it in QEMU; Ctrl-A X ends it (PORT= MEM= ARGS= BOOTARGS= DISK= QEMU_ARGS=)

sign: do-sign ## sign APP's image for Secure Boot (BOARD=generic EFI_KEY= EFI_CERT=)

disk: do-disk ## make a disk image for DISK= anew, out/disk.img (DISK_FILES= DISK_SIZE= DISK_FS= DISK_IMAGE=); it boots with BOARD=generic (DISK_ARCHS=)

fit: do-fit ## make a FIT image for U-Boot, with a configuration a board (BOARDS= FIT= FIT_KEY= FIT_DTB=)

debug: do-debug ## start QEMU halted and attach gdb-multiarch with symbols

objects: $(OBJS) ## compile everything of ARCH, link nothing

test: do-test ## every test, both architectures (test-unit, test-target, test-system: one kind)

fuzz: do-fuzz ## every parser by libFuzzer, FUZZ_SECONDS (60) each

bench: do-bench ## the figures, both architectures, beside Linux

check: do-check ## formatting and static analysis

sdk: do-sdk ## compiler wrappers, headers and libraries for other build systems (docs/sdk.md)

docs: do-docs ## make docs/posix.md from the code, both architectures
sdk-c++: do-sdk ## the same with C++

boards: ## make docs/boards.md from what the system tests recorded of each machine
	$(Q)$(PYTHON) tools/boards-table.py $(OUT)/boards docs/boards.md

size: do-size ## where the image's bytes go

image-path: ## print the path of the flat image (with make -s)
	@echo $(IMAGE)

elf-path: ## print the path of the ELF with symbols (with make -s)
	@echo $(ELF)

deps: do-deps ## install, fetch and build what an image needs, and no more

clean: ## remove what was built, keep the dependency cache
	$(Q)if [ -d $(OUT) ]; then find $(abspath $(OUT)) -mindepth 1 -maxdepth 1 ! -path $(abspath $(CACHE)) -exec rm -rf {} +; fi

distclean: ## remove everything that a build writes, the dependency cache too
	$(Q)rm -rf $(OUT) compile_commands.json

help: ## this list
	@echo 'make [ARCH=aarch64|riscv64] [APP=name or folder] [BOARD=virt] [V=1] TARGET'
	@echo
	@sed -n 's/^\([a-z][a-z_.-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | sort -u | \
		awk -F '\t' '{ printf "  %-22s %s\n", $$1, $$2 }'
	@echo
	@echo 'now: ARCH=$(ARCH) APP=$(APP) BOARD=$(BOARD); apps: $(notdir $(patsubst %/app.mk,%,$(wildcard apps/*/app.mk)))'
	@echo 'boards: $(notdir $(patsubst %/board.mk,%,$(wildcard boards/*/board.mk)))'

# "make clean image": the goals one after the other, not side by side.
ifneq ($(filter clean distclean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
