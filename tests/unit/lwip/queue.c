/* SPDX-License-Identifier: MIT */
/* What our patches of lwIP's TCP mend, by lwIP's own means of testing; part of test_lwip.c. */
#include "suites.h"

#include <lwip/priv/tcp_priv.h>
#include <tcp/tcp_helper.h>

static struct netif netif;
static struct test_tcp_txcounters sent;
static struct test_tcp_counters counters;
static struct netif *old_list;

static void setup(void)
{
	old_list = netif_list;
	netif_list = NULL;
	test_tcp_init_netif(&netif, &sent, &test_local_ip, &test_netmask);
}

static void teardown(void)
{
	tcp_remove_all();
	netif_list = old_list;
}

static u32_t seqno(const struct tcp_seg *seg)
{
	return lwip_ntohl(seg->tcphdr->seqno);
}

/* 100 and 1,000 bytes are on their way, and the 100 are to be sent again. */
static struct tcp_pcb *with_one_again(void)
{
	static u8_t data[1000];
	struct tcp_pcb *pcb = test_tcp_new_counters_pcb(&counters);

	tcp_set_state(pcb, ESTABLISHED, &test_local_ip, &test_remote_ip, 80, 40000);
	pcb->mss = TCP_MSS;
	pcb->cwnd = pcb->snd_wnd;
	tcp_nagle_disable(pcb);
	ck_assert(tcp_write(pcb, data, 100, TCP_WRITE_FLAG_COPY) == ERR_OK);
	ck_assert(tcp_output(pcb) == ERR_OK);
	ck_assert(tcp_write(pcb, data, 1000, TCP_WRITE_FLAG_COPY) == ERR_OK);
	ck_assert(tcp_output(pcb) == ERR_OK);
	ck_assert(pcb->unsent == NULL && pcb->unacked->len == 100);
	ck_assert(tcp_rexmit(pcb) == ERR_OK);
	ck_assert(pcb->unsent->len == 100 && pcb->unsent->next == NULL);
	return pcb;
}

START_TEST(test_write_behind_one_again)
{
	static u8_t data[200];
	struct tcp_pcb *pcb = with_one_again();
	u32_t start = pcb->snd_lbb;

	(void)_i;
	ck_assert(tcp_write(pcb, data, sizeof(data), TCP_WRITE_FLAG_COPY) == ERR_OK);
	ck_assert(pcb->unsent->len == 100);
	ck_assert(pcb->unsent->next->len == 200 && seqno(pcb->unsent->next) == start);
	/* Behind the newest one there is still room. */
	ck_assert(tcp_write(pcb, data, sizeof(data), TCP_WRITE_FLAG_COPY) == ERR_OK);
	ck_assert(pcb->unsent->next->len == 400 && pcb->unsent->next->next == NULL);
}
END_TEST

START_TEST(test_end_behind_one_again)
{
	struct tcp_pcb *pcb = with_one_again();
	u32_t end = pcb->snd_lbb;
	const struct tcp_seg *seg;

	(void)_i;
	ck_assert(tcp_shutdown(pcb, 0, 1) == ERR_OK);
	/* Both went out: the 100 without, and behind all the FIN. */
	ck_assert(pcb->unsent == NULL);
	for (seg = pcb->unacked; seg->next != NULL; seg = seg->next) {
		ck_assert((TCPH_FLAGS(seg->tcphdr) & TCP_FIN) == 0);
	}
	ck_assert(seqno(seg) == end && (TCPH_FLAGS(seg->tcphdr) & TCP_FIN) != 0);
}
END_TEST

Suite *queue_suite(void)
{
	testfunc tests[] = {
		TESTFUNC(test_write_behind_one_again),
		TESTFUNC(test_end_behind_one_again),
	};

	return create_suite("QUEUE", tests, 2, setup, teardown);
}
