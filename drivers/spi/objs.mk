# What has an SPI bus is an SD card.
objs-$(need_mmc) += spi.o sifive_spi.o
cflags-drivers/spi/sifive_spi.o := -Os
