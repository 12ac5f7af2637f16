objs-$(need_net) += core.o finish.o netif.o config.o ipparam.o dns.o ntp.o dhcp6.o dhcp6msg.o vlan.o announce.o checksum.o
objs-$(need_net) += ifinfo.o ifioctl.o
objs-$(need_net) += sock.o sockopt.o ipopt.o mcast.o address.o cmsg.o
objs-$(need_net) += tcp.o tcp_io.o tcpopt.o dgram.o udp.o raw.o
objs-$(need_mdns) += mdns.o
objs-$(need_net) += port/memp.o port/timeouts.o port/pcbs.o
