# SPDX-License-Identifier: MIT
# lwIP: the raw API only. No api/ (our sockets sit on the callbacks), no sys_arch, and no core/memp.c:
# net/port/memp.c takes its place.

LWIP_SRCS := $(addprefix core/,altcp.c def.c dns.c init.c mem.c netif.c raw.c stats.c sys.c timeouts.c udp.c) \
	$(addprefix core/ipv4/,acd.c autoip.c dhcp.c icmp.c igmp.c ip4_frag.c) \
	$(addprefix core/ipv6/,ethip6.c icmp6.c inet6.c ip6.c ip6_addr.c ip6_frag.c mld6.c nd6.c) \
	apps/sntp/sntp.c \
	$(addprefix apps/mdns/,mdns.c mdns_domain.c mdns_out.c)

# A segment's way is compiled as one file, in which its many small functions are inlined.
LWIP_WAY := core/inet_chksum.c core/pbuf.c core/ip.c core/tcp_in.c core/tcp_out.c core/tcp.c core/ipv4/ip4_addr.c core/ipv4/etharp.c core/ipv4/ip4.c \
	netif/ethernet.c

LWIP_INCLUDES := -Inet/port -Inet/port/include -isystem $(LWIP_SRC)/src/include
LWIP_OBJS := $(LWIP_SRCS:%.c=$(OBJ)/third_party/lwip/%.o) $(OBJ)/third_party/lwip/way.o
LWIP_LIB := $(ARCH_OUT)/liblwip.a

$(LWIP_LIB): $(LWIP_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

# What runs once in a while is built for size.
LWIP_RARE := core/dns.o core/init.o core/ipv4/dhcp.o core/ipv4/igmp.o core/ipv4/ip4_frag.o core/ipv6/icmp6.o core/ipv6/ip6_frag.o \
	core/ipv6/mld6.o core/netif.o apps/sntp/sntp.o apps/mdns/mdns.o apps/mdns/mdns_domain.o apps/mdns/mdns_out.o
$(addprefix $(OBJ)/third_party/lwip/,$(LWIP_RARE)): PACKET_FLAGS += -Os

# Invariants are checked for each packet: without.
$(OBJ)/third_party/lwip/way.o: PACKET_FLAGS += -DLWIP_NOASSERT -O3
$(OBJ)/third_party/lwip/way.o: third_party/lwip.mk $(GATES)
	$(call say,CC,lwip/way.c)mkdir -p $(@D) $(GEN); printf '#include "%s"\n' $(LWIP_WAY:%=$(abspath $(LWIP_SRC))/src/%) > $(GEN)/lwip-way.c; \
		$(CC) $(CFLAGS_THIRD) $(PACKET_FLAGS) $(DEFS) $(INCLUDES) $(LWIP_INCLUDES) $(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(GEN)/lwip-way.c

# Each family's nameservers have slots of their own: net/dns.c.
$(OBJ)/third_party/lwip/core/ipv4/dhcp.o: PACKET_FLAGS += -Ddns_setserver=net_dns_setserver4
$(OBJ)/third_party/lwip/core/ipv6/nd6.o: PACKET_FLAGS += -Ddns_setserver=net_dns_setserver6 -Ddns_getserver=net_dns_getserver6

$(OBJ)/third_party/lwip/%.o: $(GATES)
	$(call say,CC,lwip/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) $(PACKET_FLAGS) $(DEFS) $(INCLUDES) $(LWIP_INCLUDES) \
		$(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(LWIP_SRC)/src/$*.c
