# SPDX-License-Identifier: MIT
# Collects every objs.mk and holds the rules that turn .c, .S and .lds.S into out/ARCH/.
#
# A code folder's objs.mk:   objs-y += a.o               linked into every image
#                            objs-$(need_net) += b.o     if the app's `needs` has net
#                            objs-$(riscv64) += c.o      on this architecture
#                            cflags-kernel/a.o := -Os    flags for one object, by its path in the tree
# Every object is compiled once per architecture, whatever the number of apps.

FOLDERS := arch/$(ARCH) boot kernel $(patsubst %/,%,$(sort $(wildcard drivers/*/))) drivers lib libc fs net
$(ARCH) := y

# The app, found here so that objs.mk may look at what it needs.
srcs :=
needs :=
files :=
source-files :=
args :=
stack :=
memory :=
ports :=
disk :=
cflags :=
cxxflags :=
external :=
program :=
recipe :=
host-tools :=
# A name in apps/, or a folder: one with a slash in it, relative to the tree or absolute. Make splits
# at blanks and reads some other characters itself.
ifneq ($(words $(APP))$(findstring :,$(APP))$(findstring %,$(APP))$(findstring \#,$(APP))$(findstring $$,$(value APP)),1)
$(error APP="$(APP)": the path of an app has no blank and none of : % # $$ in it; move the folder, or make a link to it)
endif
app-path := $(if $(findstring /,$(APP))$(filter . ..,$(APP)),$(patsubst ~/%,$(HOME)/%,$(APP)),apps/$(APP))
APP_DIR := $(patsubst $(CURDIR)/%,%,$(abspath $(app-path)))
APP_NAME := $(notdir $(APP_DIR))
# Folders of the same name elsewhere have an output folder each.
APP_KEY := $(if $(filter /%,$(APP_DIR)),-$(firstword $(shell printf %s '$(APP_DIR)' | sha256sum | cut -c 1-8)))
ifneq ($(wildcard $(APP_DIR)/app.mk),)
include $(APP_DIR)/app.mk
else ifneq ($(filter image run debug size elf-path image-path,$(goals)),)
$(error there is no $(APP_DIR)/app.mk; APP= is a name in apps/ or a folder with an app.mk)
endif
# What an app may need; goals about the sources as such, not about one image, take the network.
NEEDS := net tls c++
ifneq ($(filter objects posix-scan check% compile_commands.json,$(goals)),)
needs := net tls mdns disk ext4 9p sqlite pci efi soc
endif
NEEDS += mqtt
NEEDS += mdns
# Storage: `files` is files that can be written (vnodes, mounts, tmpfs), `block` block devices and their cache, then the
# file systems; `disk` is what an image with a data partition wants. `ext4` is LGPL: third_party/ext2fs.mk.
NEEDS += files no-files block littlefs fat ext4 9p disk
NEEDS += sqlite
# Machines beyond `virt` with its mmio devices: `pci` is the host bridge, its interrupts and what sits behind it, `efi` the
# start under UEFI and ACPI, `soc` the devices of boards' chips, `vm` what a monitor of virtual machines shares with its guest.
# A board asks for them (board-needs); an app may, too.
NEEDS += pci efi soc vm
needs += $(board-needs)
needs += $(if $(filter soc,$(needs)),vm)
# What is there for two of them.
NEEDS += nvme mmc soc-net soc-pci
needs += $(if $(filter disk,$(needs)),littlefs fat)
needs += $(if $(filter littlefs fat ext4,$(needs)),block)
needs += $(if $(filter soc,$(needs)),$(if $(filter block,$(needs)),mmc) $(if $(filter net,$(needs)),soc-net) \
	$(if $(filter pci,$(needs)),soc-pci))
needs += $(if $(filter pci,$(needs)),$(if $(filter block,$(needs)),nvme))
needs += $(if $(filter block 9p sqlite,$(needs)),files)
needs += $(if $(filter files,$(needs)),$(if $(filter objects posix-scan check% compile_commands.json,$(goals)),no-files),no-files)
cxx-srcs := $(filter %.cc %.cpp %.cxx,$(srcs))
needs += $(if $(cxx-srcs),c++)
groups += $(if $(filter c++,$(needs)),cxx-$(ARCH))
$(foreach n,$(filter-out $(NEEDS),$(needs)),$(error $(APP_DIR)/app.mk: needs "$(n)" is not one of: $(NEEDS)))

# $(call collect,folder): adds the folder's objects to OBJS, and to OBJS_net those that go with it.
define collect
objs-y :=
$(foreach n,$(NEEDS),objs-$(n) :=
)
include $(1)/objs.mk
OBJS += $$(addprefix $$(OBJ)/$(1)/,$$(objs-y))
$(foreach n,$(NEEDS),OBJS_$(n) += $$(addprefix $$(OBJ)/$(1)/,$$(objs-$(n)))
)
$$(addprefix $$(OBJ)/$(1)/,$$(objs-y) $(foreach n,$(NEEDS),$$(objs-$(n)))): $(1)/objs.mk
endef
OBJS :=
$(foreach n,$(NEEDS),$(eval OBJS_$(n) :=))
$(foreach n,$(NEEDS),$(eval need_$(n) := $(n)))
$(foreach d,$(FOLDERS),$(if $(wildcard $(d)/objs.mk),$(eval $(call collect,$(d)))))
BASE_OBJS := $(OBJS)
$(foreach n,$(NEEDS),$(eval need_$(n) := $(if $(filter $(n),$(needs)),y)))
OBJS += $(foreach n,$(NEEDS),$(if $(need_$(n)),$(OBJS_$(n))))

# Only the network stack and the drivers that hand it packets see lwIP.
SEES_LWIP := net/% drivers/virtio/net.o drivers/net/%
object-includes = $(if $(filter $(SEES_LWIP),$(1)),$(PACKET_FLAGS) $(LWIP_INCLUDES)) $(LIBFDT_INCLUDES) \
	$(if $(filter lib/tls/%,$(1)),$(MBEDTLS_INCLUDES))
compile = $(CC) $(CFLAGS_OURS) $(WARNINGS) $(DEFS) $(INCLUDES) $(call object-includes,$(1)) \
	$(SYSTEM_INCLUDES) $(cflags-$(1))

$(OBJ)/%.o: %.c $(GATES)
	$(call say,CC,$<)mkdir -p $(@D); $(call compile,$*.o) -MD -MP -c -o $@ $<

$(OBJ)/%.o: %.S $(GATES)
	$(call say,AS,$<)mkdir -p $(@D); $(call compile,$*.o) -DIMAGE_BASE=$(IMAGE_BASE) -MD -MP -c -o $@ $<

# Structure offsets for assembly: offsets.c compiles to lines "-> NAME value" in its .s file.
OFFSETS := $(GEN)/include/arch/offsets.h
ifneq ($(wildcard arch/$(ARCH)/offsets.c),)
$(filter $(OBJ)/arch/%,$(OBJS)): $(OFFSETS)
endif
$(OFFSETS): arch/$(ARCH)/offsets.c $(GATES)
	$(call say,GEN,$@)mkdir -p $(@D) $(OBJ)/arch/$(ARCH); \
		$(call compile,) -MD -MP -MF $(OBJ)/arch/$(ARCH)/offsets.d -MT $@ -S -o $(OBJ)/arch/$(ARCH)/offsets.s $<
	$(Q){ printf '/* SPDX-License-Identifier: MIT */\n/* Made from %s. */\n#pragma once\n' $<; \
		sed -n 's/^.*"-> \([A-Za-z_0-9]*\) [$$#]*\(-\{0,1\}[0-9]*\)".*/#define \1 \2/p' \
		$(OBJ)/arch/$(ARCH)/offsets.s; } > $@

# C++ keeps its unwind tables, C has none.
LDS_CXX := $(GEN)/image-c++.lds
LDS := $(if $(need_c++),$(LDS_CXX),$(GEN)/image.lds)
$(GEN)/image.lds $(LDS_CXX): arch/$(ARCH)/image.lds.S $(GATES)
	$(call say,LDS,$@)mkdir -p $(@D); $(CC) -E -P -x assembler-with-cpp -DIMAGE_BASE=$(IMAGE_BASE) -D__LINKER__ \
		$(if $(filter $(LDS_CXX),$@),-DUNWIND_TABLES) $(DEFS) $(INCLUDES) $(SYSTEM_INCLUDES) -MD -MP -MF $@.d -MT $@ -o $@ $<

-include $(OBJS:.o=.d) $(LWIP_OBJS:.o=.d) $(POSIX_OBJS:.o=.d) $(LIBFDT_OBJS:.o=.d) $(if $(need_tls),$(MBEDTLS_OBJS:.o=.d)) $(LDS).d \
	$(OBJ)/arch/$(ARCH)/offsets.d

# --- docs/posix.md: made from what the headers declare, a build defines and the tests call
POSIX_SCAN := $(ARCH_OUT)/posix.json
.PHONY: do-docs posix-scan
posix-scan: $(OBJS) $(POSIX_LIB)
	$(call say,SCAN,$(POSIX_SCAN))$(PYTHON) tools/posix-table.py scan $(POSIX_SCAN) $(NM) $(OBJS) $(POSIX_LIB) $(LIBC) -- \
		$(CC) -std=gnu11 $(CFLAGS_ALL) $(DEFS) $(INCLUDES) $(SYSTEM_INCLUDES)

do-docs:
	$(Q)$(foreach a,$(ARCHS),$(MAKE) --no-print-directory ARCH=$(a) posix-scan &&) \
		$(PYTHON) tools/posix-table.py write docs/posix.md $(ARCHS:%=$(OUT)/%/posix.json)
