objs-y += virtio.o virtq.o mmio.o rng.o console.o
objs-$(need_net) += net.o net_ctrl.o
objs-$(need_block) += blk.o indirect.o
$(foreach f,mmio console rng virtio,$(eval cflags-drivers/virtio/$(f).o := -Os))
objs-$(need_9p) += p9.o
objs-$(need_pci) += pci.o pci_legacy.o
cflags-drivers/virtio/pci_legacy.o := -Os
