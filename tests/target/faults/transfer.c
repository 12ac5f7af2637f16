/* SPDX-License-Identifier: MIT */
/* One connection's transfers. */
#include "faults.h"

#include <errno.h>
#include <kernel/poller.h>
#include <kernel/time.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK	16384
#define PERIOD	251 /* byte @i of the pattern is i mod this: a lost or doubled piece shows */
#define LINE	64
#define GUARD_S 3

struct transfer {
	int fd;
	unsigned char block[BLOCK];
};

static unsigned char pattern[BLOCK + PERIOD];

static _Atomic unsigned long rounds;

static bool count_round(struct poller *p)
{
	(void)p;
	rounds++;
	return false;
}

static bool no_work(struct poller *p)
{
	(void)p;
	return false;
}

static struct poller counter = { .poll = count_round, .arm = no_work };

void transfer_init(void)
{
	poller_register(&counter);
	for (unsigned i = 0; i < sizeof(pattern); i++) {
		pattern[i] = (unsigned char)(i % PERIOD);
	}
}

static const unsigned char *pattern_at(uint64_t at)
{
	return pattern + at % PERIOD;
}

static size_t next_block(uint64_t n, uint64_t done)
{
	return n - done < BLOCK ? (size_t)(n - done) : BLOCK;
}

static void report(const char *what, uint64_t done, uint64_t n)
{
	printf("%s: %s after %llu of %llu bytes\n", what, strerror(errno), (unsigned long long)done,
	       (unsigned long long)n);
	fflush(stdout);
}

static int give(const struct transfer *t, uint64_t n)
{
	for (uint64_t done = 0; done < n;) {
		ssize_t r = send(t->fd, pattern_at(done), next_block(n, done), MSG_NOSIGNAL);

		if (r <= 0) {
			report("get", done, n);
			return 0;
		}
		done += (uint64_t)r;
	}
	return 1;
}

static int take(struct transfer *t, uint64_t n)
{
	for (uint64_t done = 0; done < n;) {
		ssize_t r = recv(t->fd, t->block, next_block(n, done), 0);

		if (r <= 0) {
			errno = r == 0 ? ECONNABORTED : errno;
			report("put", done, n);
			return 0;
		}
		if (memcmp(t->block, pattern_at(done), (size_t)r) != 0) {
			errno = EBADMSG;
			report("put", done, n);
			return 0;
		}
		done += (uint64_t)r;
	}
	return 1;
}

static int guard(int fd)
{
	const int one = 1, seconds = 1, count = GUARD_S - 1, ms = GUARD_S * 1000;

	return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds)) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds)) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) == 0 &&
	       setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)) == 0;
}

/* False at the end. */
static int read_line(int fd, char *line)
{
	size_t i = 0;

	while (i + 1 < LINE) {
		ssize_t r = recv(fd, line + i, 1, 0);

		if (r <= 0) {
			if (r < 0) {
				report("line", i, LINE);
			}
			return 0;
		}
		if (line[i] == '\n') {
			break;
		}
		i++;
	}
	line[i] = '\0';
	return 1;
}

static uint64_t free_kib(void)
{
	return (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* False when there is no going on. @line is the command, and then the answer. */
static int command(struct transfer *t, char *line)
{
	const char *number = strchr(line, ' ');
	uint64_t n = number == NULL ? 0 : strtoull(number, NULL, 10);

	if (strncmp(line, "get ", 4) == 0 ? !give(t, n)
					  : strncmp(line, "put ", 4) == 0 && !take(t, n)) {
		return 0;
	}
	if (strncmp(line, "hold ", 5) == 0) {
		sleep((unsigned)n);
		snprintf(line, LINE, "held\n");
	} else if (strcmp(line, "guard") == 0) {
		snprintf(line, LINE, "%s\n", guard(t->fd) ? "guarded" : strerror(errno));
	} else if (strcmp(line, "rounds") == 0) {
		snprintf(line, LINE, "%lu %llu\n", rounds,
			 (unsigned long long)(time_now() / NS_PER_MS));
	} else if (strcmp(line, "free") == 0) {
		snprintf(line, LINE, "%llu\n", (unsigned long long)free_kib());
	} else {
		snprintf(line, LINE, "done %llu\n", (unsigned long long)n);
	}
	return send(t->fd, line, strlen(line), MSG_NOSIGNAL) > 0;
}

void transfer_serve(int fd)
{
	struct transfer *t = malloc(sizeof(*t));
	char line[LINE];

	if (t == NULL) {
		report("malloc", 0, sizeof(*t));
		return;
	}
	t->fd = fd;
	while (read_line(fd, line) && command(t, line)) {
	}
	free(t);
}
