objs-y += cpio.o romfs.o dev.o
# The calls that take a path: over vnodes, or for the read-only tree alone.
objs-$(need_no-files) += vfs_rom.o
objs-$(need_files) += vnode.o walk.o vfs.o vfile.o mount.o syncer.o rom.o devfs.o tmpfs.o
objs-$(need_9p) += p9.o p9call.o p9io.o p9msg.o
$(foreach f,cpio romfs vfs_rom dev mount devfs,$(eval cflags-fs/$(f).o := -Os))
objs-$(need_block) += block.o blkio.o blkscan.o partition.o gpt.o blkfile.o \
	cache.o cacheget.o cachepage.o cacheio.o cachesync.o
objs-$(need_littlefs) += littlefs.o littlefs_dev.o littlefs_dir.o littlefs_file.o littlefs_over.o littlefs_ctz.o \
	littlefs_mount.o
objs-$(need_fat) += fat.o fatff.o fat_node.o fat_file.o fat_name.o fat_sweep.o
objs-$(need_ext4) += ext4.o ext4_node.o ext4_dir.o ext4_port.o
