/* SPDX-License-Identifier: MIT */
/* Header prediction (third_party/patches/lwip/0031): what is expected goes a short way, all else the long one, and both
 * do the same. Two connections are told the same, one of them with an option that says nothing: its segments all go
 * the long way.
 * sources: tests/unit/test.c tests/unit/lwip/port.c tests/unit/lwip/ticks.c net/port/pcbs.c net/port/memp.c net/checksum.c tests/unit/host/kernel.c
	@lwip:core/def.c @lwip:core/dns.c @lwip:core/inet_chksum.c @lwip:core/init.c
	@lwip:core/ip.c @lwip:core/mem.c @lwip:core/netif.c @lwip:core/pbuf.c @lwip:core/raw.c
	@lwip:core/stats.c @lwip:core/tcp.c @lwip:core/tcp_out.c @lwip:core/udp.c
	@lwip:core/ipv4/acd.c @lwip:core/ipv4/dhcp.c @lwip:core/ipv4/etharp.c @lwip:core/ipv4/icmp.c
	@lwip:core/ipv4/igmp.c @lwip:core/ipv4/ip4.c @lwip:core/ipv4/ip4_addr.c @lwip:core/ipv4/ip4_frag.c
	@lwip:core/ipv6/ethip6.c @lwip:core/ipv6/icmp6.c @lwip:core/ipv6/inet6.c @lwip:core/ipv6/ip6.c
	@lwip:core/ipv6/ip6_addr.c @lwip:core/ipv6/ip6_frag.c @lwip:core/ipv6/mld6.c @lwip:core/ipv6/nd6.c
	@lwip:netif/ethernet.c
 * lwip: headers */
#include "../test.h"

#include "../../../net/net.h"

/* For its statics; it lies beside the headers. */
#include <../core/tcp_in.c>

#include <lwip/init.h>

#define PORT	40000 /* of the one, and the next of the other */
#define PEER	80
#define NOPS	4
#define SENT	64
#define ROUNDS	200
#define STEPS	300
#define LARGEST 3000
#define MSS	1456

struct sent {
	uint32_t seq, ack;
	uint16_t wnd, len;
	uint8_t flags;
};

/* A connection, and all that it gave out. */
struct side {
	struct tcp_pcb *pcb;
	struct sent sent[SENT];
	unsigned n;
	uint32_t received, acked, hash, held; /* held: received and not yet given back */
	unsigned eofs, errors;
	bool refuses;
};

static struct side side[2]; /* [0] goes either way, [1] the long one */
static struct netif netif;
static uint8_t bytes[LARGEST];

/* --- the link ------------------------------------------------------------------------------- */

static err_t output(struct netif *n, struct pbuf *p, const ip4_addr_t *to)
{
	uint8_t b[IP_HLEN + TCP_HLEN];
	const struct tcp_hdr *h = (const struct tcp_hdr *)(b + IP_HLEN);
	struct side *s;

	(void)n;
	(void)to;
	pbuf_copy_partial(p, b, sizeof(b), 0);
	s = &side[lwip_ntohs(h->src) - PORT];
	if (s->n < SENT) {
		s->sent[s->n++] = (struct sent){
			.seq = lwip_ntohl(h->seqno),
			.ack = lwip_ntohl(h->ackno),
			.wnd = lwip_ntohs(h->wnd),
			.len = (uint16_t)(p->tot_len - IP_HLEN - TCPH_HDRLEN_BYTES(h)),
			.flags = TCPH_FLAGS(h),
		};
	}
	return ERR_OK;
}

static err_t init_netif(struct netif *n)
{
	n->output = output;
	n->mtu = 1500;
	n->flags = NETIF_FLAG_LINK_UP;
	NETIF_SET_CHECKSUM_CTRL(n, NETIF_CHECKSUM_DISABLE_ALL);
	return ERR_OK;
}

struct segment {
	uint32_t seq, ack;
	uint16_t wnd, len;
	uint8_t flags;
};

