/* SPDX-License-Identifier: MIT */
/* DHCPv6, with an address (M of the router's advertisement) or for nameservers alone (O): lwIP's own client
 * knows only the latter. One client an interface, made when a router first asks for it. Under net_lock.
 * Spec: RFC 8415. */
#include "dhcp6msg.h"
#include "net.h"

#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/rand.h>
#include <kernel/time.h>
#include <lwip/dhcp6.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <string.h>

#define CLIENT_PORT 546
#define SERVER_PORT 547
#define NO_SLOT	    (-1)
#define DUID_LL_LEN 10 /* 11.4: type, hardware type, MAC */
#define TRIES_MAX   10 /* REQ_MAX_RC */
/* Seconds. */
#define REFRESH_DEFAULT 86400U /* 21.23 */
#define REFRESH_MIN	600U
#define SOL_MAX_RT	3600U
#define TIMEOUT_MAX	(48U * 24 * 3600) /* what lwIP's milliseconds hold */

enum state { IDLE, INFORM, SOLICIT, REQUEST, BOUND, RENEW, REBIND, DECLINE };

/* 7.6: initial and largest time until a message is sent again, in seconds. */
static const struct {
	uint8_t message;
	uint16_t first, max;
} exchanges[] = {
	[INFORM] = { DHCP6_INFORMATION_REQUEST, 1, 3600 },
	[SOLICIT] = { DHCP6_SOLICIT, 1, SOL_MAX_RT },
	[REQUEST] = { DHCP6_REQUEST, 1, 30 },
	[RENEW] = { DHCP6_RENEW, 10, 600 },
	[REBIND] = { DHCP6_REBIND, 10, 600 },
	[DECLINE] = { DHCP6_DECLINE, 1, 30 },
};

struct client {
	struct netif *netif;
	enum state state;
	bool informed; /* the information is current */
	uint32_t xid;
	unsigned tries;
	uint32_t wait_ms; /* until the message is sent again */
	uint64_t began;	  /* the exchange; ns */
	uint32_t max_rt;  /* of Solicit, as servers may say; s */
	uint8_t duid[DUID_LL_LEN];
	struct dhcp6_answer offer; /* the server we chose, and what it leased */
	int slot;		   /* of the address, in the interface */
	uint8_t address[16];	   /* what was put there */
	uint64_t t1, t2, expires;  /* ns */
};

static struct udp_pcb *pcb;
static const ip_addr_t all_servers =
	IPADDR6_INIT_HOST(0xff020000, 0, 0, 0x00010002); /* ff02::1:2 */

static void on_time(void *arg);
static void begin(struct client *c, enum state state);

static struct client *client_of(const struct netif *f)
{
	return netif_get_client_data(f, LWIP_NETIF_CLIENT_DATA_INDEX_DHCP6);
}

static uint32_t iaid_of(const struct client *c)
{
	return netif_get_index(c->netif);
}

static uint64_t in_seconds(uint32_t s)
{
	return s == DHCP6_FOREVER ? TIME_NEVER : time_after(s * NS_PER_SEC);
}

/* Call on_time() then, or not at all. */
static void set_timer(struct client *c, uint64_t at)
{
	uint64_t now = time_now();

	sys_untimeout(on_time, c);
	if (at != TIME_NEVER) {
		uint64_t ms = at > now ? (at - now + NS_PER_MS - 1) / NS_PER_MS : 0;

		sys_timeout((u32_t)MIN(ms, TIMEOUT_MAX * 1000UL), on_time, c);
	}
}

/* --- what is sent ---------------------------------------------------------------------------- */

static void send_question(struct client *c)
{
	uint64_t elapsed = (time_now() - c->began) / (10 * NS_PER_MS);
	bool bound = c->state == RENEW || c->state == REBIND || c->state == DECLINE;
	struct dhcp6_question q = {
		.type = exchanges[c->state].message,
		.xid = c->xid,
		.duid = c->duid,
		.duid_len = sizeof(c->duid),
		.elapsed = (uint16_t)MIN(elapsed, 0xffffUL),
		.iaid = iaid_of(c),
		.ia = c->state != INFORM,
		.addr = bound || c->state == REQUEST ? c->offer.lease.addr : NULL,
	};
	uint8_t m[DHCP6_QUESTION_MAX];
	struct pbuf *p;
	size_t n;

	if (c->state == REQUEST || c->state == RENEW || c->state == DECLINE) {
		q.server = c->offer.server;
		q.server_len = c->offer.server_len;
	}
	n = dhcp6_write(&q, m);
	p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)n, PBUF_RAM);
	if (p != NULL) {
		pbuf_take(p, m, (u16_t)n);
		udp_sendto_if(pcb, p, &all_servers, SERVER_PORT, c->netif);
		pbuf_free(p);
	}
}

/* 18.2.4, 18.2.5: when the exchange is over, whenever it would be repeated. */
static uint64_t end_of(const struct client *c)
{
	return c->state == RENEW ? c->t2 : c->state == REBIND ? c->expires : TIME_NEVER;
}

