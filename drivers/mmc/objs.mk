objs-$(need_mmc) += card.o disk.o sdhci.o sdhci_data.o usdhc.o spi_slot.o spi_data.o
$(foreach f,card sdhci usdhc spi_slot,$(eval cflags-drivers/mmc/$(f).o := -Os))
