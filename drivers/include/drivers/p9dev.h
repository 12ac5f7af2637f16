/* SPDX-License-Identifier: MIT */
/* Class of 9P channels: a server of files at the other end, one request and its answer at a time. */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>
#include <sys/uio.h>

#define P9_MAX_PIECES 8U

struct p9dev;

struct p9dev_ops {
	/* Send the @out pieces, and wait until the answer is in the @in pieces. Returns its length, -EIO (it came to
	 * nothing), -ETIMEDOUT (no answer in 30 s: the device is stopped), -ENODEV (it was). Thread, one at a time. */
	ssize_t (*rpc)(struct p9dev *d, const struct iovec *out, unsigned n_out,
		       const struct iovec *in, unsigned n_in);
};

/* Embedded in the driver's structure; stays for good. */
struct p9dev {
	const struct p9dev_ops *ops;
	const char *tag;  /* what the host calls it: the source of a mount */
	struct list link; /* (private) */
};

/* By drivers. Boot. */
void p9dev_register(struct p9dev *d);
