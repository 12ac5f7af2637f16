# SPDX-License-Identifier: MIT
# Apps that are somebody else's program, built by its own build system with the SDK: app.mk's
#   external := PACKAGE     of third_party/deps.lock, with its patches; or ./FOLDER of the app, or /FOLDER
#   program := src/prog     what the recipe links, below the folder that it runs in
#   recipe := build.sh      a script in the app's folder; apps that share one share what it builds
#   source-files := tests   files of its source, packed into the image beside the app's own
#   host-tools := cmake     groups host-cmake ... of tools/need-packages
#
# The SDK's linker leaves PROGRAM.app.o beside each program: the program without kernel and libc. The image is
# linked from that by the rules of build/image.mk, so a change of the kernel does not run the recipe again.

ifneq ($(external),)

recipe := $(or $(recipe),build.sh)
stack := $(or $(stack),$(SDK_MAIN_STACK))
groups += $(addprefix host-,$(host-tools))
EXT_RECIPE := $(abspath $(APP_DIR)/$(recipe))
ifeq ($(findstring /,$(external)),)
EXT_SRC := $(call src-dir,$(external))
EXT_READY := $(EXT_SRC).unpacked
$(EXT_READY): | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) $(external)
	$(Q)tools/unpack-dep $(LOCK) $(DL) $(external) $(EXT_SRC) $(call patches,$(external))
else
EXT_SRC := $(abspath $(if $(filter /%,$(external)),$(external),$(APP_DIR)/$(external)))
EXT_READY := $(shell find $(EXT_SRC) -type f)
endif
EXT_NAME := $(notdir $(patsubst %/,%,$(dir $(EXT_RECIPE))))
EXT_DIR := $(ARCH_OUT)/external/$(EXT_NAME)-$(firstword $(shell printf %s '$(EXT_RECIPE) $(external)' | sha256sum | cut -c 1-8))
EXT_OBJ := $(EXT_DIR)/$(program).app.o

$(EXT_DIR).key: FORCE
	$(call stamp,$(EXT_SRC) $(filter-out %.unpacked,$(EXT_READY)))

# What the recipe linked is kept in the cache, under a name made of all that it was made from.
ifneq ($(filter %.unpacked,$(EXT_READY)),)
EXT_INPUTS = $(EXT_RECIPE) $(wildcard $(dir $(EXT_RECIPE))*.[ch]) tools/run-recipe
EXT_STORE = $(CACHE)/external/$(ARCH)-$(EXT_NAME)-$$({ echo '$(notdir $(EXT_SRC)) $(EXT_NAME) $(CC_VERSION)'; cat $(SDK_ABI) $(EXT_INPUTS); } | \
	sha256sum | cut -c 1-12)
endif

ext-gone = $(if $(wildcard $(EXT_OBJ)),,FORCE)
$(EXT_DIR).stamp: $(EXT_READY) $(EXT_DIR).key $(EXT_RECIPE) $(wildcard $(dir $(EXT_RECIPE))*.[ch]) tools/run-recipe \
		$(SDK_ABI) $(ext-gone) | packages
	$(call say,RECIPE,$(EXT_RECIPE))V=$(V) JOBS=$(JOBS) APP_DIR=$(patsubst %/,%,$(dir $(EXT_RECIPE))) STORE=$(EXT_STORE) \
		tools/run-recipe $(abspath $(SDK)) $(EXT_SRC) $(EXT_DIR) $(EXT_RECIPE)
	$(Q)touch $@

$(EXT_OBJ): $(EXT_DIR).stamp
	@[ -f $@ ] || { echo '$(APP_DIR)/app.mk: $(recipe) linked no program "$(program)"; there are:' >&2; \
		(cd $(EXT_DIR) && find . -name '*.app.o') | sed 's|^\./|  |; s|\.app\.o$$||' >&2; exit 1; }

endif
