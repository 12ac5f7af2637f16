# SPI hosts ask; other devices are set up by their firmware.
objs-$(need_mmc) += clock.o fu540_prci.o
$(foreach f,clock fu540_prci,$(eval cflags-drivers/clock/$(f).o := -Os))
