/* SPDX-License-Identifier: MIT */
/* lwIP's connections by address, so that a segment finds its own at the same cost among ten thousand, and
 * the list of those that its timers must look at, so that idle ones cost nothing. Under net_lock. */
#include "../net.h"

#include <kernel/alloc.h>
#include <kernel/rand.h>
#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>
#include <string.h>

#define FIRST_BITS 6
#define LAST_BITS  16

struct tcp_pcb *tcp_timed_pcbs;

static struct tcp_pcb *first_heads[1U << FIRST_BITS];

static struct {
	struct tcp_pcb **heads;
	unsigned bits, count;
	uint32_t key[6];
} table = { .heads = first_heads, .bits = FIRST_BITS };

/* Of TIME-WAIT: where the next one is linked. */
static struct tcp_pcb **tw_end = &tcp_tw_pcbs;

void net_pcbs_init(void)
{
	rand_bytes(table.key, sizeof(table.key));
}

/* NH (Black et al. 1999) with keys that nobody outside knows: nobody can choose who collides. */
static inline uint32_t hash(const ip_addr_t *remote, uint32_t ports)
{
	const uint32_t *k = table.key;
	uint64_t h;

	if (!IP_IS_V6_VAL(*remote)) {
		h = (uint64_t)(ip_2_ip4(remote)->addr + k[0]) * (ports + k[1]);
	} else {
		const uint32_t *w = ip_2_ip6(remote)->addr;

		h = (uint64_t)(w[0] + k[2]) * (w[1] + k[3]) +
		    (uint64_t)(w[2] + k[4]) * (w[3] + k[5]) + (uint64_t)(ports + k[0]) * k[1];
	}
	/* The product's low bits depend on its factors' low bits alone. */
	return (uint32_t)(h >> (64 - LAST_BITS) ^ h >> (32 - LAST_BITS / 2)) &
	       ((1U << table.bits) - 1);
}

static inline uint32_t ports_of(uint16_t remote, uint16_t local)
{
	return (uint32_t)remote << 16 | local;
}

static void insert(struct tcp_pcb *pcb)
{
	struct tcp_pcb **head =
		&table.heads[hash(&pcb->remote_ip, ports_of(pcb->remote_port, pcb->local_port))];

	pcb->hash_next = *head;
	pcb->hash_pprev = head;
	if (*head != NULL) {
		(*head)->hash_pprev = &pcb->hash_next;
	}
	*head = pcb;
}

/* Twice the size, if there is memory: chains stay about as long as one. */
static void grow(void)
{
	struct tcp_pcb **old = table.heads;
	size_t n = 1UL << table.bits;
	struct tcp_pcb **heads = kzalloc(2 * n * sizeof(*heads));

	if (heads == NULL) {
		return;
	}
	table.heads = heads;
	table.bits++;
	for (size_t i = 0; i < n; i++) {
		for (struct tcp_pcb *pcb = old[i], *next; pcb != NULL; pcb = next) {
			next = pcb->hash_next;
			insert(pcb);
		}
	}
	if (old != first_heads) {
		kfree(old);
	}
}

void tcp_hash_add(struct tcp_pcb *pcb)
{
	if (++table.count > 1U << table.bits && table.bits < LAST_BITS) {
		grow();
	}
	insert(pcb);
	tcp_timed(pcb);
	pcb->tmr = tcp_ticks; /* what it was made with may have stood still for long */
}

void tcp_hash_del(struct tcp_pcb *pcb)
{
	if (pcb->hash_pprev == NULL) {
		return;
	}
	*pcb->hash_pprev = pcb->hash_next;
	if (pcb->hash_next != NULL) {
		pcb->hash_next->hash_pprev = pcb->hash_pprev;
	}
	pcb->hash_pprev = NULL;
	table.count--;
	if (pcb->timed_pprev != NULL) {
		tcp_timed_del(pcb);
	}
}

struct tcp_pcb *tcp_hash_find(const struct tcp_hdr *hdr)
{
	const ip_addr_t *from = ip_current_src_addr(), *to = ip_current_dest_addr();
	struct tcp_pcb *pcb = table.heads[hash(from, ports_of(hdr->src, hdr->dest))];

	for (; pcb != NULL; pcb = pcb->hash_next) {
		if (pcb->remote_port == hdr->src && pcb->local_port == hdr->dest &&
		    ip_addr_eq(&pcb->remote_ip, from) && ip_addr_eq(&pcb->local_ip, to) &&
		    (pcb->netif_idx == NETIF_NO_INDEX ||
		     pcb->netif_idx == netif_get_index(ip_current_input_netif()))) {
			break;
		}
	}
	return pcb;
}

void tcp_timed_add(struct tcp_pcb *pcb)
{
	if (pcb->hash_pprev == NULL || pcb->state == TIME_WAIT) {
		return;
	}
	tcp_clock();
	if (tcp_timed_pcbs == NULL) {
		tcp_slow_due = tcp_ticks + TCP_NEVER; /* it was of others */
		tcp_due_news = 1;
	}
	pcb->timed_next = tcp_timed_pcbs;
	pcb->timed_pprev = &tcp_timed_pcbs;
	if (pcb->timed_next != NULL) {
		pcb->timed_next->timed_pprev = &pcb->timed_next;
	}
	tcp_timed_pcbs = pcb;
}

void tcp_timed_del(struct tcp_pcb *pcb)
{
	*pcb->timed_pprev = pcb->timed_next;
	if (pcb->timed_next != NULL) {
		pcb->timed_next->timed_pprev = pcb->timed_pprev;
	}
	pcb->timed_pprev = NULL;
}

void tcp_reg_tw(struct tcp_pcb *pcb)
{
	pcb->next = NULL;
	pcb->pprev = tw_end;
	*tw_end = pcb;
	tw_end = &pcb->next;
	tcp_hash_add(pcb);
}

void tcp_rmv_tw(struct tcp_pcb *pcb)
{
	if (pcb->next == NULL) {
		tw_end = pcb->pprev;
	}
	TCP_RMV(&tcp_tw_pcbs, pcb);
	tcp_hash_del(pcb);
}
