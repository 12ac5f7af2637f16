# SPDX-License-Identifier: MIT
# From app.mk to the ELF, its symbol table and the flat image.

IMG_OUT := $(OUT)/$(ARCH)-$(APP_NAME)$(APP_KEY)-$(IMAGE_BOARD)
IMAGE := $(abspath $(IMG_OUT)/Image)
ELF := $(abspath $(IMG_OUT)/$(APP_NAME).elf)
APP_OBJ := $(IMG_OUT)/obj

# --- the app's own objects; "../" in srcs becomes "up/" so that they stay inside out/
app-obj = $(APP_OBJ)/$(subst ../,up/,$(basename $(1))).o
APP_OBJS := $(foreach s,$(srcs),$(call app-obj,$(s))) $(EXT_OBJ)
APP_WARNINGS := $(if $(filter apps/% tests/%,$(APP_DIR)),$(WARNINGS),-Wall -Wextra)
compile-app = $(CC) $(CFLAGS_OURS) $(if $(need_c++),-fexceptions) $(APP_WARNINGS) $(DEFS) \
	-I$(APP_DIR) $(INCLUDES) $(SYSTEM_INCLUDES) $(cflags)
compile-app-c++ = $(CXX) $(CXXFLAGS_OURS) $(filter-out -Wmissing-prototypes -Wstrict-prototypes,$(APP_WARNINGS)) \
	$(DEFS) -I$(APP_DIR) $(CXX_INCLUDES) $(INCLUDES) $(SYSTEM_INCLUDES) $(cflags) $(cxxflags)

APP_STAMP := $(IMG_OUT)/app.stamp
$(APP_STAMP): FORCE
	$(call stamp,$(APP_DIR) $(APP_WARNINGS) $(cflags) $(cxxflags) $(need_c++) $(files) $(source-files))

define app-rule
$(call app-obj,$(1)): $(APP_DIR)/$(1) $(APP_STAMP) $(if $(need_c++),$(LIBSTDCXX_STAMP)) $(GATES)
	$$(call say,$(if $(filter $(1),$(cxx-srcs)),CXX,CC),$$<)mkdir -p $$(@D); \
		$$(compile-app$(if $(filter $(1),$(cxx-srcs)),-c++)) -MD -MP -c -o $$@ $$<
endef
$(foreach s,$(srcs),$(eval $(call app-rule,$(s))))
-include $(patsubst %.o,%.d,$(filter $(APP_OBJ)/%,$(APP_OBJS)))

# --- what the kernel is told about the app
INFO := $(APP_OBJ)/app_info.o
c-string = "$(subst ",\",$(subst \,\\,$(1)))"
$(APP_OBJ)/app_info.c: FORCE
	$(call stamp,const char app_name[] = $(call c-string,$(APP_NAME)); \
		const char app_args[] = $(call c-string,$(args)); \
		const unsigned long app_stack_size = $(or $(stack),0);)
$(INFO): $(APP_OBJ)/app_info.c $(GATES)
	$(call say,CC,$<)$(CC) $(CFLAGS_OURS) -c -o $@ $<

# --- files packed into the image: a cpio archive in section .romfs
ROMFS := $(if $(files)$(source-files),$(APP_OBJ)/romfs.o)
ROMFS_FILES := $(if $(files),$(shell cd $(APP_DIR) && find -L $(files) -type f ! -name '*[[:space:]:$$]*'))
$(IMG_OUT)/romfs.cpio: $(addprefix $(APP_DIR)/,$(ROMFS_FILES)) $(APP_STAMP) $(APP_OBJ)/romfs.list tools/pack-files.py \
		$(if $(source-files),$(EXT_READY)) | packages
	$(call say,PACK,$@)$(PYTHON) tools/pack-files.py $(APP_DIR) $@ $(files) $(if $(source-files),-- $(EXT_SRC) $(source-files))
# The list of names, so that a removed file is noticed.
$(APP_OBJ)/romfs.list: FORCE
	$(call stamp,$(ROMFS_FILES))
$(APP_OBJ)/romfs.o: $(IMG_OUT)/romfs.cpio $(GATES)
	$(call say,INCBIN,$@)printf '.section .romfs, "a"\n.balign 8\n.incbin "%s"\n' $< | $(CC) $(MACHINE) -c -x assembler -o $@ -

