objs-$(need_soc) += missing.o
cflags-drivers/missing.o := -Os
