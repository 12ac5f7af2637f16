objs-$(need_soc) += watchdog.o sp805.o sbsa.o bcm2835.o
$(foreach f,watchdog sp805 sbsa bcm2835,$(eval cflags-drivers/watchdog/$(f).o := -Os))
