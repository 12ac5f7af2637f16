/* SPDX-License-Identifier: MIT */
/* Pipes: what goes in comes out in order, also round the ring's end; writes of up to PIPE_BUF are whole;
 * readiness, level and edge; an end that closes while the other blocks; many threads at once. */
#define _GNU_SOURCE
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FULL 65536

static char big[2 * FULL], back[2 * FULL];

static short events_of(int fd, short asked)
{
	struct pollfd p = { .fd = fd, .events = asked };

	poll(&p, 1, 0);
	return p.revents;
}

static void pause_ms(unsigned ms)
{
	usleep(ms * 1000);
}

static void test_simple(void)
{
	struct iovec out[3] = { { (void *)"ab", 2 }, { (void *)"", 0 }, { (void *)"cde", 3 } };
	struct iovec in[2] = { { back, 1 }, { back + 8, 10 } };
	struct stat st;
	int p[2], n = -1;

	is(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0, "pipe2");
	ok((fcntl(p[0], F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(p[1], F_GETFL) & O_NONBLOCK) != 0,
	   "with its flags");
	fails(read(p[0], back, 1), EAGAIN, "nothing to read yet");
	is(read(p[0], back, 0), 0, "nothing asked for, nothing read");
	is(write(p[1], "", 0), 0, "nothing written");
	is(events_of(p[0], POLLIN), 0, "which is not to be read");
	is(writev(p[1], out, 3), 5, "three buffers, one empty");
	ok(ioctl(p[0], FIONREAD, &n) == 0 && n == 5, "FIONREAD");
	is(readv(p[0], in, 2), 5, "into two others");
	ok(back[0] == 'a' && memcmp(back + 8, "bcde", 4) == 0, "in order");
	fails(write(p[0], "x", 1), EBADF, "the reading end is not written");
	fails(read(p[1], back, 1), EBADF, "nor the writing end read");
	fails(lseek(p[0], 0, SEEK_SET), ESPIPE, "a pipe has no position");
	fails(pread(p[0], back, 1, 0), ESPIPE, "for pread() neither");
	ok(fstat(p[0], &st) == 0 && S_ISFIFO(st.st_mode), "fstat() says what it is");
	fails(pipe2(p, 0x12345678), EINVAL, "unknown flags");
	close(p[0]);
	close(p[1]);
	fails(fcntl(0, F_GETPIPE_SZ), EBADF, "what is no pipe has no pipe's size");
}

static void test_full(void)
{
	int p[2];
	ssize_t n, total = 0;

	pipe2(p, O_NONBLOCK);
	is(fcntl(p[1], F_GETPIPE_SZ), FULL, "64 KiB");
	is(write(p[1], big, FULL + 100), FULL, "more than fits is written in part");
	fails(write(p[1], big, 1), EAGAIN, "full");
	is(events_of(p[1], POLLOUT), 0, "as poll() says");
	is(read(p[0], back, 100), 100, "with 100 bytes of room");
	fails(write(p[1], big, 101), EAGAIN, "a small write is whole or not at all");
	is(write(p[1], big, PIPE_BUF + 4000), 100, "a large one goes in part");
	is(read(p[0], back, 100), 100, "again");
	is(write(p[1], big, 100), 100, "what fits goes");
	is(read(p[0], back, 4095), 4095, "a byte less than a page");
	is(events_of(p[1], POLLOUT), 0, "is not enough for POLLOUT");
	is(read(p[0], back, 1), 1, "that byte");
	is(events_of(p[1], POLLOUT), POLLOUT, "is");
	while ((n = read(p[0], back, sizeof(back))) > 0) {
		total += n;
	}
	is(total, FULL - 4096, "the rest");
	close(p[0]);
	close(p[1]);
}

/* Sizes that share no factor with the ring's, so that its end falls everywhere. */
static void test_wrap(void)
{
	unsigned in = 0, out = 0;
	bool good = true;
	int p[2];

	pipe2(p, O_NONBLOCK);
	is(fcntl(p[0], F_SETPIPE_SZ, 1), 4096, "the smallest pipe");
	for (int round = 0; round < 2000; round++) {
		unsigned char b[997], c[1009];
		size_t n = (size_t)(round * 7 % 997) + 1;
		ssize_t r;

		for (size_t i = 0; i < n; i++) {
			b[i] = (unsigned char)(in + i);
		}
		r = write(p[1], b, n);
		in += r > 0 ? (unsigned)r : 0;
		r = read(p[0], c, (size_t)(round * 13 % 1009) + 1);
		for (ssize_t i = 0; i < r; i++) {
			good = good && c[i] == (unsigned char)(out + i);
		}
		out += r > 0 ? (unsigned)r : 0;
	}
	while (read(p[0], back, 1) == 1) {
		good = good && (unsigned char)back[0] == (unsigned char)out++;
	}
	ok(good && in == out && in > 100000, "bytes come in order, round and round (%u, %u)", in,
	   out);
	close(p[0]);
	close(p[1]);
}

static void test_size(void)
{
	int p[2];

	pipe2(p, O_NONBLOCK);
	memset(big, 'x', 10000);
	is(write(p[1], big, 10000), 10000, "10,000 bytes");
	fails(fcntl(p[1], F_SETPIPE_SZ, 8192), EBUSY, "do not fit a smaller pipe");
	is(fcntl(p[1], F_SETPIPE_SZ, 16384), 16384, "but this one");
	is(write(p[1], big, 10000), 6384, "which holds no more");
	is(fcntl(p[1], F_SETPIPE_SZ, 100000), 131072, "larger, rounded up");
	is(events_of(p[1], POLLOUT), POLLOUT, "it has room again");
	is(write(p[1], big, sizeof(big)), 131072 - 16384, "that much");
	is(read(p[0], back, sizeof(back)), 131072, "all comes out");
	fails(fcntl(p[1], F_SETPIPE_SZ, 1 << 30), EPERM, "too large");
	close(p[0]);
	close(p[1]);
}

static void test_ends(void)
{
	int p[2];

	pipe(p);
	write(p[1], "left", 4);
	close(p[1]);
	is(events_of(p[0], POLLIN), POLLIN | POLLHUP, "no writer any more, and data");
	is(read(p[0], back, 10), 4, "which is read");
	is(read(p[0], back, 10), 0, "then comes the end");
	is(read(p[0], back, 10), 0, "and stays");
	is(events_of(p[0], POLLIN), POLLHUP, "nothing to read but the end");
	close(p[0]);
	pipe(p);
	close(p[0]);
	is(events_of(p[1], POLLOUT), POLLOUT | POLLERR, "no reader any more");
	fails(write(p[1], "x", 1), EPIPE, "a write");
	is(write(p[1], "x", 0), 0, "of nothing is none");
	close(p[1]);
}

static void test_edges(void)
{
	struct epoll_event in = { .events = EPOLLIN | EPOLLET }, e[4];
	struct epoll_event out = { .events = EPOLLOUT | EPOLLET };
	int p[2], ep = epoll_create1(0);

	pipe2(p, O_NONBLOCK);
	in.data.fd = p[0];
	out.data.fd = p[1];
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &in);
	epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &out);
	ok(epoll_wait(ep, e, 4, 0) == 1 && e[0].events == EPOLLOUT, "edge: there is room");
	is(epoll_wait(ep, e, 4, 0), 0, "told once");
	write(p[1], "a", 1);
	ok(epoll_wait(ep, e, 4, 0) == 1 && e[0].events == EPOLLIN, "edge: data");
	write(p[1], "b", 1);
	is(epoll_wait(ep, e, 4, 0), 1, "more data is another");
	is(read(p[0], back, 1), 1, "reading");
	is(epoll_wait(ep, e, 4, 0), 0, "is none");
	is(write(p[1], big, FULL), FULL - 1, "fill it");
	epoll_wait(ep, e, 4, 0);
	read(p[0], back, 4095);
	is(epoll_wait(ep, e, 4, 0), 0, "not yet room enough");
	read(p[0], back, 10);
	ok(epoll_wait(ep, e, 4, 0) == 1 && e[0].events == EPOLLOUT, "edge: room again");
	close(p[1]);
	ok(epoll_wait(ep, e, 4, 0) == 1 && (e[0].events & EPOLLHUP) != 0, "edge: the end");
	close(p[0]);
	close(ep);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct job {
	int fd;
	size_t n;
	ssize_t result;
	int error;
};

