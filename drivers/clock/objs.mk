# What else there is of clocks its firmware has set up.
objs-$(need_soc) += clock.o
objs-$(need_mmc) += fu540_prci.o
$(foreach f,clock fu540_prci,$(eval cflags-drivers/clock/$(f).o := -Os))