/* 15: RT = 2 * RTprev + RAND * RTprev, RAND between -0.1 and 0.1; the first of Solicit is never early. */
static void send_and_wait(struct client *c)
{
	uint32_t max = (c->state == SOLICIT ? c->max_rt : exchanges[c->state].max) * 1000U;
	uint32_t base = c->tries == 0 ? exchanges[c->state].first * 1000U : 2 * c->wait_ms;
	uint32_t r;

	rand_bytes(&r, sizeof(r));
	base = MIN(base, max);
	c->wait_ms = base - base / 10 + r % (base / 5 + 1);
	if (c->state == SOLICIT && c->tries == 0) {
		c->wait_ms = base + r % (base / 10 + 1);
	}
	c->tries++;
	send_question(c);
	set_timer(c, MIN(time_after(c->wait_ms * NS_PER_MS), end_of(c)));
}

static void begin(struct client *c, enum state state)
{
	c->state = state;
	c->tries = 0;
	c->began = time_now();
	rand_bytes(&c->xid, sizeof(c->xid));
	c->xid &= 0xffffff;
	send_and_wait(c);
}

/* --- the address ----------------------------------------------------------------------------- */

/* lwIP may have taken it away, and have given its slot to another. */
static bool has_address(const struct client *c)
{
	return c->slot != NO_SLOT &&
	       !ip6_addr_isinvalid(netif_ip6_addr_state(c->netif, (s8_t)c->slot)) &&
	       memcmp(netif_ip6_addr(c->netif, (s8_t)c->slot)->addr, c->address, 16) == 0;
}

static void give_up_address(struct client *c)
{
	if (has_address(c)) {
		netif_ip6_addr_set_state(c->netif, (s8_t)c->slot, IP6_ADDR_INVALID);
	}
	c->slot = NO_SLOT;
}

static bool set_address(struct client *c, const struct dhcp6_lease *l)
{
	ip6_addr_t addr;
	s8_t slot = 0;

	if (!has_address(c) || memcmp(c->address, l->addr, sizeof(l->addr)) != 0) {
		give_up_address(c);
		memcpy(addr.addr, l->addr, sizeof(l->addr));
		ip6_addr_clear_zone(&addr);
		if (netif_add_ip6_address(c->netif, &addr, &slot) != ERR_OK) {
			log_error("dhcpv6: no room for another address");
			return false;
		}
		c->slot = (u8_t)slot;
		memcpy(c->address, l->addr, sizeof(l->addr));
	}
	/* lwIP takes it away at the end; its value for ever is the same. */
	netif_ip6_addr_set_valid_life(c->netif, (s8_t)c->slot, l->valid);
	netif_ip6_addr_set_pref_life(c->netif, (s8_t)c->slot, l->preferred);
	return true;
}

/* 14.2: times that the server leaves to us. */
static void set_times(struct client *c, const struct dhcp6_lease *l)
{
	uint32_t base = l->preferred;
	bool forever = base == DHCP6_FOREVER;
	uint32_t t1 = l->t1 != 0 ? l->t1 : forever ? base : base / 2;
	uint32_t t2 = l->t2 != 0 ? l->t2 : forever ? base : base / 5 * 4;

	c->t1 = in_seconds(t1);
	c->t2 = in_seconds(MAX(t1, t2));
	c->expires = in_seconds(l->valid);
}

static void set_dns(struct client *c, const struct dhcp6_answer *a)
{
	for (unsigned i = 0; i < a->dns_count; i++) {
		ip_addr_t addr = IPADDR6_INIT(0, 0, 0, 0);

		memcpy(ip_2_ip6(&addr)->addr, a->dns[i], 16);
		ip6_addr_assign_zone(ip_2_ip6(&addr), IP6_UNICAST, c->netif);
		net_dns_setserver6((u8_t)i, &addr);
	}
}

static void bind_lease(struct client *c, const struct dhcp6_answer *a)
{
	c->offer = *a;
	if (!set_address(c, &a->lease)) {
		c->state = IDLE;
		return;
	}
	set_times(c, &a->lease);
	set_dns(c, a);
	c->state = BOUND;
	set_timer(c, c->t1);
}

/* --- what comes ------------------------------------------------------------------------------ */

static void on_reply(struct client *c, const struct dhcp6_answer *a)
{
	switch (c->state) {
	case INFORM:
		set_dns(c, a);
		c->informed = true;
		c->state = IDLE;
		set_timer(c, in_seconds(a->refresh == 0 ? REFRESH_DEFAULT
							: MAX(a->refresh, REFRESH_MIN)));
		break;
	case REQUEST:
	case RENEW:
	case REBIND:
		if (a->status == 0 && a->lease.valid != 0) {
			bind_lease(c, a);
		} else if (c->state == REQUEST || a->status != 0) {
			/* NoAddrsAvail, NoBinding, NotOnLink: from the start. */
			give_up_address(c);
			begin(c, SOLICIT);
		}
		break;
	case DECLINE:
		begin(c, SOLICIT);
		break;
	default:
		break;
	}
}