static void *reads(void *arg)
{
	struct job *j = arg;

	j->result = read(j->fd, back, j->n);
	j->error = errno;
	return NULL;
}

static void *writes(void *arg)
{
	struct job *j = arg;

	j->result = write(j->fd, big, j->n);
	j->error = errno;
	return NULL;
}

static void test_blocking(void)
{
	struct job j = { .n = 100 };
	pthread_t t;
	int p[2];

	pipe(p);
	j.fd = p[0];
	pthread_create(&t, NULL, reads, &j);
	pause_ms(5);
	write(p[1], "hello", 5);
	pthread_join(t, NULL);
	is(j.result, 5, "a blocked reader gets what comes");
	pthread_create(&t, NULL, reads, &j);
	pause_ms(5);
	close(p[1]);
	pthread_join(t, NULL);
	is(j.result, 0, "or the end");
	close(p[0]);

	pipe(p);
	j = (struct job){ .fd = p[1], .n = 2 * FULL };
	for (size_t i = 0; i < sizeof(big); i++) {
		big[i] = (char)(i * 31 >> 3);
	}
	pthread_create(&t, NULL, writes, &j);
	for (size_t got = 0; got < 2 * FULL;) {
		ssize_t n = read(p[0], back + got, 1000);

		if (n <= 0) {
			break;
		}
		got += (size_t)n;
	}
	pthread_join(t, NULL);
	ok(j.result == 2 * FULL && memcmp(big, back, sizeof(big)) == 0,
	   "a blocked writer writes all of twice the capacity");
	fcntl(p[0], F_SETPIPE_SZ, 4096);
	write(p[1], big, 4096);
	j.n = 10;
	pthread_create(&t, NULL, writes, &j);
	pause_ms(5);
	read(p[0], back, 10);
	pthread_join(t, NULL);
	is(j.result, 10, "a small write waits for its own size, not for a page");
	j.n = 100000;
	pthread_create(&t, NULL, writes, &j);
	pause_ms(5);
	close(p[0]);
	pthread_join(t, NULL);
	ok(j.result == -1 && j.error == EPIPE, "a blocked writer whose reader goes gets EPIPE");
	close(p[1]);
}

