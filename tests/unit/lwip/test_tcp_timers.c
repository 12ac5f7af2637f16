/* SPDX-License-Identifier: MIT */
/* TCP's timers run when something is due and at no other time: lwIP's TCP with our options, net/port/timeouts.c and
 * net/port/pcbs.c on a clock of our own, against a peer who says only what the test says.
 * sources: tests/unit/test.c tests/unit/lwip/port.c net/port/pcbs.c net/port/memp.c net/checksum.c tests/unit/host/kernel.c
	@lwip:core/def.c @lwip:core/dns.c @lwip:core/inet_chksum.c @lwip:core/init.c
	@lwip:core/ip.c @lwip:core/mem.c @lwip:core/netif.c @lwip:core/pbuf.c @lwip:core/raw.c
	@lwip:core/stats.c @lwip:core/tcp.c @lwip:core/tcp_in.c @lwip:core/tcp_out.c @lwip:core/udp.c
	@lwip:core/ipv4/acd.c @lwip:core/ipv4/dhcp.c @lwip:core/ipv4/etharp.c @lwip:core/ipv4/icmp.c
	@lwip:core/ipv4/igmp.c @lwip:core/ipv4/ip4.c @lwip:core/ipv4/ip4_addr.c @lwip:core/ipv4/ip4_frag.c
	@lwip:core/ipv6/ethip6.c @lwip:core/ipv6/icmp6.c @lwip:core/ipv6/inet6.c @lwip:core/ipv6/ip6.c
	@lwip:core/ipv6/ip6_addr.c @lwip:core/ipv6/ip6_frag.c @lwip:core/ipv6/mld6.c @lwip:core/ipv6/nd6.c
	@lwip:netif/ethernet.c
 * lwip: headers
 * libs: -Wl,--wrap=tcp_slowtmr -Wl,--wrap=tcp_fasttmr */
#include "../test.h"

#include "../../../net/port/timeouts.c"

#include <lwip/init.h>
#include <lwip/tcp.h>

#include "../host/host.h"

#define MS     NS_PER_MS
#define SECOND NS_PER_SEC
#define HOUR   (3600 * SECOND)
#define TICK   TCP_TICK
#define PEER   80
#define DATA   100

struct seen {
	uint64_t at;
	uint16_t port, len;
	uint8_t flags;
	uint32_t seq, ack;
};

static struct {
	uint64_t now, wake;
	unsigned slow, fast, wakes;
	struct seen sent[64];
	unsigned n;
	struct pbuf *held; /* by the device */
	bool hold;
	unsigned errors, polls;
	err_t error;
} m;

static struct netif netif;

/* --- the machine ---------------------------------------------------------------------------- */

uint64_t time_now(void)
{
	return m.now;
}

uint64_t time_to_counter(uint64_t ns)
{
	return ns;
}

uint64_t net_now(void)
{
	return m.now;
}

void net_wake_by(uint64_t at)
{
	m.wake = MIN(m.wake, at);
}

void __real_tcp_slowtmr(void);
void __real_tcp_fasttmr(void);
void __wrap_tcp_slowtmr(void);
void __wrap_tcp_fasttmr(void);

void __wrap_tcp_slowtmr(void)
{
	m.slow++;
	__real_tcp_slowtmr();
}

void __wrap_tcp_fasttmr(void)
{
	m.fast++;
	__real_tcp_fasttmr();
}

static void set_now(uint64_t now)
{
	m.now = host.counter = now;
}

/* As net/core.c: the lock is given back, a round begins and ends. */
static void unlock(void)
{
	if (tcp_due_news) {
		net_timers_news(m.now);
	}
}

static void begin_round(void)
{
	tcp_clock();
}

static void end_round(void)
{
	net_timers_run(m.now);
	m.wake = net_timers_next(m.now);
	unlock();
}

/* Everybody sleeps until then; the one timer wakes. */
static void sleep_until(uint64_t t)
{
	while (m.wake <= t) {
		set_now(MAX(m.now, m.wake));
		m.wakes++;
		begin_round();
		end_round();
		if (!CHECK(m.wake > m.now)) {
			break;
		}
	}
	set_now(t);
}

static void pass(uint64_t ns)
{
	sleep_until(m.now + ns);
}

