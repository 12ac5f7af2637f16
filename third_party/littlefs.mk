# SPDX-License-Identifier: MIT
# littlefs for `needs := littlefs`: version 2 as it is inside MicroPython, where its names begin with lfs2_. Behind
# fs/littlefs*.c; what it calls of ours is in fs/lfs_port.h.

LITTLEFS_SRC := $(MICROPYTHON_SRC)/lib/littlefs
LITTLEFS_OBJ := $(OBJ)/third_party/littlefs/lfs2.o
LITTLEFS_LIB := $(ARCH_OUT)/liblittlefs.a

# Objects of ours that see its header.
LITTLEFS_FLAGS := -DLFS2_DEFINES=lfs_port.h -Ifs -isystem $(LITTLEFS_SRC)
$(foreach o,littlefs littlefs_dev littlefs_dir littlefs_file littlefs_ctz,$(eval cflags-fs/$(o).o := $(LITTLEFS_FLAGS)))

ifneq ($(need_littlefs),)
LIBS += $(LITTLEFS_LIB)
BUILT_LIBS += $(LITTLEFS_LIB)
$(OBJS_littlefs) $(LITTLEFS_OBJ): $(MICROPYTHON_SRC).unpacked
-include $(LITTLEFS_OBJ:.o=.d)
endif

$(LITTLEFS_LIB): $(LITTLEFS_OBJ)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(LITTLEFS_OBJ): third_party/littlefs.mk $(GATES)
	$(call say,CC,littlefs/lfs2.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) $(DEFS) $(INCLUDES) $(LITTLEFS_FLAGS) \
		$(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(LITTLEFS_SRC)/lfs2.c