/* It arrives at side @i. */
static void arrives(unsigned i, const struct segment *seg)
{
	uint16_t head = (uint16_t)(IP_HLEN + TCP_HLEN + (i == 1 ? NOPS : 0));
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (uint16_t)(head + seg->len), PBUF_RAM);
	struct ip_hdr *ip = p->payload;
	struct tcp_hdr *h = (struct tcp_hdr *)(ip + 1);

	memset(p->payload, 0, head);
	memset(h + 1, LWIP_TCP_OPT_NOP, head - IP_HLEN - TCP_HLEN);
	memcpy((uint8_t *)p->payload + head, bytes, seg->len);
	IPH_VHL_SET(ip, 4, IP_HLEN / 4);
	IPH_LEN_SET(ip, lwip_htons(p->tot_len));
	IPH_TTL_SET(ip, 64);
	IPH_PROTO_SET(ip, IP_PROTO_TCP);
	IP4_ADDR(&ip->src, 10, 0, 0, 2);
	IP4_ADDR(&ip->dest, 10, 0, 0, 1);
	h->src = lwip_htons(PEER);
	h->dest = lwip_htons((uint16_t)(PORT + i));
	h->seqno = lwip_htonl(seg->seq);
	h->ackno = lwip_htonl(seg->ack);
	TCPH_HDRLEN_FLAGS_SET(h, (head - IP_HLEN) / 4, seg->flags);
	h->wnd = lwip_htons(seg->wnd);
	CHECK_EQ(ip4_input(p, &netif), ERR_OK);
}

/* --- the applications ----------------------------------------------------------------------- */

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct side *s = arg;

	(void)pcb;
	if (p == NULL) {
		s->eofs++;
		return ERR_OK;
	}
	if (s->refuses) {
		return ERR_MEM;
	}
	for (u16_t i = 0; i < p->tot_len; i++) {
		s->hash = s->hash * 31 + pbuf_get_at(p, i);
	}
	s->received += p->tot_len;
	s->held += p->tot_len;
	pbuf_free(p);
	return err;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	(void)pcb;
	((struct side *)arg)->acked += len;
	return ERR_OK;
}

static void on_err(void *arg, err_t err)
{
	struct side *s = arg;

	(void)err;
	s->errors++;
	s->pcb = NULL;
}

static void gives_back(struct side *s)
{
	while (s->held > 0) {
		u16_t n = (u16_t)LWIP_MIN(s->held, 0xffffU);

		s->held -= n;
		tcp_recved(s->pcb, n);
	}
}

/* --- both begin alike ----------------------------------------------------------------------- */

static void begin_once(void)
{
	ip4_addr_t addr, mask, gw;

	net_pools_init(64U << 20);
	lwip_init();
	IP4_ADDR(&addr, 10, 0, 0, 1);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gw, 0, 0, 0, 0);
	netif_add(&netif, &addr, &mask, &gw, NULL, init_netif, ip4_input);
	netif_set_default(&netif);
	netif_set_up(&netif);
	for (unsigned i = 0; i < LARGEST; i++) {
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	}
}

/* Established, nothing on its way; the sequence numbers begin at these. */
static void establish(unsigned i, uint32_t snd, uint32_t rcv)
{
	struct side *s = &side[i];
	struct tcp_pcb *pcb = tcp_new();
	ip_addr_t to = IPADDR4_INIT_BYTES(10, 0, 0, 2);
	struct segment syn = { .flags = TCP_SYN | TCP_ACK, .wnd = 8000 };

	memset(s, 0, sizeof(*s));
	s->pcb = pcb;
	tcp_arg(pcb, s);
	tcp_err(pcb, on_err);
	tcp_recv(pcb, on_recv);
	tcp_sent(pcb, on_sent);
	CHECK_EQ(tcp_bind(pcb, IP_ANY_TYPE, (u16_t)(PORT + i)), ERR_OK);
	CHECK_EQ(tcp_connect(pcb, &to, PEER, NULL), ERR_OK);
	syn.seq = rcv - 1;
	syn.ack = pcb->snd_nxt;
	arrives(i, &syn);
	CHECK_EQ(pcb->state, ESTABLISHED);
	CHECK_EQ(pcb->rcv_nxt, rcv);
	pcb->mss = MSS; /* the peer said none */
	pcb->cwnd = 10 * MSS;
	pcb->snd_nxt = pcb->snd_lbb = pcb->lastack = pcb->snd_wl2 = snd;
	pcb->recover = pcb->rtseq = snd;
	s->n = 0;
}

