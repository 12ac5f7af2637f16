objs-y += gic.o gic_v2.o plic.o
objs-$(aarch64) += gic_v3.o
objs-$(riscv64) += riscv_intc.o
