/* SPDX-License-Identifier: MIT */
/* A thread on each other CPU: computes, calls the kernel for what is its own, or uses the network. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "work.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CPUS_MAX   8
#define MESSAGE	   64
#define NAP_ROUNDS 64
#define NAP_NS	   50000

/* One thread's own: nobody else writes into its cache lines. */
struct own {
	_Alignas(128) _Atomic uint64_t rounds;
	const struct work *work;
	pthread_mutex_t lock;
	uint64_t value;
	int in, out; /* sockets */
};

static struct own own_of[CPUS_MAX];

struct sockaddr_in work_sink = { .sin_family = AF_INET };

/* --- compute: not one call ------------------------------------------------------------------- */

static void compute(void *arg)
{
	struct own *own = arg;

	for (unsigned i = 0; i < 1000; i++) {
		own->value = own->value * 6364136223846793005U + 1442695040888963407U;
	}
}

/* --- calls: memory, a mutex and timers, none of them shared ---------------------------------- */

static bool begin_calls(void *arg)
{
	struct own *own = arg;

	return pthread_mutex_init(&own->lock, NULL) == 0;
}

static void calls(void *arg)
{
	struct own *own = arg;
	struct timespec t = { .tv_nsec = NAP_NS };
	void *volatile p = malloc(own->rounds % 16 == 0 ? 8192 : 100);

	free(p);
	pthread_mutex_lock(&own->lock);
	own->value++;
	pthread_mutex_unlock(&own->lock);
	if (own->value % NAP_ROUNDS == 0) {
		nanosleep(&t, NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
}

/* --- the network: datagrams to itself, a stream to itself, datagrams out of the card --------- */

static bool bound(int fd, struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);

	*a = (struct sockaddr_in){ .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return fd >= 0 && bind(fd, (struct sockaddr *)a, sizeof(*a)) == 0 &&
	       getsockname(fd, (struct sockaddr *)a, &len) == 0;
}

static bool begin_udp(void *arg)
{
	struct own *own = arg;
	struct sockaddr_in a;

	own->in = own->out = socket(AF_INET, SOCK_DGRAM, 0);
	return bound(own->in, &a) && connect(own->in, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static bool begin_tcp(void *arg)
{
	struct own *own = arg;
	struct sockaddr_in a;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	own->out = socket(AF_INET, SOCK_STREAM, 0);
	if (!bound(listener, &a) || listen(listener, 1) != 0 ||
	    connect(own->out, (struct sockaddr *)&a, sizeof(a)) != 0) {
		return false;
	}
	own->in = accept(listener, NULL, NULL);
	close(listener);
	return own->in >= 0;
}

static void pass(int from, int to)
{
	char message[MESSAGE] = { 0 };

	if (send(from, message, sizeof(message), 0) != MESSAGE ||
	    recv(to, message, sizeof(message), 0) <= 0) {
		abort();
	}
}

/* Both ways: a stream that goes one way alone would stand still until an acknowledgement is late. */
static void there_and_back(void *arg)
{
	struct own *own = arg;

	pass(own->out, own->in);
	pass(own->in, own->out);
}

static bool begin_send(void *arg)
{
	struct own *own = arg;

	own->out = socket(AF_INET, SOCK_DGRAM, 0);
	return own->out >= 0 &&
	       connect(own->out, (struct sockaddr *)&work_sink, sizeof(work_sink)) == 0;
}

static void send_out(void *arg)
{
	struct own *own = arg;
	char message[MESSAGE] = { 0 };

	/* It may find no room, and then waits for some. */
	if (send(own->out, message, sizeof(message), 0) != MESSAGE) {
		sched_yield();
	}
}

/* --- the threads ------------------------------------------------------------------------------- */

static const struct work works[] = {
	{ "none", NULL, NULL },
	{ "compute", compute, NULL },
	{ "calls", calls, begin_calls },
	{ "udp", there_and_back, begin_udp },
	{ "tcp", there_and_back, begin_tcp },
	{ "send", send_out, begin_send },
};

const struct work *work_find(const char *name)
{
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (strcmp(works[i].name, name) == 0) {
			return &works[i];
		}
	}
	return NULL;
}

static void *run(void *arg)
{
	struct own *own = arg;

	if (own->work->begin != NULL && !own->work->begin(own)) {
		abort();
	}
	for (;;) {
		own->work->round(own);
		own->rounds++;
	}
	return NULL;
}

static cpu_set_t only(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return set;
}

static bool start_on(unsigned cpu, const struct work *w)
{
	cpu_set_t set = only(cpu);
	pthread_attr_t a;
	pthread_t t;

	own_of[cpu].work = w;
	pthread_attr_init(&a);
	pthread_attr_setaffinity_np(&a, sizeof(set), &set);
	return pthread_create(&t, &a, run, &own_of[cpu]) == 0;
}

bool work_start(const struct work *w)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t first = only(0);

	if (pthread_setaffinity_np(pthread_self(), sizeof(first), &first) != 0) {
		return false;
	}
	for (unsigned cpu = 1; w->round != NULL && cpu < cpus && cpu < CPUS_MAX; cpu++) {
		if (!start_on(cpu, w)) {
			return false;
		}
	}
	return true;
}

uint64_t work_rounds(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < CPUS_MAX; i++) {
		sum += own_of[i].rounds;
	}
	return sum;
}
