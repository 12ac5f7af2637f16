/* SPDX-License-Identifier: MIT */
/* Reads, writes and syncs that the host asks for, a line each on the console:
 *
 *	NAME KIND PATH FLAGS THREADS BYTES SPAN OPERATIONS
 *
 * The program makes all ready, prints "READY NAME", waits for any line, does the operations and prints
 * "DONE NAME OPERATIONS NS P50 P99", so that the host can count the guest's instructions between the two. KIND is nothing,
 * read, write, fsync (a write and an fsync() each) or insert (insert.c). FLAGS: r places at random, not one after the other;
 * d O_DIRECT; w what is to be read is in memory; c is not; s an fsync() at the end; t each operation is timed, -: none.
 * POSIX alone, but for how memory of files is emptied. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mount.h>
#else
#include <linux/fs.h>
#endif

#define DISK	   "/dev/vda" /* what has all of it */
#define FILL_BYTES 65536U
#define STACK	   65536U

bool has(const struct phase *p, char flag)
{
	return strchr(p->flags, flag) != NULL;
}

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void fail(const char *what)
{
	printf("FAILED %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- before a phase ------------------------------------------------------------------------------ */

static void *memory(size_t n)
{
	void *p;

	if (posix_memalign(&p, 4096, n) != 0) {
		fail("memory");
	}
	memset(p, 0x5a, n);
	return p;
}

/* A file has all its bytes, on the disk, before it is measured. */
static void fill(const struct phase *p)
{
	int fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct stat st;
	char *buf;

	if (fd < 0 || fstat(fd, &st) != 0) {
		fail(p->path);
	}
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < p->span) {
		buf = memory(FILL_BYTES);
		for (uint64_t at = 0; at < p->span; at += FILL_BYTES) {
			if (pwrite(fd, buf, FILL_BYTES, (off_t)at) != FILL_BYTES) {
				fail(p->path);
			}
		}
		free(buf);
	}
	if (fsync(fd) != 0) {
		fail(p->path);
	}
	close(fd);
}

static void empty_memory(void)
{
#ifdef __linux__
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	if (fd < 0 || write(fd, "3", 1) != 1) {
		fail("drop_caches");
	}
#else
	int fd = open(DISK, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, BLKFLSBUF, 0) != 0) {
		fail("BLKFLSBUF");
	}
#endif
	close(fd);
}

static void read_all(const struct phase *p, int fd)
{
	char *buf = memory(FILL_BYTES);

	/* Twice, in small parts: a cache that lets a scan pass by is warm as well. */
	for (uint64_t at = 0; at < 2 * p->span; at += 4096) {
		if (pread(fd, buf, 4096, (off_t)(at % p->span)) != 4096) {
			fail(p->path);
		}
	}
	free(buf);
}

/* --- a phase --------------------------------------------------------------------------------------- */

static struct phase phase;
static int fd;
static bool at_random;
static uint32_t *times; /* of each operation, or NULL */
static pthread_barrier_t begins, ended;

struct worker {
	pthread_t thread;
	char *buf;
	uint64_t first, count, seed;
};

static uint64_t place(struct worker *w, uint64_t i)
{
	uint64_t places = phase.span / phase.bytes;

	if (!at_random) {
		return (w->first + i) % places * phase.bytes;
	}
	/* xorshift64 */
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed % places * phase.bytes;
}

static void operate(struct worker *w, uint64_t i)
{
	off_t at = (off_t)place(w, i);
	bool reads = phase.kind[0] == 'r';
	ssize_t n = reads ? pread(fd, w->buf, phase.bytes, at)
			  : pwrite(fd, w->buf, phase.bytes, at);

	if (n != (ssize_t)phase.bytes || (phase.kind[0] == 'f' && fsync(fd) != 0)) {
		fail(phase.name);
	}
}