static void start(uint32_t snd, uint32_t rcv)
{
	static bool once;

	if (!once) {
		begin_once();
		once = true;
	}
	while (tcp_active_pcbs != NULL) {
		tcp_abort(tcp_active_pcbs);
	}
	while (tcp_tw_pcbs != NULL) {
		tcp_abort(tcp_tw_pcbs);
	}
	establish(0, snd, rcv);
	establish(1, snd, rcv);
}

static void writes(unsigned i, uint16_t n)
{
	CHECK_EQ(tcp_write(side[i].pcb, bytes, n, TCP_WRITE_FLAG_COPY), ERR_OK);
	CHECK_EQ(tcp_output(side[i].pcb), ERR_OK);
}

/* Would it go the short way at side 0? */
static bool is_short(const struct segment *seg, uint16_t options)
{
	seqno = seg->seq;
	ackno = seg->ack;
	flags = seg->flags;
	tcplen = (u16_t)(seg->len + ((seg->flags & (TCP_FIN | TCP_SYN)) != 0));
	tcphdr_optlen = options;
	return tcp_is_expected(side[0].pcb) != 0;
}

/* --- what is expected ----------------------------------------------------------------------- */

static void check_ways(uint32_t snd, uint32_t rcv)
{
	struct tcp_pcb *pcb;
	struct tcp_seg seg = { .next = NULL };

	start(snd, rcv);
	pcb = side[0].pcb;
	writes(0, 1000);

#define SAYS(f, s, a, l)                                                                           \
	is_short(                                                                                  \
		&(struct segment){ .flags = (f), .seq = rcv + (s), .ack = snd + (a), .len = (l) }, \
		0)
	/* Data, acknowledgements of all or a part, both. */
	CHECK(SAYS(TCP_ACK, 0, 0, 100));
	CHECK(SAYS(TCP_ACK | TCP_PSH, 0, 1000, 100));
	CHECK(SAYS(TCP_ACK, 0, 1000, 0));
	CHECK(SAYS(TCP_ACK, 0, 1, 0));
	/* Neither; what was never sent; what is old. */
	CHECK(!SAYS(TCP_ACK, 0, 0, 0));
	CHECK(!SAYS(TCP_ACK, 0, 1001, 0));
	CHECK(!SAYS(TCP_ACK, 0, 1001, 100));
	CHECK(!SAYS(TCP_ACK, 0, -1U, 100));
	/* Other flags; no acknowledgement. */
	CHECK(!SAYS(TCP_ACK | TCP_FIN, 0, 1000, 100));
	CHECK(!SAYS(TCP_ACK | TCP_SYN, 0, 1000, 100));
	CHECK(!SAYS(TCP_ACK | TCP_RST, 0, 1000, 100));
	CHECK(!SAYS(TCP_ACK | TCP_URG, 0, 1000, 100));
	CHECK(!SAYS(TCP_PSH, 0, 1000, 100));
	/* Ahead, old, overlapping. */
	CHECK(!SAYS(TCP_ACK, 1, 1000, 100));
	CHECK(!SAYS(TCP_ACK, -1U, 1000, 100));
	CHECK(!SAYS(TCP_ACK, -100U, 1000, 100));
	/* An option. */
	CHECK(!is_short(&(struct segment){ .flags = TCP_ACK, .seq = rcv, .ack = snd, .len = 100 },
			NOPS));

#define NOT_WHILE(set, unset)                        \
	do {                                         \
		set;                                 \
		CHECK(!SAYS(TCP_ACK, 0, 1000, 100)); \
		CHECK(!SAYS(TCP_ACK, 0, 1000, 0));   \
		unset;                               \
		CHECK(SAYS(TCP_ACK, 0, 1000, 100));  \
	} while (0)
	NOT_WHILE(pcb->state = CLOSE_WAIT, pcb->state = ESTABLISHED);
	NOT_WHILE(pcb->state = FIN_WAIT_1, pcb->state = ESTABLISHED);
	NOT_WHILE(pcb->state = SYN_RCVD, pcb->state = ESTABLISHED);
	NOT_WHILE(pcb->ooseq = &seg, pcb->ooseq = NULL);
	NOT_WHILE(tcp_set_flags(pcb, TF_INFR), tcp_clear_flags(pcb, TF_INFR));
	NOT_WHILE(tcp_set_flags(pcb, TF_RTO), tcp_clear_flags(pcb, TF_RTO));
	NOT_WHILE(tcp_set_flags(pcb, TF_RXCLOSED), tcp_clear_flags(pcb, TF_RXCLOSED));
	NOT_WHILE(pcb->keep_cnt_sent = 1, pcb->keep_cnt_sent = 0);
	NOT_WHILE(pcb->rcv_wnd = 0, pcb->rcv_wnd = 101);
	/* The window we know is of something newer. */
	NOT_WHILE(pcb->snd_wl1 = rcv + 1, pcb->snd_wl1 = rcv);
	NOT_WHILE(pcb->snd_wl2 = snd + 1001, pcb->snd_wl2 = snd);
#undef NOT_WHILE
	/* As much as there is room for goes the long way, and more. */
	CHECK(SAYS(TCP_ACK, 0, 1000, 100));
	CHECK(!SAYS(TCP_ACK, 0, 1000, 101));
	CHECK(!SAYS(TCP_ACK, 0, 1000, 102));
	pcb->rcv_wnd = TCP_WND;
#undef SAYS
}

