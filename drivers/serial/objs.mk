objs-y += pl011.o ns16550.o
objs-$(riscv64) += sbi_dbcn.o
# Inlined register accesses would double them; the line is slower than any code.
cflags-drivers/serial/pl011.o := -Os
cflags-drivers/serial/ns16550.o := -Os
objs-$(need_soc) += uart.o cadence_uart.o sifive_uart.o imx_uart.o bcm2835_aux.o earlycon.o
$(foreach f,uart cadence_uart sifive_uart imx_uart bcm2835_aux earlycon,$(eval cflags-drivers/serial/$(f).o := -Os))
