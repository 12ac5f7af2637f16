/* SPDX-License-Identifier: MIT */
/* Names to addresses: lwIP's resolver, waited for, in front of it what was answered before, and behind it
 * the servers that DHCP, DHCPv6, routers and `ip=` name. */
#include "net.h"

#include <ctype.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/poller.h>
#include <kernel/time.h>
#include <lwip/dns.h>
#include <string.h>
#include <sys/socket.h>

#define FAMILY_SERVERS (DNS_MAX_SERVERS / 2)
#define CACHED_MAX     64
/* However long it is said to hold (RFC 8767, 4: a week at most; RFC 2308, 5: some hours for what is not). */
#define TTL_MAX		 (7 * 86400UL)
#define NEGATIVE_TTL_MAX (3 * 3600UL)

/* --- servers ---------------------------------------------------------------------------- */

/* Each source has slots of its own, so that none overwrites another's. Those of IPv4 are asked first. */
static ip_addr_t servers[2][FAMILY_SERVERS];

static void set_server(bool v6, unsigned slot, const ip_addr_t *addr)
{
	uint8_t to = 0;

	if (slot >= FAMILY_SERVERS) {
		return;
	}
	ip_addr_set(&servers[v6][slot], addr);
	for (unsigned i = 0; i < DNS_MAX_SERVERS; i++) {
		const ip_addr_t *a = &servers[i / FAMILY_SERVERS][i % FAMILY_SERVERS];

		if (!ip_addr_isany(a)) {
			dns_setserver(to++, a);
		}
	}
	while (to < DNS_MAX_SERVERS) {
		dns_setserver(to++, NULL);
	}
}

void net_dns_setserver4(u8_t slot, const ip_addr_t *addr)
{
	set_server(false, slot, addr);
}

void net_dns_setserver6(u8_t slot, const ip_addr_t *addr)
{
	set_server(true, slot, addr);
}

/* lwIP asks it for what it set itself (third_party/lwip.mk). */
const ip_addr_t *net_dns_getserver6(u8_t slot);

const ip_addr_t *net_dns_getserver6(u8_t slot)
{
	return slot < FAMILY_SERVERS ? &servers[1][slot] : IP_ADDR_ANY;
}

/* --- what was answered before --------------------------------------------------------------- */

/* Newest first; the last one makes room. Under net_lock. */
struct answer {
	struct answer *next;
	uint64_t until;
	const char *name;    /* behind the addresses */
	uint8_t type, count; /* no address: there is no such name */
	ip_addr_t addr[];
};

static struct {
	struct answer *first;
	unsigned count;
} cache;

static void drop(struct answer **at)
{
	struct answer *a = *at;

	*at = a->next;
	cache.count--;
	kfree(a);
}

static const struct answer *recall(const char *name, uint8_t type)
{
	uint64_t now = time_now();
	struct answer **at = &cache.first, *a;

	while ((a = *at) != NULL) {
		if (a->until <= now) {
			drop(at);
		} else if (a->type == type && strcasecmp(a->name, name) == 0) {
			return a;
		} else {
			at = &a->next;
		}
	}
	return NULL;
}

static void make_room(void)
{
	struct answer **at = &cache.first;

	if (cache.count < CACHED_MAX) {
		return;
	}
	while ((*at)->next != NULL) {
		at = &(*at)->next;
	}
	drop(at);
}

static void keep(const char *name, uint8_t type, const ip_addr_t *addr, unsigned count,
		 uint32_t ttl)
{
	size_t n = strlen(name) + 1, addrs = count * sizeof(*addr);
	struct answer *a;

	if (ttl == 0 || recall(name, type) != NULL) {
		return;
	}
	make_room();
	a = kmalloc(sizeof(*a) + addrs + n);
	if (a == NULL) {
		return;
	}
	*a = (struct answer){ .next = cache.first, .type = type, .count = (uint8_t)count };
	a->until = time_now() + MIN(ttl, count > 0 ? TTL_MAX : NEGATIVE_TTL_MAX) * NS_PER_SEC;
	memcpy(a->addr, addr, addrs);
	a->name = memcpy((char *)a->addr + addrs, name, n);
	cache.first = a;
	cache.count++;
}

