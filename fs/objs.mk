objs-y += cpio.o romfs.o vfs.o dev.o
$(foreach f,cpio romfs vfs dev,$(eval cflags-fs/$(f).o := -Os))
