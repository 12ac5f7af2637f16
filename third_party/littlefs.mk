# SPDX-License-Identifier: MIT
# littlefs for `needs := littlefs`: version 2 as it is inside MicroPython, where its names begin with lfs2_. Behind
# fs/littlefs*.c; what it calls of ours is in fs/lfs_port.h.

LITTLEFS_SRC := $(MICROPYTHON_SRC)/lib/littlefs
LITTLEFS_OBJ := $(OBJ)/third_party/littlefs/lfs2.o
LITTLEFS_LIB := $(ARCH_OUT)/liblittlefs.a

# Objects of ours that see its header.
LITTLEFS_FLAGS := -DLFS2_DEFINES=lfs_port.h -Ifs -isystem $(LITTLEFS_SRC)
$(foreach o,littlefs littlefs_ctz littlefs_dev littlefs_dir littlefs_file littlefs_mount littlefs_over,$(eval cflags-fs/$(o).o := $(LITTLEFS_FLAGS)))

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

# --- tools/lfs: the same source for the host
HOSTCC ?= cc
HOST_LFS := $(OUT)/host/lfs
HOST_LFS_SRCS := tools/littlefs/lfs.c tools/littlefs/image.c tools/littlefs/create.c
.PHONY: host-lfs
host-lfs: $(HOST_LFS)
$(HOST_LFS): $(HOST_LFS_SRCS) tools/littlefs/image.h tools/littlefs/port.h fs/lfs_disk.h | $(MICROPYTHON_SRC).unpacked
	$(call say,HOSTCC,$@)mkdir -p $(@D); $(HOSTCC) -std=gnu11 -O2 -g -Wall -Wextra -DLFS2_DEFINES=port.h \
		-Itools/littlefs -Ifs -isystem $(LITTLEFS_SRC) -o $@ $(HOST_LFS_SRCS) \
		$(addprefix $(LITTLEFS_SRC)/,lfs2.c lfs2_util.c)
