/* SPDX-License-Identifier: MIT */
/* A place in a list of buffers, which copies move on. */
#pragma once

#include <kernel/types.h>
#include <string.h>
#include <sys/uio.h>

struct cursor {
	const struct iovec *iov;
	int n;	    /* buffers left, the present one included */
	size_t off; /* into the present one */
};

static inline size_t iov_total(const struct iovec *iov, int n)
{
	size_t total = 0;

	for (int i = 0; i < n; i++) {
		total += iov[i].iov_len;
	}
	return total;
}

/* The next bytes in one piece, at most @max of them, and past them. NULL: the end. */
static inline void *cursor_next(struct cursor *c, size_t max, size_t *len)
{
	void *p;

	while (c->n > 0 && c->off == c->iov->iov_len) {
		c->iov++;
		c->n--;
		c->off = 0;
	}
	if (c->n <= 0) {
		return NULL;
	}
	p = (char *)c->iov->iov_base + c->off;
	*len = MIN(max, c->iov->iov_len - c->off);
	c->off += *len;
	return p;
}

/* Copy @n bytes, or what there is room for, from @from to the buffers. Returns how many. */
static inline size_t cursor_put(struct cursor *c, const void *from, size_t n)
{
	size_t done = 0, len;
	void *p;

	while (done < n && (p = cursor_next(c, n - done, &len)) != NULL) {
		memcpy(p, (const char *)from + done, len);
		done += len;
	}
	return done;
}

/* The other way. */
static inline size_t cursor_get(struct cursor *c, void *to, size_t n)
{
	size_t done = 0, len;
	const void *p;

	while (done < n && (p = cursor_next(c, n - done, &len)) != NULL) {
		memcpy((char *)to + done, p, len);
		done += len;
	}
	return done;
}
