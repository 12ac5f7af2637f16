objs-$(need_soc) += gpio.o pl061.o keys.o
$(foreach f,gpio pl061 keys,$(eval cflags-drivers/gpio/$(f).o := -Os))
