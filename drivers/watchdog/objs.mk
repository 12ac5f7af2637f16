objs-$(need_soc) += watchdog.o sp805.o sbsa.o bcm2835.o imx2.o
objs-$(need_soc-pci) += i6300esb.o
$(foreach f,watchdog sp805 sbsa bcm2835 imx2 i6300esb,$(eval cflags-drivers/watchdog/$(f).o := -Os))
