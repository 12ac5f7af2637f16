/* SPDX-License-Identifier: MIT */
/* The list of cancellation points, and what both files use. */
#pragma once

#include "../tap.h"

#include <pthread.h>

/* A call that blocks for good. */
struct point {
	const char *name;
	void (*prepare)(void);
	void (*enter)(void);
	void (*finish)(void);
};

extern const struct point points[]; /* the last has no name */
extern pthread_mutex_t lock;
extern pthread_cond_t cond;

void pause_for_ever(void);
