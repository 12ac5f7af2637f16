objs-y += entry.o vectors.o switch.o trap.o mmu.o cpu.o context.o sigframe.o memcpy.o
objs-$(need_efi) += efi.o
objs-$(need_soc) += spin.o
# Its loops are memcpy(): they must not be turned into calls of it.
cflags-arch/aarch64/memcpy.o := -Os -fno-tree-loop-distribute-patterns
# Run with the MMU off: unaligned accesses would fault.
cflags-arch/aarch64/mmu.o := -Os -mstrict-align
cflags-arch/aarch64/trap.o := -Os
cflags-arch/aarch64/cpu.o := -Os
