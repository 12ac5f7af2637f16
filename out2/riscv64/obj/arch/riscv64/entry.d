/tmp/w/lead/out2/riscv64/obj/arch/riscv64/entry.o: arch/riscv64/entry.S \
 /tmp/w/lead/out2/riscv64/gen/include/arch/offsets.h
/tmp/w/lead/out2/riscv64/gen/include/arch/offsets.h:
