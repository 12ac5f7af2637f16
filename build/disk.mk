# SPDX-License-Identifier: MIT
# Disk images by tools/mkdisk.py: a GUID partition table and a data partition (PARTLABEL data).
#   DISK_FILES=folder    what is in it (nothing)     DISK_FS=littlefs|fat|none
#   DISK_SIZE=64M        of the whole disk           DISK_IMAGE=out/disk.img   where `make disk` puts it
# Where the image is an EFI application (BOARD=generic), the disk boots: in front of the data is an EFI system
# partition with APP, for UEFI and for U-Boot (docs/boot.md).
#   DISK_ARCHS='aarch64 riscv64'    whose images are on it (ARCH)        ESP_SIZE=34M
#   EFI_KEY=file EFI_CERT=file      they are signed, for Secure Boot     BOOTARGS= ARGS=   what U-Boot hands over

DISK_SIZE ?= 64M
DISK_FS ?= littlefs
DISK_IMAGE ?= $(OUT)/disk.img
DISK_ARCHS ?= $(ARCH)
ESP_SIZE ?= 34M

# One word a partition, as tools/mkdisk.py has it.
data-part = $(call sq,label=data$(comma)fs=$(DISK_FS)$(if $(DISK_FILES),$(comma)files=$(DISK_FILES)))
esp-part = $(call sq,label=ESP$(comma)fs=fat32$(comma)size=$(ESP_SIZE)$(comma)type=esp$(comma)files=$(ESP))
mkdisk = $(PYTHON) tools/mkdisk.py $(call sq,$(1)) $(call sq,$(2)) $(3)

.PHONY: do-disk esp
do-disk: $(if $(need_efi),esp) | packages
	$(call say,DISK,$(DISK_IMAGE))$(call mkdisk,$(DISK_IMAGE),$(DISK_SIZE),$(if $(need_efi),$(esp-part)) $(data-part))

# --- what is in the EFI system partition
ESP := $(IMG_OUT)/esp
efi-name-aarch64 := BOOTAA64.EFI
efi-name-riscv64 := BOOTRISCV64.EFI
efi-names = $(foreach a,$(DISK_ARCHS),$(or $(efi-name-$(a)),$(error DISK_ARCHS: $(a) is not one of: $(ARCHS))))
image-of = $(IMAGE:$(abspath $(OUT))/$(ARCH)-%=$(abspath $(OUT))/$(1)-%)$(if $(EFI_KEY),.signed)
u-boot-args = $(strip $(BOOTARGS)$(if $(ARGS), -- $(ARGS)))
# U-Boot tries the labels one after the other: the other architecture's it refuses.
extlinux = $(foreach a,$(DISK_ARCHS),'LABEL $(a)' '  KERNEL /EFI/BOOT/$(efi-name-$(a))' \
	$(if $(u-boot-args),$(call sq,  APPEND $(u-boot-args))))

# This one's architecture first: the make below then finds it done, and does not build beside us.
esp: $(if $(filter $(ARCH),$(DISK_ARCHS)),$(IMAGE)) | packages
	$(Q)rm -rf $(ESP) && mkdir -p $(ESP)/EFI/BOOT $(ESP)/extlinux && : $(efi-names)
	$(Q)$(foreach a,$(DISK_ARCHS),$(MAKE) --no-print-directory ARCH=$(a) $(if $(EFI_KEY),sign,image) && \
		cp $(call image-of,$(a)) $(ESP)/EFI/BOOT/$(efi-name-$(a)) &&) \
		printf '%s\n' 'DEFAULT $(firstword $(DISK_ARCHS))' $(extlinux) > $(ESP)/extlinux/extlinux.conf

# The image with a signature at its end, as Secure Boot wants it: it boots in every other way, too.
.PHONY: do-sign
do-sign: $(IMAGE)
	$(if $(and $(EFI_KEY),$(EFI_CERT),$(need_efi)),,$(error make sign wants BOARD=generic EFI_KEY=file EFI_CERT=file))
	$(call say,SIGN,$(IMAGE).signed)sbsign --key $(call sq,$(EFI_KEY)) --cert $(call sq,$(EFI_CERT)) \
		--output $(IMAGE).signed $(IMAGE) 2> $(IMG_OUT)/sbsign.log || { cat $(IMG_OUT)/sbsign.log >&2; exit 1; }

groups += $(if $(and $(need_efi),$(filter disk run,$(goals))),disk)
groups += $(if $(and $(EFI_KEY),$(filter disk sign run,$(goals))),sign)
groups += $(if $(and $(need_efi),$(filter disk,$(goals))),$(DISK_ARCHS:%=build-%))

# --- the disk of `make run`: DISK=path, or `disk := path` in app.mk; it keeps what the guest writes
DISK ?= $(disk)
disk-name = "  DISK    "$(call sq,$(DISK))
find-disk-y = [ -e $(call sq,$(DISK)) ] || { echo $(disk-name)": not there, making one of $(DISK_SIZE), $(DISK_FS)" >&2; \
	$(call mkdisk,$(DISK),$(DISK_SIZE),$(data-part)) || exit 1; };
find-disk- = echo $(disk-name)": not attached, as $(APP_NAME) does not need block" >&2;
find-disk = $(if $(DISK),$(find-disk-$(need_block)))
run-block-y = -drive $(or $(drive),if=none),id=disk0,format=raw,discard=unmap,file=$(call sq,$(subst $(comma),$(comma)$(comma),$(DISK))) \
	$(devices-block)
run-block = $(if $(DISK),$(run-block-$(need_block)))
