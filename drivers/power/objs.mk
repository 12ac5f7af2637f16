objs-y += semihost.o syscon.o
objs-$(aarch64) += psci.o
objs-$(riscv64) += sbi.o sifive_test.o
