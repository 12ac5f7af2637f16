objs-$(aarch64) += gic.o gic_v2.o gic_v3.o
objs-$(if $(aarch64),$(need_soc)) += bcm2836_l1.o bcm2835_armctrl.o
objs-$(riscv64) += riscv_intc.o plic.o
objs-$(need_pci) += msi.o
objs-$(if $(aarch64),$(need_pci)) += gic_v2m.o gic_lpi.o gic_its.o
objs-$(if $(riscv64),$(need_pci)) += imsic.o aplic.o
# What an interrupt takes is short; the rest runs once.
$(foreach f,gic gic_v2 gic_v3 gic_v2m gic_lpi gic_its bcm2836_l1 bcm2835_armctrl riscv_intc plic aplic msi,$(eval cflags-drivers/irqchip/$(f).o := -Os))
