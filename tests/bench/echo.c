/* SPDX-License-Identifier: MIT */
/* echo IFNAME MAC WINDOW MILLISECONDS: raw Ethernet frames to MAC and back, for tests/bench/floor.
 *
 * Keeps WINDOW frames of 64 bytes on their way; each that comes back is replaced by another. Those that
 * do not for a tenth of a second are lost, and made good. Prints one line of JSON: the round trips, the time
 * that they took in us, frames lost, and percentiles of a round trip in us. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TYPE	   0x88b5
#define SIZE	   64
#define BATCH	   64
#define WINDOW_MAX 256
#define LOST_MS	   100
#define US_MAX	   1000000U

struct frame {
	uint8_t to[6], from[6];
	uint16_t type;
	uint32_t session; /* frames of an earlier run are not ours */
	uint64_t sent_ns __attribute__((packed));
	uint8_t rest[SIZE - 26];
} __attribute__((packed));
_Static_assert(sizeof(struct frame) == SIZE, "a whole frame");

static struct {
	int fd;
	struct frame model;
	uint64_t trips, lost;
	uint32_t by_us[US_MAX];
} e;

static void die(const char *what)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void open_socket(const char *name)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(TYPE) };
	int one = 1;

	e.fd = socket(AF_PACKET, SOCK_RAW, htons(TYPE));
	a.sll_ifindex = (int)if_nametoindex(name);
	if (e.fd < 0 || a.sll_ifindex == 0 || bind(e.fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		die(name);
	}
	setsockopt(e.fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
}

static void send_frames(unsigned n)
{
	static struct frame out[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];

	while (n > 0) {
		unsigned k = n < BATCH ? n : BATCH;
		int sent;

		memset(m, 0, sizeof(m));
		for (unsigned i = 0; i < k; i++) {
			out[i] = e.model;
			out[i].sent_ns = now_ns();
			v[i] = (struct iovec){ &out[i], SIZE };
			m[i].msg_hdr.msg_iov = &v[i];
			m[i].msg_hdr.msg_iovlen = 1;
		}
		sent = sendmmsg(e.fd, m, k, 0);
		if (sent < 0 && errno != ENOBUFS && errno != EINTR) {
			die("send");
		}
		n -= sent < 0 ? 0 : (unsigned)sent;
	}
}

static int by_age(uint64_t now, const struct frame *f)
{
	uint64_t us = (now - f->sent_ns) / 1000;

	if (f->session != e.model.session) {
		return 0;
	}
	e.by_us[us < US_MAX ? us : US_MAX - 1]++;
	e.trips++;
	return 1;
}

/* Returns how many came back, waiting for the first. */
static unsigned receive_frames(void)
{
	static struct frame in[BATCH];
	struct pollfd p = { .fd = e.fd, .events = POLLIN };
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	unsigned mine = 0;
	uint64_t now;
	int n;

	if (poll(&p, 1, LOST_MS) <= 0) {
		return 0;
	}
	memset(m, 0, sizeof(m));
	for (unsigned i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ &in[i], SIZE };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(e.fd, m, BATCH, MSG_DONTWAIT, NULL);
	now = now_ns();
	for (int i = 0; i < n; i++) {
		mine += m[i].msg_len == SIZE && by_age(now, &in[i]);
	}
	return mine;
}

static unsigned percentile(double part)
{
	uint64_t below = 0;

	for (unsigned us = 0; us < US_MAX; us++) {
		below += e.by_us[us];
		if ((double)below >= part * (double)e.trips) {
			return us;
		}
	}
	return US_MAX;
}

static void run(unsigned window, uint64_t ms)
{
	uint64_t began = now_ns(), end = began + ms * 1000000U, us;
	unsigned out = window;

	send_frames(window);
	while (now_ns() < end) {
		unsigned n = receive_frames();

		if (n == 0) {
			e.lost += out;
			out = 0;
		}
		out -= n < out ? n : out;
		send_frames(window - out);
		out = window;
	}
	us = (now_ns() - began) / 1000;
	/* Those under way are the guest's work as well. */
	while (out > 0) {
		unsigned n = receive_frames();

		if (n == 0) {
			break;
		}
		out -= n < out ? n : out;
	}
	printf("{\"trips\": %llu, \"us\": %llu, \"lost\": %llu, \"p50\": %u, \"p99\": %u, "
	       "\"p999\": %u}\n",
	       (unsigned long long)e.trips, (unsigned long long)us, (unsigned long long)e.lost,
	       percentile(0.5), percentile(0.99), percentile(0.999));
}

int main(int argc, char **argv)
{
	uint8_t *to = e.model.to;
	unsigned window;

	if (argc != 5 || sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &to[0], &to[1], &to[2],
				&to[3], &to[4], &to[5]) != 6) {
		fprintf(stderr, "usage: echo IFNAME MAC WINDOW MILLISECONDS\n");
		return 2;
	}
	window = (unsigned)atoi(argv[3]);
	window = window == 0 ? 1 : window > WINDOW_MAX ? WINDOW_MAX : window;
	memcpy(e.model.from, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	e.model.type = htons(TYPE);
	e.model.session = (uint32_t)getpid();
	open_socket(argv[1]);
	run(window, strtoull(argv[4], NULL, 10));
	return 0;
}
