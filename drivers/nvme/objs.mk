objs-$(need_nvme) += nvme.o admin.o queue.o namespace.o
cflags-drivers/nvme/nvme.o := -Os
cflags-drivers/nvme/admin.o := -Os