static void test_ways(void)
{
	check_ways(6510, 1000);
}

static void test_ways_wrap(void)
{
	check_ways((uint32_t)-500, (uint32_t)-50);
	check_ways(0, 0);
	check_ways((uint32_t)-1000, (uint32_t)-100);
	check_ways(0x80000000U - 500, 0x80000000U - 50);
}

/* --- both ways do the same ------------------------------------------------------------------ */

static unsigned segments(const struct tcp_seg *seg)
{
	unsigned n = 0;

	for (; seg != NULL; seg = seg->next) {
		n = n * 65537 + seg->len;
	}
	return n;
}

static void check_alike(void)
{
	const struct side *a = &side[0], *b = &side[1];
	const struct tcp_pcb *p = a->pcb, *q = b->pcb;

	CHECK_EQ(a->received, b->received);
	CHECK_EQ(a->acked, b->acked);
	CHECK_EQ(a->hash, b->hash);
	CHECK_EQ(a->eofs, b->eofs);
	CHECK_EQ(a->errors, b->errors);
	CHECK_EQ(a->n, b->n);
	CHECK(memcmp(a->sent, b->sent, a->n * sizeof(a->sent[0])) == 0);
	CHECK_EQ(p == NULL, q == NULL);
	if (p == NULL || q == NULL) {
		return;
	}
#define SAME(field) CHECK_EQ(p->field, q->field)
	SAME(state);
	SAME(flags);
	SAME(tmr);
	SAME(polltmr);
	SAME(rcv_nxt);
	SAME(rcv_wnd);
	SAME(rcv_ann_wnd);
	SAME(rcv_ann_right_edge);
	SAME(rtime);
	SAME(rtime_from);
	SAME(rttest);
	SAME(rtseq);
	SAME(sa);
	SAME(sv);
	SAME(rto);
	SAME(nrtx);
	SAME(dupacks);
	SAME(lastack);
	SAME(recover);
	SAME(rto_end);
	SAME(cwnd);
	SAME(ssthresh);
	SAME(bytes_acked);
	SAME(snd_nxt);
	SAME(snd_wl1);
	SAME(snd_wl2);
	SAME(snd_lbb);
	SAME(snd_wnd);
	SAME(snd_wnd_max);
	SAME(snd_buf);
	SAME(snd_queuelen);
	SAME(unsent_oversize);
	SAME(persist_backoff);
	SAME(persist_probe);
	SAME(keep_cnt_sent);
#undef SAME
	CHECK_EQ(segments(p->unsent), segments(q->unsent));
	CHECK_EQ(segments(p->unacked), segments(q->unacked));
	CHECK_EQ(segments(p->ooseq), segments(q->ooseq));
	CHECK_EQ(p->refused_data == NULL, q->refused_data == NULL);
}