/* --- questions ---------------------------------------------------------------------------- */

/* On the asker's stack; the resolver always answers, with NULL after its last retry. */
struct question {
	struct waiter *waiter;
	ip_addr_t addr[DNS_ANSWERS_MAX];
	unsigned count;
	uint8_t type;
	bool done;
	int error;
};

static int to_errno(err_t err)
{
	switch (err) {
	case ERR_OK:
		return 0;
	case ERR_VAL:
		return -EHOSTUNREACH;
	case ERR_MEM:
	case ERR_TIMEOUT:
		return -EAGAIN;
	default:
		return -ENOENT;
	}
}

static void take(struct question *q, const ip_addr_t *addr, unsigned count)
{
	q->count = count;
	memcpy(q->addr, addr, count * sizeof(*addr));
}

static void on_answer(const char *name, const ip_addr_t *addr, void *arg)
{
	struct question *q = arg;

	take(q, dns_answers, addr != NULL ? dns_answer_count : 0);
	keep(name, q->type, q->addr, q->count, dns_answer_ttl);
	q->error = to_errno(dns_answer_err);
	q->done = true;
	waiter_wake(q->waiter);
}

static void ask(struct question *q, const char *host)
{
	const struct answer *a = recall(host, q->type);
	err_t err;

	q->done = true;
	if (a != NULL) {
		take(q, a->addr, a->count);
		q->error = a->count > 0 ? 0 : -ENOENT;
		return;
	}
	err = dns_gethostbyname_addrtype(host, &q->addr[0], on_answer, q, q->type);
	if (err == ERR_INPROGRESS) {
		q->done = false;
	} else {
		q->count = err == ERR_OK;
		q->error = to_errno(err);
	}
}

/* RFC 1035, 2.3.4: labels of 1 to 63 bytes, 253 in all; a dot may end it. */
static bool is_name(const char *s)
{
	size_t label = 0, all = strlen(s);

	all -= all > 0 && s[all - 1] == '.';
	if (all == 0 || all > 253) {
		return false;
	}
	for (size_t i = 0; i < all; i++) {
		label = s[i] == '.' ? 0 : label + 1;
		if (label > 63 || (s[i] == '.' && (i == 0 || s[i - 1] == '.'))) {
			return false;
		}
	}
	return s[all - 1] != '.';
}

static bool all_answered(void *arg)
{
	const struct question *q = arg;

	return q[0].done && q[1].done;
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
		v6->sin6_scope_id = ip6_addr_zone(ip_2_ip6(a));
	}
}

/* Both kinds at once: the second answer does not wait for the first. */
int net_resolve(const char *host, int family, struct sockaddr_storage *out, int max)
{
	struct waiter waiter;
	struct question q[2] = {
		{ .waiter = &waiter, .type = LWIP_DNS_ADDRTYPE_IPV4, .error = -ENOENT },
		{ .waiter = &waiter, .type = LWIP_DNS_ADDRTYPE_IPV6, .error = -ENOENT },
	};
	int n = 0;

	if (!is_name(host)) {
		return -ENOENT;
	}
	q[0].done = family == AF_INET6;
	q[1].done = family == AF_INET;
	waiter_init(&waiter);
	net_lock();
	for (unsigned i = 0; i < 2; i++) {
		if (!q[i].done) {
			ask(&q[i], host);
		}
	}
	net_unlock();
	waiter_wait_through(&waiter, all_answered, q); /* the resolver points to q */
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < q[i].count && n < max; k++) {
			put(&q[i].addr[k], &out[n++]);
		}
	}
	return n > 0 ? n : q[0].error != -ENOENT ? q[0].error : q[1].error;
}
