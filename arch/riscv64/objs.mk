objs-y += entry.o vectors.o switch.o trap.o mmu.o cpu.o
