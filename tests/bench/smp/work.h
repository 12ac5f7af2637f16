/* SPDX-License-Identifier: MIT */
/* Threads that keep the other CPUs busy. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* What each does, round by round; net_part.py has the names in words. */
struct work {
	const char *name;
	void (*round)(void *own); /* NULL: there are no threads */
	bool (*begin)(void *own); /* in the thread, once; false: it cannot, errno says why */
};

/* Where the ones that send do so: nobody has to read it. */
extern struct sockaddr_in work_sink;

/* NULL: there is no such work. */
const struct work *work_find(const char *name);
/* One thread on each CPU but the first, on which the calling thread stays. False: errno says why. */
bool work_start(const struct work *w);
/* Rounds so far, of all threads. */
uint64_t work_rounds(void);

/* lock.c: prints what a pair of net_lock() and net_unlock() costs, where time counts instructions. */
void lock_measure(void);
