objs-y += semihost.o syscon.o
objs-$(aarch64) += psci.o
objs-$(if $(aarch64),$(need_soc)) += spin_table.o
objs-$(need_soc) += gpio.o
objs-$(riscv64) += sbi.o sifive_test.o
$(foreach f,psci spin_table gpio sbi syscon sifive_test semihost,$(eval cflags-drivers/power/$(f).o := -Os))
