objs-$(aarch64) += arm_arch.o
objs-$(riscv64) += riscv.o