static void count_anew(void)
{
	m.slow = m.fast = m.wakes = m.n = 0;
}

/* --- the link and the peer ------------------------------------------------------------------ */

static err_t output(struct netif *n, struct pbuf *p, const ip4_addr_t *to)
{
	uint8_t b[64];
	const struct tcp_hdr *h = (const struct tcp_hdr *)(b + IP_HLEN);

	(void)n;
	(void)to;
	pbuf_copy_partial(p, b, IP_HLEN + TCP_HLEN, 0);
	if (m.n < ARRAY_SIZE(m.sent)) {
		m.sent[m.n++] = (struct seen){
			.at = m.now,
			.port = lwip_ntohs(h->src),
			.flags = TCPH_FLAGS(h),
			.seq = lwip_ntohl(h->seqno),
			.ack = lwip_ntohl(h->ackno),
			.len = (uint16_t)(p->tot_len - IP_HLEN - TCPH_HDRLEN_BYTES(h)),
		};
	}
	if (m.hold) {
		pbuf_ref(p);
		m.held = p;
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

/* A segment of the peer's arrives at @port. */
static void says(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack, uint16_t wnd,
		 uint16_t len)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (uint16_t)(IP_HLEN + TCP_HLEN + len), PBUF_RAM);
	struct ip_hdr *ip = p->payload;
	struct tcp_hdr *h = (struct tcp_hdr *)(ip + 1);

	memset(p->payload, 0, p->len);
	IPH_VHL_SET(ip, 4, IP_HLEN / 4);
	IPH_LEN_SET(ip, lwip_htons(p->tot_len));
	IPH_TTL_SET(ip, 64);
	IPH_PROTO_SET(ip, IP_PROTO_TCP);
	IP4_ADDR(&ip->src, 10, 0, 0, 2);
	IP4_ADDR(&ip->dest, 10, 0, 0, 1);
	h->src = lwip_htons(PEER);
	h->dest = lwip_htons(port);
	h->seqno = lwip_htonl(seq);
	h->ackno = lwip_htonl(ack);
	TCPH_HDRLEN_FLAGS_SET(h, TCP_HLEN / 4, flags);
	h->wnd = lwip_htons(wnd);
	CHECK_EQ(ip4_input(p, &netif), ERR_OK);
}

static void hears(const struct tcp_pcb *pcb, uint8_t flags, uint32_t ack, uint16_t wnd,
		  uint16_t len)
{
	begin_round();
	says(pcb->local_port, flags, pcb->rcv_nxt, ack, wnd, len);
	end_round();
}

static void acknowledge(const struct tcp_pcb *pcb)
{
	hears(pcb, TCP_ACK, pcb->snd_nxt, 8000, 0);
}

/* --- the application ------------------------------------------------------------------------ */

static void on_err(void *arg, err_t err)
{
	(void)arg;
	m.errors++;
	m.error = err;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	(void)pcb;
	return err;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg;
	if (p != NULL) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
	}
	return err;
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)arg;
	(void)pcb;
	m.polls++;
	return ERR_OK;
}

static struct tcp_pcb *calling(void)
{
	static uint16_t port = 40000;
	struct tcp_pcb *pcb = tcp_new();
	ip_addr_t to = IPADDR4_INIT_BYTES(10, 0, 0, 2);

	tcp_err(pcb, on_err);
	tcp_recv(pcb, on_recv);
	CHECK_EQ(tcp_bind(pcb, IP_ANY_TYPE, ++port), ERR_OK);
	CHECK_EQ(tcp_connect(pcb, &to, PEER, on_connected), ERR_OK);
	unlock();
	return pcb;
}

/* An established connection, which has sent and received, long ago. */
static struct tcp_pcb *opened(void)
{
	struct tcp_pcb *pcb = calling();

	begin_round();
	says(pcb->local_port, TCP_SYN | TCP_ACK, 1000, pcb->snd_nxt, 8000, 0);
	end_round();
	CHECK_EQ(pcb->state, ESTABLISHED);
	pass(60 * SECOND);
	count_anew();
	return pcb;
}

static uint64_t rto_of(const struct tcp_pcb *pcb)
{
	return (uint16_t)pcb->rto * TICK;
}

