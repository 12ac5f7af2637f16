/* SPDX-License-Identifier: MIT */
/* The wall clock from the network: lwIP's SNTP client (RFC 4330), with the servers that `ntp=`, `ip=` or DHCP
 * name. It asks when it knows one, and once an hour from then on. */
#include "net.h"

#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <kernel/time.h>
#include <lwip/apps/sntp.h>
#include <lwip/dhcp.h>
#include <string.h>
#include <time.h>

/* lwIP counts from 2036, where the first era of NTP ends: signed, that reaches from 1968 to 2104. */
#define EPOCH_2036 2085978496ULL
#define NEWS	   (NS_PER_SEC / 2) /* of an offset worth a line in the log */

static bool fixed;   /* by the bootargs: DHCP's are not wanted */
static bool restart; /* others than those that are asked */

void net_ntp_get(int32_t *sec, uint32_t *frac)
{
	uint64_t wall = time_wall();

	*sec = (int32_t)(wall / NS_PER_SEC - EPOCH_2036);
	*frac = (uint32_t)((wall % NS_PER_SEC << 32) / NS_PER_SEC);
}

static void tell(uint64_t wall)
{
	time_t now = (time_t)(wall / NS_PER_SEC);
	struct tm tm;
	char addr[NET_ADDR_MAX];

	gmtime_r(&now, &tm);
	net_addr_text(ip_current_src_addr(), addr, sizeof(addr));
	log_info("clock: set to %d-%02d-%02d %02d:%02d:%02d UTC by NTP from %s", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, addr);
}

void net_ntp_set(int32_t sec, uint32_t frac)
{
	uint64_t wall = (uint64_t)((int64_t)sec + (int64_t)EPOCH_2036) * NS_PER_SEC +
			((uint64_t)frac * NS_PER_SEC >> 32);
	uint64_t was = time_wall();
	bool news = !time_wall_known() || (wall > was ? wall - was : was - wall) > NEWS;

	time_set_wall(wall);
	if (news) {
		tell(wall);
	}
}

/* Anew with what is known now: the first server is asked at once. */
static void start(void)
{
	restart = false;
	sntp_stop();
	sntp_setoperatingmode(SNTP_OPMODE_POLL);
	sntp_init();
}

static void set_server(unsigned i, const ip4_addr_t *a)
{
	ip_addr_t addr;

	if (i < SNTP_MAX_SERVERS) {
		ip_addr_copy_from_ip4(addr, *a);
		sntp_setserver((u8_t)i, &addr);
	}
}

/* lwIP's up-call: a lease came or was renewed, and names so many; the address is set after it. */
void dhcp_set_ntp_servers(u8_t n, const ip4_addr_t *addrs)
{
	if (fixed) {
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		restart |= !ip4_addr_eq(ip_2_ip4(sntp_getserver((u8_t)i)), &addrs[i]);
		set_server(i, &addrs[i]);
	}
}

/* `ntp=ADDRESS-OR-NAME[,...]`; `ntp=off`: none, whatever DHCP says. @addr: that of `ip=`, 0 without one. */
void net_ntp_config(uint32_t addr)
{
	const char *s = param("ntp");
	unsigned n = 0;
	char *names;

	if (s == NULL) {
		if (addr != 0) {
			fixed = true;
			set_server(0, &(ip4_addr_t){ addr });
		}
		return;
	}
	fixed = true;
	if (strcmp(s, "off") == 0) {
		return;
	}
	names = kmalloc(strlen(s) + 1); /* the client keeps pointers into it */
	if (names == NULL) {
		return;
	}
	strcpy(names, s);
	for (char *name; n < SNTP_MAX_SERVERS && (name = strsep(&names, ",")) != NULL;) {
		if (*name != '\0') {
			sntp_setservername((u8_t)n++, name);
		}
	}
}

void net_ntp_start(void)
{
	bool any = sntp_getservername(0) != NULL || !ip_addr_isany(sntp_getserver(0));

	if (any && (restart || !sntp_enabled())) {
		start();
	}
}