/* What a peer may say, mostly what he should. */
static struct segment any_segment(const struct tcp_pcb *pcb)
{
	static const uint8_t odd[] = { TCP_ACK | TCP_FIN, TCP_ACK | TCP_RST, TCP_ACK | TCP_URG,
				       TCP_PSH,		  TCP_SYN,	     TCP_ACK | TCP_PSH };
	uint32_t on_way = pcb->snd_nxt - pcb->lastack;
	struct segment s = { .seq = pcb->rcv_nxt, .flags = TCP_ACK, .wnd = 8000 };

	s.ack = test_below(3) == 0 ? pcb->snd_nxt : pcb->lastack + test_below(on_way + 1);
	s.len = test_below(2) == 0 ? 0 : (uint16_t)(1 + test_below(LARGEST));
	switch (test_below(24)) {
	case 0:
		s.seq += test_below(2 * MSS);
		break;
	case 1:
		s.seq -= test_below(2 * MSS);
		break;
	case 2:
		s.ack += test_below(2 * MSS);
		break;
	case 3:
		s.ack -= test_below(2 * MSS);
		break;
	case 4:
		s.wnd = (uint16_t)(test_below(3) * 4000);
		break;
	case 5:
		s.ack = pcb->lastack;
		s.len = 0;
		break;
	case 6:
		s.flags = odd[test_below(sizeof(odd))];
		s.seq += s.flags == (TCP_ACK | TCP_RST) && test_below(4) != 0 ? 1 : 0;
		s.flags &= test_below(4) != 0 ? (uint8_t)~TCP_FIN : 0xffU;
		break;
	default:
		break;
	}
	return s;
}

static unsigned ways[2]; /* how many segments went the short one and the long one */

static void step(void)
{
	struct segment seg;
	unsigned what = test_below(16);
	uint16_t n = (uint16_t)(1 + test_below(LARGEST));

	if (what >= 6) {
		seg = any_segment(side[0].pcb);
		ways[!(is_short(&seg, 0) && side[0].pcb->refused_data == NULL)]++;
	}
	if (what == 0) {
		tcp_tmr(); /* for both */
	}
	for (unsigned i = 0; i < 2; i++) {
		if (side[i].pcb == NULL) {
			continue;
		}
		if (what >= 6) {
			arrives(i, &seg);
		} else if (what == 1) {
			side[i].refuses = n % 4 == 0;
		} else if (what == 2) {
			gives_back(&side[i]);
		} else if (what >= 3 && side[i].pcb->snd_queuelen < 16 &&
			   side[i].pcb->state == ESTABLISHED) {
			writes(i, n);
		}
	}
}

static void test_alike(void)
{
	unsigned closed = 0;

	test_seed(31);
	for (unsigned round = 0; round < ROUNDS; round++) {
		start((uint32_t)test_random(), (uint32_t)test_random());
		for (unsigned i = 0; i < STEPS && side[0].pcb != NULL; i++) {
			side[0].n = side[1].n = 0;
			step();
			check_alike();
		}
		closed += side[0].pcb == NULL || side[0].pcb->state != ESTABLISHED;
	}
	CHECK(ways[0] > 2000 && ways[1] > 2000);
	CHECK(closed > 0);
	printf("# %u segments went the short way, %u the long one\n", ways[0], ways[1]);
}