#define WRITERS 4
#define RECORDS 300
#define RECORD	160

static int shared[2];
static _Atomic unsigned torn, seen[WRITERS];

static void *record_writer(void *arg)
{
	char r[RECORD];

	for (unsigned i = 0; i < RECORDS; i++) {
		memset(r, (int)((uintptr_t)arg + 1), sizeof(r));
		if (write(shared[1], r, sizeof(r)) != sizeof(r)) {
			torn++;
		}
	}
	return NULL;
}

static void *record_reader(void *arg)
{
	char r[RECORD];

	/* Readers of whole records get whole ones, as every write is one. */
	while (read(shared[0], r, sizeof(r)) == sizeof(r)) {
		for (int i = 1; i < RECORD; i++) {
			torn += r[i] != r[0];
		}
		seen[(r[0] - 1) & (WRITERS - 1)]++;
	}
	return arg;
}

static void test_many(void)
{
	pthread_t w[WRITERS], r[WRITERS];
	bool all = true;

	pipe(shared);
	fcntl(shared[0], F_SETPIPE_SZ, 4096);
	for (uintptr_t i = 0; i < WRITERS; i++) {
		pthread_create(&r[i], NULL, record_reader, NULL);
		pthread_create(&w[i], NULL, record_writer, (void *)i);
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(w[i], NULL);
	}
	close(shared[1]);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(r[i], NULL);
	}
	for (int i = 0; i < WRITERS; i++) {
		all = all && seen[i] == RECORDS;
	}
	ok(all && torn == 0, "four writers, four readers: every record whole and once");
	close(shared[0]);
}

/* A token goes round a ring of pipes, each blocked on by one thread: a lost wake-up stops it. */
#define RING 6
#define LAPS 200

static int ring[RING][2];

static void *passes_on(void *arg)
{
	int i = (int)(intptr_t)arg;
	char c;

	for (int lap = 0; lap < LAPS && read(ring[i][0], &c, 1) == 1; lap++) {
		c++;
		write(ring[(i + 1) % RING][1], &c, 1);
	}
	return NULL;
}

static void test_ring(void)
{
	pthread_t t[RING];
	char c = 0;

	for (int i = 0; i < RING; i++) {
		pipe(ring[i]);
		pthread_create(&t[i], NULL, passes_on, (void *)(intptr_t)i);
	}
	write(ring[0][1], &c, 1);
	for (int i = 0; i < RING; i++) {
		pthread_join(t[i], NULL);
	}
	ok(read(ring[0][0], &c, 1) == 1 && c == (char)(RING * LAPS), "the token came round");
	for (int i = 0; i < RING; i++) {
		close(ring[i][0]);
		close(ring[i][1]);
	}
}

int main(void)
{
	test_simple();
	test_full();
	test_wrap();
	test_size();
	test_ends();
	test_edges();
	test_blocking();
	test_many();
	test_ring();
	return tap_done();
}
