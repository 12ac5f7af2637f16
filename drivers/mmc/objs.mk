objs-$(need_mmc) += card.o disk.o sdhci.o sdhci_data.o
$(foreach f,card sdhci,$(eval cflags-drivers/mmc/$(f).o := -Os))
