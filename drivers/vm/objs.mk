objs-$(need_vm) += share.o vmgenid.o vmclock.o
$(foreach f,share vmgenid vmclock,$(eval cflags-drivers/vm/$(f).o := -Os))