static void on_answer(struct client *c, const struct dhcp6_answer *a)
{
	/* 16: who it is from and for is said in each. */
	if (a->xid != c->xid || a->server_len == 0 || (!a->ours && c->state != INFORM)) {
		return;
	}
	/* 21.24: between a minute and a day. */
	if (a->sol_max_rt >= 60 && a->sol_max_rt <= 86400) {
		c->max_rt = a->sol_max_rt;
	}
	if (a->type == DHCP6_REPLY) {
		on_reply(c, a);
	} else if (a->type == DHCP6_ADVERTISE && c->state == SOLICIT && a->status == 0 &&
		   a->lease.valid != 0) {
		/* The first that has an address for us: the others would cost a second of waiting. */
		c->offer = *a;
		begin(c, REQUEST);
	}
}

static void on_packet(void *arg, struct udp_pcb *u, struct pbuf *p, const ip_addr_t *from,
		      u16_t port)
{
	struct client *c = client_of(ip_current_input_netif());
	struct dhcp6_answer a;
	uint8_t *m;

	(void)arg;
	(void)u;
	(void)from;
	(void)port;
	m = c == NULL ? NULL : kmalloc(p->tot_len);
	if (m != NULL) {
		pbuf_copy_partial(p, m, p->tot_len, 0);
		if (dhcp6_parse(m, p->tot_len, c->duid, sizeof(c->duid), iaid_of(c), &a)) {
			on_answer(c, &a);
		}
		kfree(m);
	}
	pbuf_free(p);
}

static void on_time(void *arg)
{
	struct client *c = arg;
	uint64_t now = time_now();

	switch (c->state) {
	case IDLE: /* the information is old */
		begin(c, INFORM);
		break;
	case BOUND:
		if (now < c->t1) {
			set_timer(c, c->t1);
		} else {
			begin(c, now < c->t2 ? RENEW : REBIND);
		}
		break;
	case RENEW:
		if (now >= c->t2) {
			begin(c, REBIND);
			break;
		}
		send_and_wait(c);
		break;
	case REBIND:
		if (now >= c->expires) {
			log_warn("dhcpv6: the lease has ended, and no server answers");
			give_up_address(c);
			begin(c, SOLICIT);
			break;
		}
		send_and_wait(c);
		break;
	case REQUEST:
	case DECLINE:
		if (c->tries == TRIES_MAX) {
			begin(c, SOLICIT);
			break;
		}
		send_and_wait(c);
		break;
	default:
		send_and_wait(c);
	}
}

/* --- from outside ------------------------------------------------------------------------------ */

static struct client *make_client(struct netif *f)
{
	struct client *c = kzalloc(sizeof(*c));

	if (c == NULL) {
		return NULL;
	}
	if (pcb == NULL) {
		pcb = udp_new_ip_type(IPADDR_TYPE_V6);
		if (pcb == NULL || udp_bind(pcb, IP6_ADDR_ANY, CLIENT_PORT) != ERR_OK) {
			kfree(c);
			return NULL;
		}
		udp_recv(pcb, on_packet, NULL);
	}
	c->netif = f;
	c->slot = NO_SLOT;
	c->max_rt = SOL_MAX_RT;
	c->duid[1] = 3; /* DUID-LL */
	c->duid[3] = 1; /* Ethernet */
	memcpy(&c->duid[4], f->hwaddr, 6);
	netif_set_client_data(f, LWIP_NETIF_CLIENT_DATA_INDEX_DHCP6, c);
	return c;
}

/* lwIP's up-call for each advertisement of a router. */
void dhcp6_nd6_ra_trigger(struct netif *f, u8_t managed, u8_t other)
{
	struct client *c = client_of(f);

	if (!managed && !other) {
		return;
	}
	if (c == NULL) {
		c = make_client(f);
		if (c == NULL) {
			log_error("dhcpv6: no memory for a client");
			return;
		}
	}
	if (managed && (c->state == IDLE || c->state == INFORM)) {
		begin(c, SOLICIT);
	} else if (!managed && c->state == IDLE && !c->informed) {
		begin(c, INFORM);
	}
}

/* The link is gone: on another one all is asked anew, when its router says so. The address stays until then. */
void net_dhcp6_link_down(struct netif *f)
{
	struct client *c = client_of(f);

	if (c != NULL) {
		set_timer(c, TIME_NEVER);
		c->state = IDLE;
		c->informed = false;
	}
}

bool net_dhcp6_gave(const struct netif *f, int slot)
{
	const struct client *c = client_of(f);

	return c != NULL && c->slot == slot && has_address(c);
}

/* 18.2.8: somebody else has it. */
void net_dhcp6_duplicate(struct netif *f, int slot)
{
	struct client *c = client_of(f);

	if (c != NULL && c->slot == slot && has_address(c)) {
		log_warn("dhcpv6: the address given is in use: asking for another");
		give_up_address(c);
		begin(c, DECLINE);
	}
}
