objs-y += semihost.o syscon.o sifive_test.o
objs-$(aarch64) += psci.o
objs-$(riscv64) += sbi.o
