objs-y += virtio.o virtq.o mmio.o rng.o console.o
objs-$(need_net) += net.o