# --- the app as one object that shows main() alone: its names cannot collide with the kernel's.
# C++ names cannot anyhow, and inline functions, templates and a replaced operator new are to be one
# with the library's.
APP_GLOBAL := --keep-global-symbol=main $(if $(need_c++),--wildcard --keep-global-symbol='_Z*' --keep-global-symbol='DW.ref.*')
APP_LINKED := $(APP_OBJ)/app.linked.o
$(APP_LINKED): $(APP_OBJS) $(IMG_OUT)/link.stamp
	$(call say,LD,$@)$(CC) $(MACHINE) -nostdlib -r -o $@.all $(APP_OBJS) && \
		$(OBJCOPY) $(APP_GLOBAL) $@.all $@ && rm $@.all

# --- the link, twice: the symbol table needs addresses, and lies behind all that it describes
LINK_OBJS = $(OBJS) $(APP_LINKED) $(INFO) $(ROMFS)
comma := ,
LIBGCC = $(shell $(CC) $(MACHINE) -print-libgcc-file-name)
# Virtual tables refer to __cxa_pure_virtual weakly, which would not fetch it.
LDFLAGS_CXX = $(if $(need_c++),-Wl$(comma)--eh-frame-hdr -Wl$(comma)--undefined=__cxa_pure_virtual)
LDFLAGS = -nostdlib -static $(MACHINE) -Wl,-pie,--no-dynamic-linker,-z,notext,-z,norelro,-z,noexecstack \
	-Wl,--gc-sections,-Bsymbolic,--build-id=none,-z,max-page-size=4096,--no-warn-rwx-segments \
	$(LDFLAGS_CXX) -T $(LDS)
link = $(CC) $(LDFLAGS) -o $(1) -Wl,-Map=$(1:.elf=.map) $(LINK_OBJS) $(2) \
	-Wl,--start-group $(if $(need_tls),$(MBEDTLS_LIB)) $(if $(need_net),$(LWIP_LIB)) $(if $(need_c++),$(LIBSTDCXX)) $(LIBS) $(LIBGCC) -Wl,--end-group

LINK_STAMP := $(IMG_OUT)/link.stamp
$(LINK_STAMP): FORCE
	$(call stamp,$(LDFLAGS) $(LINK_OBJS) $(APP_OBJS))

$(ELF): $(LINK_OBJS) $(LDS) $(BUILT_LIBS) $(if $(need_net),$(LWIP_LIB)) $(if $(need_tls),$(MBEDTLS_LIB)) $(LINK_STAMP) tools/symtab.py tools/link-image
	$(call say,LINK,$@)
	$(Q)NM=$(NM) READELF=$(READELF) CC='$(CC) $(MACHINE)' PYTHON=$(PYTHON) V=$(V) OBJECTS='$(APP_OBJS)' \
		tools/link-image $@ $(APP_OBJ) $(call link,$(APP_OBJ)/out.elf,$(APP_OBJ)/ksymtab.o)

$(IMAGE): $(ELF)
	$(call say,IMAGE,$@)$(OBJCOPY) -O binary $< $@

# --- where the bytes go
.PHONY: do-size
do-size: $(IMAGE)
	@$(PYTHON) tools/size.py $(ELF) $(IMAGE) $(ELF:.elf=.map) $(NM)

# --- one entry a compiled file, for editors and analysers
.PHONY: compile_commands.json
OUR_SRCS = $(foreach o,$(OBJS),$(wildcard $(o:$(OBJ)/%.o=%.c)))
compile_commands.json: $(GATES) ## how every file is compiled, for clangd and the like
	$(file >$(ARCH_OUT)/commands.txt,$(foreach s,$(OUR_SRCS),$(s) $(call compile,$(s:.c=.o)) -c $(s)$(newline))$(foreach \
		s,$(addprefix $(APP_DIR)/,$(srcs)),$(s) $(compile-app) -c $(s)$(newline)))
	$(call say,GEN,$@)$(PYTHON) tools/compdb.py $(ARCH_OUT)/commands.txt > $@
