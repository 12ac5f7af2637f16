objs-$(need_soc-net) += gem.o gem_rx.o gem_tx.o gem_mdio.o fec.o fec_ring.o onboard.o phy.o missing.o
$(foreach f,gem gem_mdio fec phy missing,$(eval cflags-drivers/net/$(f).o := -Os))
