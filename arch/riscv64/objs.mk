objs-y += entry.o vectors.o switch.o trap.o mmu.o cpu.o context.o sigframe.o memcpy.o
objs-$(need_efi) += efi.o
# Its loops are memcpy(): they must not be turned into calls of it.
cflags-arch/riscv64/memcpy.o := -fno-tree-loop-distribute-patterns
cflags-arch/riscv64/trap.o := -Os
cflags-arch/riscv64/cpu.o := -Os
