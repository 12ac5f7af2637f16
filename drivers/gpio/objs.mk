objs-$(need_soc) += gpio.o pl061.o sifive.o bcm2835.o keys.o
$(foreach f,gpio pl061 sifive bcm2835 keys,$(eval cflags-drivers/gpio/$(f).o := -Os))
