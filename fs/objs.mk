objs-y += cpio.o romfs.o vfs.o dev.o
