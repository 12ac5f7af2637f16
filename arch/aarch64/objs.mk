objs-y += entry.o vectors.o switch.o trap.o mmu.o cpu.o context.o sigframe.o
# Run with the MMU off: unaligned accesses would fault.
cflags-arch/aarch64/mmu.o := -mstrict-align
cflags-arch/aarch64/trap.o := -Os
cflags-arch/aarch64/cpu.o := -Os
