objs-$(need_pci) += ecam.o scan.o bar.o assign.o intx.o irq.o
# An interrupt takes a list's walk here; the rest runs once.
$(foreach f,ecam scan bar assign intx irq,$(eval cflags-drivers/pci/$(f).o := -Os))