static void operations(struct worker *w)
{
	for (uint64_t i = 0; i < w->count; i++) {
		uint64_t began = times != NULL ? now() : 0;

		operate(w, i);
		if (times != NULL) {
			times[w->first + i] = (uint32_t)(now() - began);
		}
	}
}

static void *work(void *arg)
{
	pthread_barrier_wait(&begins);
	operations(arg);
	pthread_barrier_wait(&ended);
	return NULL;
}

static struct worker *start_workers(void)
{
	struct worker *w = calloc(phase.threads, sizeof(*w));
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_barrier_init(&begins, NULL, phase.threads + 1);
	pthread_barrier_init(&ended, NULL, phase.threads + 1);
	for (unsigned i = 0; i < phase.threads; i++) {
		w[i].buf = memory(phase.bytes);
		w[i].count = phase.operations / phase.threads;
		w[i].first = i * w[i].count;
		w[i].seed = 88172645463325252ULL + i;
		if (pthread_create(&w[i].thread, &attr, work, &w[i]) != 0) {
			fail("pthread_create");
		}
	}
	return w;
}

static void end_workers(struct worker *w)
{
	for (unsigned i = 0; i < phase.threads; i++) {
		pthread_join(w[i].thread, NULL);
		free(w[i].buf);
	}
	free(w);
	pthread_barrier_destroy(&begins);
	pthread_barrier_destroy(&ended);
}

static void prepare(void)
{
	int flags = O_RDWR | O_CLOEXEC | (has(&phase, 'd') ? O_DIRECT : 0);

	if (strcmp(phase.kind, "insert") == 0) {
		insert_prepare(&phase);
		return;
	}
	fill(&phase);
	at_random = has(&phase, 'r');
	fd = open(phase.path, flags);
	if (fd < 0) {
		fail(phase.path);
	}
	if (has(&phase, 'w')) {
		read_all(&phase, fd);
	}
	if (has(&phase, 'c')) {
		empty_memory();
	}
}

static void wait_for_line(void)
{
	char line[LINE];

	printf("READY %s\n", phase.name);
	if (fgets(line, sizeof(line), stdin) == NULL) {
		fail("console");
	}
}

/* Returns how long it took. */
static uint64_t run_workers(void)
{
	struct worker *w = start_workers();
	uint64_t began;

	wait_for_line();
	began = now();
	pthread_barrier_wait(&begins);
	pthread_barrier_wait(&ended);
	if (has(&phase, 's') && fsync(fd) != 0) {
		fail("fsync");
	}
	began = now() - began;
	end_workers(w);
	return began;
}

static uint64_t run_inserts(void)
{
	uint64_t began;

	wait_for_line();
	began = now();
	insert_run(&phase, times);
	return now() - began;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void run(void)
{
	bool inserts = strcmp(phase.kind, "insert") == 0, nothing = phase.operations == 0;
	uint64_t n = phase.operations, ns, p50 = 0, p99 = 0;

	times = has(&phase, 't') && !nothing ? calloc(n, sizeof(*times)) : NULL;
	if (!nothing) {
		prepare();
	}
	ns = inserts ? run_inserts() : run_workers();
	if (times != NULL) {
		qsort(times, n, sizeof(*times), compare);
		p50 = times[n / 2];
		p99 = times[n * 99 / 100];
		free(times);
	}
	printf("DONE %s %llu %llu %llu %llu\n", phase.name, (unsigned long long)n,
	       (unsigned long long)ns, (unsigned long long)p50, (unsigned long long)p99);
	if (!inserts && !nothing) {
		close(fd);
	}
}

int main(void)
{
	char line[LINE];
	unsigned long long span, n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("storage: what next?\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%31s %15s %63s %15s %u %u %llu %llu", phase.name, phase.kind,
			   phase.path, phase.flags, &phase.threads, &phase.bytes, &span, &n) != 8) {
			continue;
		}
		phase.span = span;
		phase.operations = n;
		run();
	}
	return 0;
}