static void sends(struct tcp_pcb *pcb)
{
	static uint8_t data[DATA];

	CHECK_EQ(tcp_write(pcb, data, DATA, TCP_WRITE_FLAG_COPY), ERR_OK);
	CHECK_EQ(tcp_output(pcb), ERR_OK);
	unlock();
}

/* --- each test begins on a machine of its own ----------------------------------------------- */

static void start_at(uint64_t now)
{
	static bool once;
	ip4_addr_t addr, mask, gw;

	while (tcp_active_pcbs != NULL) {
		tcp_abort(tcp_active_pcbs);
	}
	while (tcp_tw_pcbs != NULL) {
		tcp_abort(tcp_tw_pcbs);
	}
	while (tcp_listen_pcbs.listen_pcbs != NULL) {
		tcp_close((struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs);
	}
	if (!once) {
		once = true;
		net_pools_init(64U << 20);
		lwip_init();
		IP4_ADDR(&addr, 10, 0, 0, 1);
		IP4_ADDR(&mask, 255, 255, 255, 0);
		IP4_ADDR(&gw, 0, 0, 0, 0);
		netif_add(&netif, &addr, &mask, &gw, NULL, init_netif, ip4_input);
		netif_set_default(&netif);
	}
	netif_set_up(&netif);
	memset(&m, 0, sizeof(m));
	keep_at = UINT32_MAX;
	leases_at = now; /* nobody has one */
	tcp.tick_end = 0;
	set_now(now);
	m.wake = TIME_NEVER;
	end_round();
}

static void start(void)
{
	start_at(1000 * SECOND + 30 * MS);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_idle(void)
{
	start();
	pass(HOUR);
	CHECK_EQ(m.wakes, 0);
	opened();
	pass(100 * HOUR);
	CHECK_EQ(m.wakes, 0);
	CHECK(tcp_timed_pcbs == NULL);
}

static void test_acknowledged(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	for (unsigned i = 0; i < 50; i++) {
		sends(pcb);
		pass(MS);
		acknowledge(pcb);
	}
	CHECK_EQ(m.wakes, 0);
	pass(HOUR);
	CHECK_EQ(m.n, 50);
	CHECK_EQ(m.wakes, 1);
	CHECK_EQ(m.fast, 0);
}

/* Sent again after the time-out, twice that and so on, and given up; each is one wake-up. */
static void unanswered(uint64_t at)
{
	struct tcp_pcb *pcb;
	uint64_t rto, last;
	unsigned i;

	start_at(at);
	pcb = opened();
	rto = rto_of(pcb);
	CHECK(rto >= TCP_RTO_MIN * MS && rto <= LWIP_TCP_RTO_TIME * MS);
	last = m.now;
	sends(pcb);
	for (i = 1; i <= TCP_MAXRTX; i++) {
		while (m.n <= i && m.now < last + 2 * HOUR) {
			sleep_until(m.wake);
		}
		CHECK_EQ(m.sent[i].seq, m.sent[0].seq);
		CHECK_EQ(m.sent[i].len, DATA);
		CHECK(m.sent[i].at - last <= rto);
		CHECK(m.sent[i].at - last > rto - TICK);
		CHECK_EQ(m.slow, i);
		rto = (unsigned)TCP_RTO(pcb) * TICK << MIN(i, 7U);
		CHECK_EQ(rto_of(pcb), rto);
		last = m.sent[i].at;
	}
	pass(HOUR);
	CHECK_EQ(m.errors, 1);
	CHECK_EQ(m.error, ERR_ABRT);
	CHECK_EQ(m.n, i);
	CHECK_EQ(m.slow, i); /* the last gave it up */
	CHECK_EQ(m.wakes, i);
}

static void test_retransmission(void)
{
	unanswered(1000 * SECOND);
	unanswered(1234 * SECOND + 99 * MS);
}

/* 13 years: lwIP's count of ticks is at its end, some retransmissions later. */
static void test_wrap(void)
{
	unanswered(((1ULL << 32) - 650) * TICK);
	CHECK(tcp_ticks < 1U << 31);
}

static void test_syn(void)
{
	uint64_t gap = LWIP_TCP_RTO_TIME * MS;

	start();
	calling();
	pass(HOUR);
	CHECK_EQ(m.n, 1 + TCP_SYNMAXRTX);
	for (unsigned i = 1; i < m.n; i++, gap *= 2) {
		CHECK_EQ(m.sent[i].flags, TCP_SYN);
		CHECK(m.sent[i].at - m.sent[i - 1].at <= gap);
		CHECK(m.sent[i].at - m.sent[i - 1].at > gap - TICK);
	}
	CHECK_EQ(m.errors, 1);
	CHECK_EQ(m.slow, m.n);
}

static void test_syn_received(void)
{
	struct tcp_pcb *l = tcp_new();

	start();
	tcp_bind(l, IP_ANY_TYPE, 7);
	l = tcp_listen(l);
	begin_round();
	says(7, TCP_SYN, 1, 0, 8000, 0);
	end_round();
	CHECK_EQ(m.n, 1);
	pass(TCP_SYN_RCVD_TIMEOUT * MS - MS);
	CHECK(tcp_active_pcbs != NULL);
	pass(2 * TICK);
	CHECK(tcp_active_pcbs == NULL);
	CHECK_EQ(m.slow, m.n); /* those that sent it again, and the last */
	tcp_close(l);
}

static void test_delayed_ack(void)
{
	struct tcp_pcb *pcb;
	uint64_t at;

	start();
	pcb = opened();
	at = m.now;
	hears(pcb, TCP_ACK, pcb->snd_nxt, 8000, 10);
	CHECK_EQ(m.n, 0);
	pass(HOUR);
	CHECK_EQ(m.n, 1);
	CHECK_EQ(m.sent[0].at - at, TCP_FAST_INTERVAL * MS);
	CHECK_EQ(m.sent[0].ack, pcb->rcv_nxt);
	CHECK_EQ(m.fast, 1);
	CHECK_EQ(m.wakes, 1);
	/* Another one says it for the first as well; and what is answered is not acknowledged again. */
	count_anew();
	hears(pcb, TCP_ACK, pcb->snd_nxt, 8000, 10);
	hears(pcb, TCP_ACK, pcb->snd_nxt, 8000, 10);
	CHECK_EQ(m.n, 1);
	hears(pcb, TCP_ACK, pcb->snd_nxt, 8000, 10);
	sends(pcb);
	acknowledge(pcb);
	pass(HOUR);
	CHECK_EQ(m.n, 2);
	CHECK_EQ(m.wakes, 2);
}

static void test_persist(void)
{
	static const unsigned times[] = { 1500, 3000, 6000, 12000, 24000, 48000, 60000, 60000 };
	struct tcp_pcb *pcb;
	uint64_t last;

	start();
	pcb = opened();
	hears(pcb, TCP_ACK, pcb->snd_nxt, 0, 0);
	sends(pcb);
	CHECK_EQ(m.n, 0);
	last = m.now;
	for (unsigned i = 0; i < ARRAY_SIZE(times); i++) {
		while (m.n <= i && m.now < last + HOUR) {
			sleep_until(m.wake);
		}
		CHECK_EQ(m.sent[i].len, 1);
		CHECK(m.sent[i].at - last <= times[i] * MS);
		CHECK(m.sent[i].at - last > times[i] * MS - TICK);
		CHECK_EQ(m.slow, i + 1);
		last = m.sent[i].at;
		hears(pcb, TCP_ACK, m.sent[i].seq, 0, 0);
	}
	CHECK_EQ(pcb->persist_probe, 0);
	count_anew();
	hears(pcb, TCP_ACK, m.sent[0].seq, 8000, 0);
	CHECK_EQ(m.n, 1);
	CHECK_EQ(m.sent[0].len, DATA);
	acknowledge(pcb);
	pass(HOUR);
	CHECK_EQ(m.n, 1);
}

/* Each at its own time, whoever began first. */
static void test_several(void)
{
	struct tcp_pcb *pcb[3];
	uint64_t began[3], rto[3];
	unsigned n[3] = { 0 };

	start();
	for (unsigned i = 0; i < 3; i++) {
		pcb[i] = opened();
	}
	sends(pcb[0]);
	pass(20 * SECOND); /* its time-out has grown */
	count_anew();
	for (unsigned i = 0; i < 3; i++) {
		rto[i] = rto_of(pcb[i]);
	}
	CHECK(rto[0] > 2 * rto[1]);
	for (unsigned i = 1; i < 3; i++) {
		pass(130 * MS);
		began[i] = m.now;
		sends(pcb[i]);
	}
	pass(rto[1] + TICK);
	for (unsigned i = 0; i < m.n; i++) {
		for (unsigned k = 1; k < 3; k++) {
			if (m.sent[i].port == pcb[k]->local_port && n[k]++ == 1) {
				CHECK(m.sent[i].at - began[k] <= rto[k]);
				CHECK(m.sent[i].at - began[k] > rto[k] - TICK);
			}
		}
	}
	CHECK_EQ(n[1], 2);
	CHECK_EQ(n[2], 2);
	CHECK(m.slow <= 4);
	CHECK_EQ(m.wakes, m.slow);
}

/* The first of two is acknowledged at once, so that the time-out of the second is shorter than when it began. */
static void test_shorter(void)
{
	struct tcp_pcb *pcb;
	uint64_t rto;

	start();
	pcb = opened();
	tcp_nagle_disable(pcb);
	rto = rto_of(pcb);
	sends(pcb);
	sends(pcb);
	CHECK_EQ(m.n, 2);
	hears(pcb, TCP_ACK, m.sent[1].seq, 8000, 0);
	CHECK(rto_of(pcb) < rto);
	pass(rto_of(pcb));
	CHECK_EQ(m.n, 3);
	CHECK_EQ(m.sent[2].seq, m.sent[1].seq);
}

/* Nobody looked at the clock for long, and then the application sends. */
static void test_late(void)
{
	struct tcp_pcb *other, *pcb;
	uint64_t at;

	start();
	other = opened();
	pcb = opened();
	tcp_close(other);
	unlock();
	acknowledge(other);
	pass(2 * SECOND);
	acknowledge(pcb);
	pass(10 * SECOND);
	CHECK(pcb->timed_pprev != NULL);
	count_anew();
	at = m.now;
	sends(pcb);
	pass(rto_of(pcb));
	CHECK_EQ(m.n, 2);
	CHECK(m.sent[1].at - at > (TCP_RTO_MIN - TCP_SLOW_INTERVAL) * MS);
}

static void test_paused(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	sends(pcb);
	set_now(m.now + 60 * SECOND);
	sleep_until(m.now);
	CHECK_EQ(m.n, 2); /* once, not as often as there was time for */
	CHECK_EQ(m.slow, 1);
	CHECK(m.wake > m.now + 2 * (TCP_RTO_MIN * MS - TICK));
	acknowledge(pcb);
	pass(SECOND);
	/* The answer was there already: nothing is sent again, and it was no round trip of a minute. */
	count_anew();
	sends(pcb);
	set_now(m.now + 60 * SECOND);
	acknowledge(pcb);
	CHECK_EQ(m.n, 1);
	CHECK(rto_of(pcb) <= 3 * SECOND);
	pass(HOUR);
	CHECK_EQ(m.n, 1);
}

static void test_fin_wait(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	tcp_close(pcb);
	unlock();
	CHECK_EQ(m.n, 1);
	acknowledge(pcb);
	CHECK_EQ(pcb->state, FIN_WAIT_2);
	pass(TCP_FIN_WAIT_TIMEOUT * MS - MS);
	CHECK(tcp_active_pcbs == pcb);
	pass(2 * TICK);
	CHECK(tcp_active_pcbs == NULL);
	CHECK(m.slow <= 2);
	/* It was half closed long ago. */
	pcb = opened();
	tcp_shutdown(pcb, 0, 1);
	unlock();
	acknowledge(pcb);
	pass(HOUR);
	CHECK(tcp_active_pcbs == pcb);
	CHECK(m.wakes <= 1);
	count_anew();
	tcp_close(pcb);
	unlock();
	pass(TCP_FIN_WAIT_TIMEOUT * MS - MS);
	CHECK(tcp_active_pcbs == pcb);
	pass(2 * TICK);
	CHECK(tcp_active_pcbs == NULL);
	CHECK_EQ(m.slow, 1);
}

static void test_last_ack(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	hears(pcb, TCP_ACK | TCP_FIN, pcb->snd_nxt, 8000, 0);
	pass(HOUR); /* silent for long */
	CHECK_EQ(pcb->state, CLOSE_WAIT);
	count_anew();
	tcp_close(pcb);
	unlock();
	CHECK_EQ(pcb->state, LAST_ACK);
	pass(2 * TCP_MSL * MS - MS);
	CHECK(tcp_active_pcbs == pcb);
	CHECK(m.n > 2); /* its FIN was sent again */
	CHECK_EQ(m.slow, m.n - 1);
	pass(2 * TICK);
	CHECK(tcp_active_pcbs == NULL);
}

static void test_time_wait(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	tcp_close(pcb);
	unlock();
	hears(pcb, TCP_ACK | TCP_FIN, pcb->snd_nxt, 8000, 0);
	CHECK(tcp_tw_pcbs == pcb);
	pass(2 * TCP_MSL * MS - MS);
	CHECK(tcp_tw_pcbs == pcb);
	pass(2 * TICK);
	CHECK(tcp_tw_pcbs == NULL);
	CHECK(m.wakes <= 2);
}

static void test_keep_alive(void)
{
	struct tcp_pcb *pcb;
	uint64_t since;

	start();
	pcb = opened();
	ip_set_option(pcb, SOF_KEEPALIVE);
	pcb->keep_idle = 10000;
	pcb->keep_intvl = 100000;
	pcb->keep_cnt = 2;
	acknowledge(pcb);
	tcp_keep_later(tcp_keep_due(pcb));
	unlock();
	since = m.now;
	pass(10 * SECOND + TICK);
	CHECK_EQ(m.n, 1);
	CHECK(m.sent[0].at - since >= 10 * SECOND);
	/* Answered: the next is for the next silence, not after the interval of unanswered ones. */
	acknowledge(pcb);
	pass(10 * SECOND + TICK);
	CHECK_EQ(m.n, 2);
	CHECK(m.wakes <= 4);
	/* Not answered: after the interval, and then it is given up. */
	count_anew();
	pass(101 * SECOND);
	CHECK_EQ(m.n, 1);
	pass(101 * SECOND);
	CHECK_EQ(m.errors, 1);
	CHECK(m.wakes <= 4);
}

static void test_poll(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	tcp_poll(pcb, on_poll, 55);
	unlock();
	pass(HOUR);
	CHECK_EQ(m.polls, 0); /* nothing waits */
	CHECK(m.wakes <= 1);
	sends(pcb);
	pass(5 * SECOND);
	acknowledge(pcb);
	sends(pcb);
	pass(54 * TICK);
	CHECK_EQ(m.polls, 0); /* there was progress */
	pass(TICK);
	CHECK_EQ(m.polls, 1);
	/* A window that stays closed is no progress. */
	hears(pcb, TCP_ACK, pcb->snd_nxt, 0, 0);
	sends(pcb);
	pass(54 * TICK);
	CHECK_EQ(m.polls, 1);
	pass(TICK);
	CHECK_EQ(m.polls, 2);
	/* Asked for while something waits already, and nothing else is due for long. */
	tcp_poll(pcb, NULL, 0);
	pass(300 * SECOND);
	tcp_poll(pcb, on_poll, 5);
	unlock();
	pass(5 * TICK);
	CHECK_EQ(m.polls, 3);
}

static void test_out_of_sequence(void)
{
	struct tcp_pcb *pcb;
	uint64_t limit;

	start();
	pcb = opened();
	limit = rto_of(pcb) * TCP_OOSEQ_TIMEOUT;
	begin_round();
	says(pcb->local_port, TCP_ACK, pcb->rcv_nxt + 10, pcb->snd_nxt, 8000, 10);
	end_round();
	CHECK(pcb->ooseq != NULL);
	pass(limit - TICK);
	CHECK(pcb->ooseq != NULL);
	pass(TICK);
	CHECK(pcb->ooseq == NULL);
	CHECK(m.wakes <= 2);
}

/* The device has not sent it yet: no use in giving it another one. */
static void test_busy(void)
{
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	m.hold = true;
	sends(pcb);
	m.hold = false;
	pass(10 * SECOND);
	CHECK_EQ(m.n, 1);
	CHECK(m.slow <= 10 * 1000 / TCP_RTO_MIN);
	pbuf_free(m.held);
	pass(TCP_RTO_MIN * MS);
	CHECK_EQ(m.n, 2);
}

static void test_no_route(void)
{
	static uint8_t data[DATA];
	struct tcp_pcb *pcb;

	start();
	pcb = opened();
	netif_set_down(&netif);
	tcp_write(pcb, data, DATA, TCP_WRITE_FLAG_COPY);
	CHECK_EQ(tcp_output(pcb), ERR_RTE);
	unlock();
	pass(3 * SECOND);
	CHECK_EQ(m.n, 0);
	CHECK(m.wakes <= 3);
	netif_set_up(&netif);
	pass(4 * SECOND);
	CHECK(m.n >= 1);
	CHECK_EQ(m.sent[0].len, DATA);
}

/* What waits for company does so for 200 ms at most. */
static void test_held(void)
{
	static uint8_t data[DATA];
	struct tcp_pcb *pcb;
	uint64_t at;

	start();
	pcb = opened();
	at = m.now;
	tcp_write(pcb, data, DATA, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE);
	tcp_due_in(TCP_HOLD_TICKS); /* net/tcp_io.c */
	unlock();
	CHECK_EQ(m.n, 0);
	pass(2 * TICK);
	CHECK_EQ(m.n, 1);
	CHECK(m.sent[0].at - at > TICK);
}

/* Many connections, at random: none is looked at late, and there are no more wake-ups than deadlines. */
static void test_at_random(void)
{
	struct tcp_pcb *pcb[8];
	unsigned made = 0;

	start();
	for (unsigned i = 0; i < ARRAY_SIZE(pcb); i++) {
		pcb[i] = opened();
	}
	for (unsigned step = 0; step < 4000; step++) {
		struct tcp_pcb *p = pcb[test_below(ARRAY_SIZE(pcb))];

		switch (test_below(4)) {
		case 0:
			if (p->snd_queuelen < 20) {
				sends(p);
				made++;
			}
			break;
		case 1:
			acknowledge(p);
			break;
		case 2:
			hears(p, TCP_ACK, p->lastack, (uint16_t)(8000 * test_below(2)), 5);
			made += 3;
			break;
		default:
			pass(test_below(400) * MS);
		}
		m.n = 0;
		for (unsigned i = 0; i < ARRAY_SIZE(pcb); i++) {
			CHECK(pcb[i]->rtime < 0 ||
			      m.now / TICK - pcb[i]->rtime_from <= (unsigned)pcb[i]->rto);
			CHECK((pcb[i]->flags & TF_ACK_DELAY) == 0 ||
			      tcp.fast_at <= m.now + TCP_FAST_INTERVAL * MS);
			if (pcb[i]->nrtx > 3) {
				acknowledge(pcb[i]);
			}
		}
	}
	CHECK(m.wakes < 2 * made);
	CHECK_EQ(m.errors, 0);
}

static const struct test tests[] = {
	{ "an idle connection wakes nobody", test_idle },
	{ "what is acknowledged in time leaves one wake-up", test_acknowledged },
	{ "a segment is sent again at its time-out, which doubles; nothing runs in between",
	  test_retransmission },
	{ "the same while the count of ticks wraps", test_wrap },
	{ "a SYN likewise", test_syn },
	{ "half open: for 20 s", test_syn_received },
	{ "a delayed acknowledgement comes after its delay", test_delayed_ack },
	{ "a closed window is probed, less and less often", test_persist },
	{ "connections with different deadlines", test_several },
	{ "a time-out that becomes shorter", test_shorter },
	{ "a time-out begins when the segment is sent", test_late },
	{ "a machine that stood still for a minute", test_paused },
	{ "FIN-WAIT-2 lasts 20 s from where it begins", test_fin_wait },
	{ "LAST-ACK lasts 10 s, also after a long silence", test_last_ack },
	{ "TIME-WAIT: 10 s, one wake-up", test_time_wait },
	{ "keep-alive probes", test_keep_alive },
	{ "the application is polled after so long without progress", test_poll },
	{ "data out of sequence are dropped after six time-outs", test_out_of_sequence },
	{ "what the device still has is not sent again", test_busy },
	{ "what found no route is sent later", test_no_route },
	{ "what waits for company goes by itself", test_held },
	{ "none is late, at random", test_at_random },
};

TEST_MAIN(tests)
