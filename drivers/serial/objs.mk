objs-y += pl011.o ns16550.o
objs-$(riscv64) += sbi_dbcn.o