/* The same from just before the numbers wrap to behind it, without any loss. */
static void test_alike_wrap(void)
{
	start((uint32_t)-5000, (uint32_t)-5000);
	for (unsigned i = 0; i < 50; i++) {
		struct segment seg = { .seq = side[0].pcb->rcv_nxt,
				       .flags = TCP_ACK | TCP_PSH,
				       .wnd = 8000,
				       .len = 700 };

		side[0].n = side[1].n = 0;
		writes(0, 600);
		writes(1, 600);
		seg.ack = side[0].pcb->snd_nxt;
		CHECK(is_short(&seg, 0));
		arrives(0, &seg);
		arrives(1, &seg);
		gives_back(&side[0]);
		gives_back(&side[1]);
		check_alike();
	}
	CHECK_EQ(side[0].received, 50 * 700);
	CHECK_EQ(side[0].acked, 50 * 600);
}

/* Every second segment is acknowledged at once (RFC 9293, 3.8.6.3), the first after its delay. */
static void test_delayed_ack(void)
{
	struct segment seg = { .flags = TCP_ACK, .wnd = 8000, .len = 100 };
	struct tcp_pcb *pcb;

	start(1, 1);
	pcb = side[0].pcb;
	seg.ack = pcb->lastack;
	for (unsigned i = 0; i < 4; i++) {
		seg.seq = pcb->rcv_nxt;
		CHECK(is_short(&seg, 0));
		arrives(0, &seg);
		CHECK_EQ(side[0].n, (i + 1) / 2);
	}
	seg.seq = pcb->rcv_nxt;
	arrives(0, &seg);
	CHECK_EQ(side[0].n, 2);
	CHECK((pcb->flags & TF_ACK_DELAY) != 0);
	tcp_fasttmr();
	CHECK_EQ(side[0].n, 3);
	CHECK_EQ(side[0].sent[2].ack, pcb->rcv_nxt);
	/* What was merged out of several is acknowledged at once. */
	seg.seq = pcb->rcv_nxt;
	seg.len = 2 * MSS + 1;
	CHECK(is_short(&seg, 0));
	arrives(0, &seg);
	CHECK_EQ(side[0].n, 4);
}

static void test_refused(void)
{
	struct segment seg = { .flags = TCP_ACK, .wnd = 8000, .len = 100 };
	struct tcp_pcb *pcb;

	start(1, 1);
	pcb = side[0].pcb;
	seg.ack = pcb->lastack;
	seg.seq = pcb->rcv_nxt;
	side[0].refuses = true;
	CHECK(is_short(&seg, 0));
	arrives(0, &seg);
	CHECK(pcb->refused_data != NULL);
	CHECK_EQ(pcb->rcv_nxt, 101);
	/* The next one is dropped while it still is, then both arrive. */
	seg.seq = pcb->rcv_nxt;
	arrives(0, &seg);
	CHECK_EQ(pcb->rcv_nxt, 101);
	CHECK_EQ(side[0].received, 0);
	side[0].refuses = false;
	arrives(0, &seg);
	CHECK(pcb->refused_data == NULL);
	CHECK_EQ(side[0].received, 200);
}

static const struct test tests[] = {
	{ "data that are next and acknowledgements of new data go the short way, all else the long "
	  "one",
	  test_ways },
	{ "the same where sequence numbers wrap", test_ways_wrap },
	{ "both ways do the same, at random", test_alike },
	{ "both ways do the same where sequence numbers wrap", test_alike_wrap },
	{ "acknowledgements are delayed as ever", test_delayed_ack },
	{ "data that the application refuses wait", test_refused },
};

TEST_MAIN(tests)
