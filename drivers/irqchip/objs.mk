objs-$(aarch64) += gic.o gic_v2.o gic_v3.o
objs-$(riscv64) += riscv_intc.o plic.o
