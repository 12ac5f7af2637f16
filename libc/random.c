/* SPDX-License-Identifier: MIT */
/* Random bytes. newlib's arc4random would keep a second generator over this one. */
#include "libc.h"

#include <kernel/rand.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define ENTROPY_MAX 256 /* of one getentropy(), POSIX.1-2024 */

ssize_t getrandom(void *buf, size_t n, unsigned flags)
{
	if ((flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0) {
		return fail(EINVAL);
	}
	if ((flags & GRND_NONBLOCK) != 0 && (flags & GRND_INSECURE) == 0 && !rand_seeded()) {
		return fail(EAGAIN);
	}
	rand_bytes(buf, n);
	return (ssize_t)n;
}

int getentropy(void *buf, size_t n)
{
	if (n > ENTROPY_MAX) {
		return fail(EIO);
	}
	rand_bytes(buf, n);
	return 0;
}

uint32_t arc4random(void)
{
	return rand_u32();
}

void arc4random_buf(void *buf, size_t n)
{
	rand_bytes(buf, n);
}

/* Without bias: the lowest 2^32 mod @bound values are drawn again. */
uint32_t arc4random_uniform(uint32_t bound)
{
	uint32_t r, min;

	if (bound < 2) {
		return 0;
	}
	min = -bound % bound;
	do {
		r = rand_u32();
	} while (r < min);
	return r % bound;
}
