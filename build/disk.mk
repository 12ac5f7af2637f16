# SPDX-License-Identifier: MIT
# Disk images by tools/mkdisk.py: a GUID partition table and a data partition (PARTLABEL data).
#   DISK_FILES=folder    what is in it (nothing)     DISK_FS=littlefs|fat|none
#   DISK_SIZE=64M        of the whole disk           DISK_IMAGE=out/disk.img   where `make disk` puts it

DISK_SIZE ?= 64M
DISK_FS ?= littlefs
DISK_IMAGE ?= $(OUT)/disk.img

# One word a partition, as tools/mkdisk.py has it.
disk-parts = $(call sq,label=data$(comma)fs=$(DISK_FS)$(if $(DISK_FILES),$(comma)files=$(DISK_FILES)))
mkdisk = $(PYTHON) tools/mkdisk.py $(call sq,$(1)) $(call sq,$(DISK_SIZE)) $(disk-parts)

.PHONY: do-disk
do-disk: | packages
	$(call say,DISK,$(DISK_IMAGE))$(call mkdisk,$(DISK_IMAGE))

# --- the disk of `make run`: DISK=path, or `disk := path` in app.mk; it keeps what the guest writes
DISK ?= $(disk)
disk-name = "  DISK    "$(call sq,$(DISK))
find-disk-y = [ -e $(call sq,$(DISK)) ] || { echo $(disk-name)": not there, making one of $(DISK_SIZE), $(DISK_FS)" >&2; \
	$(call mkdisk,$(DISK)) || exit 1; };
find-disk- = echo $(disk-name)": not attached, as $(APP_NAME) does not need block" >&2;
find-disk = $(if $(DISK),$(find-disk-$(need_block)))
run-block-y = -drive if=none,id=disk0,format=raw,discard=unmap,file=$(call sq,$(subst $(comma),$(comma)$(comma),$(DISK))) \
	$(devices-block)
run-block = $(if $(DISK),$(run-block-$(need_block)))
