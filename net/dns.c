/* SPDX-License-Identifier: MIT */
/* Names to addresses: lwIP's resolver, waited for. */
#include "net.h"

#include <errno.h>
#include <kernel/poller.h>
#include <kernel/time.h>
#include <lwip/dns.h>
#include <string.h>
#include <sys/socket.h>

/* On the asker's stack; the resolver always answers, with NULL after its last retry. */
struct question {
	struct waiter waiter;
	ip_addr_t addr;
	bool done, found;
};

static unsigned asking; /* questions without an answer; under net_lock */

bool net_dns_asking(void)
{
	return asking > 0;
}

static void on_answer(const char *name, const ip_addr_t *addr, void *arg)
{
	struct question *q = arg;

	(void)name;
	q->found = addr != NULL;
	if (addr != NULL) {
		q->addr = *addr;
	}
	asking--;
	q->done = true;
	waiter_wake(&q->waiter);
}

static bool answered(void *arg)
{
	return ((struct question *)arg)->done;
}

static int ask(const char *host, uint8_t type, ip_addr_t *out)
{
	struct question q = { .done = false };
	err_t err;

	waiter_init(&q.waiter);
	net_lock();
	err = dns_gethostbyname_addrtype(host, &q.addr, on_answer, &q, type);
	asking += err == ERR_INPROGRESS;
	net_unlock();
	if (err == ERR_INPROGRESS) {
		waiter_wait(&q.waiter, answered, &q, TIME_NEVER);
		err = q.found ? ERR_OK : ERR_ARG;
	}
	*out = q.addr;
	return err == ERR_OK	? 0
	       : err == ERR_VAL ? -EHOSTUNREACH
	       : err == ERR_MEM ? -EAGAIN
				: -ENOENT;
}

static void put(const ip_addr_t *a, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (IP_IS_V4(a)) {
		v4->sin_family = AF_INET;
		v4->sin_addr.s_addr = ip_2_ip4(a)->addr;
	} else {
		v6->sin6_family = AF_INET6;
		memcpy(&v6->sin6_addr, ip_2_ip6(a)->addr, 16);
	}
}

int net_resolve(const char *host, int family, struct sockaddr_storage *out, int max)
{
	int n = 0, r = -ENOENT;
	ip_addr_t addr;

	if (family != AF_INET6 && n < max) {
		r = ask(host, LWIP_DNS_ADDRTYPE_IPV4, &addr);
		if (r == 0) {
			put(&addr, &out[n++]);
		}
	}
	if (family != AF_INET && n < max) {
		int r6 = ask(host, LWIP_DNS_ADDRTYPE_IPV6, &addr);

		if (r6 == 0 && IP_IS_V6(&addr)) {
			put(&addr, &out[n++]);
		}
		r = r == -ENOENT ? r6 : r;
	}
	return n > 0 ? n : r;
}
