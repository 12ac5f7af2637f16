objs-$(need_net) += core.o netif.o config.o ipparam.o dns.o checksum.o
objs-$(need_net) += sock.o sockopt.o tcp.o udp.o
objs-$(need_net) += port/memp.o port/timeouts.o
