# SPDX-License-Identifier: MIT
# libext2fs for `needs := ext4`: the part of e2fsprogs' library that reading ext2, ext3 and ext4 takes. Behind
# fs/ext4*.c; its configuration is in fs/ext4, what it finds around it in fs/ext4_port.c.
#
# LICENCE: these files are LGPL-2 (GNU Library General Public License, version 2) and are linked statically. Who ships an
# image with them must give their source, and let whoever gets it relink the image with a changed library (section 6 of
# the licence): with the program's source, or its objects. So no image has them unless its app.mk says `ext4`;
# docs/storage.md says more. Files of lib/ext2fs whose head says GPL are not used (blknum.c, crc16.c, crc32c.c, rbtree.c,
# nls_utf8.c, ext2_err.et).

EXT2FS_SRC := $(call src-dir,e2fsprogs)
EXT2FS_FILES := openfs freefs inode extent bmap i_block dirblock dirhash csum
EXT2FS_OBJS := $(EXT2FS_FILES:%=$(OBJ)/third_party/ext2fs/%.o)
EXT2FS_LIB := $(ARCH_OUT)/libext2fs.a
EXT2FS_FLAGS := -Ifs/ext4 -isystem $(EXT2FS_SRC)/lib

$(EXT2FS_SRC).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) e2fsprogs
	$(Q)tools/unpack-dep $(LOCK) $(DL) e2fsprogs $(EXT2FS_SRC) $(call patches,e2fsprogs)

# Objects of ours that see its headers.
$(foreach o,ext4 ext4_node ext4_dir ext4_port,$(eval cflags-fs/$(o).o := -Os $(EXT2FS_FLAGS)))

ifneq ($(need_ext4),)
LIBS += $(EXT2FS_LIB)
BUILT_LIBS += $(EXT2FS_LIB)
$(OBJS_ext4) $(EXT2FS_OBJS): $(EXT2FS_SRC).unpacked
-include $(EXT2FS_OBJS:.o=.d)
endif

$(EXT2FS_LIB): $(EXT2FS_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(OBJ)/third_party/ext2fs/%.o: third_party/ext2fs.mk $(GATES)
	$(call say,CC,ext2fs/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) -Os $(DEFS) $(EXT2FS_FLAGS) $(INCLUDES) $(SYSTEM_INCLUDES) \
		-MD -MP -c -o $@ $(EXT2FS_SRC)/lib/ext2fs/$*.c
