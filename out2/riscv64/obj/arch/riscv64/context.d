/tmp/w/lead/out2/riscv64/obj/arch/riscv64/context.o: \
 arch/riscv64/context.S \
 /tmp/w/lead/out2/riscv64/gen/include/arch/offsets.h
/tmp/w/lead/out2/riscv64/gen/include/arch/offsets.h:
