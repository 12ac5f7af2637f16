/tmp/w/lead/out2/aarch64/obj/arch/aarch64/switch.o: arch/aarch64/switch.S \
 /tmp/w/lead/out2/aarch64/gen/include/arch/offsets.h
/tmp/w/lead/out2/aarch64/gen/include/arch/offsets.h:
