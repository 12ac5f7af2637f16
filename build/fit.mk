# SPDX-License-Identifier: MIT
# A FIT image for U-Boot's bootm: APP's image, and a configuration for each board (docs/boot.md).
#   BOARDS='virt zcu102'     virt, and each board of ARCH with a device tree of its own, boards/NAME/*.dts
#   FIT=file                 where it goes: out/.../coracle.itb
#   FIT_KEY=folder/name      signed with folder/name.key, which has its certificate, name.crt, beside it; FIT_ALGO=
#   FIT_DTB=file             U-Boot's control tree: gets the public key, as one that every image must be signed with
#   FIT_LOAD=address         where U-Boot copies the image to; arm64's finds a place by itself

FIT ?= $(IMG_OUT)/coracle.itb
FIT_ALGO ?= sha256,rsa2048
fit-arch-aarch64 := arm64
fit-arch-riscv64 := riscv
# bootm obeys the header of arm64's images only; all boards of riscv64 that are known have RAM from 0x80000000 on.
fit-load-riscv64 := 0x80200000
FIT_LOAD ?= $(fit-load-$(ARCH))

.PHONY: do-fit
ifneq ($(filter fit,$(goals)),)
groups += fit
board-says = $(shell sed -n 's/^$(2) := //p' boards/$(1)/board.mk)
tree-of = $(firstword $(wildcard boards/$(1)/*.dts))
boards-with-dts := $(sort $(patsubst boards/%/,%,$(dir $(wildcard boards/*/*.dts))))
BOARDS ?= virt $(foreach b,$(boards-with-dts),$(if $(filter $(ARCH),$(call board-says,$(b),archs)),$(b)))
$(foreach b,$(BOARDS),$(if $(wildcard boards/$(b)/board.mk),,$(error BOARDS: there is no boards/$(b)/board.mk)) \
	$(if $(filter $(ARCH),$(call board-says,$(b),archs)),,$(error BOARDS: board $(b) is not for ARCH=$(ARCH))))
$(if $(FIT_KEY),$(foreach f,$(FIT_KEY).key $(FIT_KEY).crt,$(if $(wildcard $(f)),,$(error FIT_KEY: there is no $(f)))))
$(if $(FIT_DTB),$(if $(FIT_KEY),,$(error FIT_DTB= is for a signed one: FIT_KEY=folder/name)))

fit-dtb = $(abspath $(IMG_OUT)/fit/$(1).dtb)
fit-board = $(1)$(if $(call tree-of,$(1)),=$(call fit-dtb,$(1)),$(addprefix :,$(call board-says,$(1),compatible-$(ARCH))))
FIT_DTBS := $(foreach b,$(BOARDS),$(if $(call tree-of,$(b)),$(call fit-dtb,$(b))))

define fit-dtb-rule
$(call fit-dtb,$(1)): $(call tree-of,$(1)) | packages
	$$(call say,DTC,$$<)mkdir -p $$(@D); dtc -q -I dts -O dtb -o $$@ $$<
endef
$(foreach b,$(BOARDS),$(if $(call tree-of,$(b)),$(eval $(call fit-dtb-rule,$(b)))))

fit-its = $(PYTHON) tools/fit-its.py --name $(APP_NAME) $(if $(FIT_LOAD),--load $(FIT_LOAD)) \
	$(if $(FIT_KEY),--key $(call sq,$(notdir $(FIT_KEY))) --algo $(FIT_ALGO)) \
	$(fit-arch-$(ARCH)) $(IMAGE) $(foreach b,$(BOARDS),$(call fit-board,$(b)))
# Trees are used where they lie: 8 bytes is how a device tree is aligned, -E -B what aligns. Times are 1980's, as on disks.
FIT_ITS := $(IMG_OUT)/coracle.its
mkimage = SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-315532800} mkimage -f $(FIT_ITS) -E -B 8 \
	$(if $(FIT_KEY),-k $(call sq,$(patsubst %/,%,$(dir $(FIT_KEY)))) -r $(if $(FIT_DTB),-K $(call sq,$(FIT_DTB)))) $(call sq,$(FIT))

# mkimage leaves a configuration without its signature, and says so in its list alone, when it cannot make one.
do-fit: $(IMAGE) $(FIT_DTBS)
	$(call say,FIT,$(FIT))$(fit-its) > $(FIT_ITS) && $(mkimage) > $(FIT_ITS).log 2>&1 && \
		! grep -q 'Sign value:.*unavailable' $(FIT_ITS).log || { cat $(FIT_ITS).log >&2; rm -f $(call sq,$(FIT)); exit 1; }
endif
