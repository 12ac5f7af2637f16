/* SPDX-License-Identifier: MIT */
/* sendfile(): a file lies in memory, so it is written from where it is; of one that never changes, as those in
 * the image, a socket sends the bytes where they lie. */
#include "libc.h"

#include <kernel/socket.h>

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST ((size_t)0x7ffff000) /* of one call, as on Linux */

/* The bytes of @f from @pos on, at most @n: how many, or -errno. */
static ssize_t in_place(struct file *f, off_t pos, size_t n, void **data)
{
	struct stat st;
	int r;

	if (f->ops->map == NULL || f->ops->stat == NULL) {
		return -EINVAL;
	}
	r = f->ops->stat(f, &st);
	if (r != 0 || pos >= st.st_size) {
		return r;
	}
	n = MIN(n, (size_t)(st.st_size - pos));
	r = f->ops->map(f, pos, n, data);
	return r != 0 ? r : (ssize_t)n;
}

static ssize_t put(int to, const struct file *from, const void *data, size_t n)
{
	struct file *f = fd_get(to);
	ssize_t r;

	if (f == NULL || !from->ops->constant || f->ops->socket == NULL ||
	    f->ops->socket->send_constant == NULL) {
		if (f != NULL) {
			fd_put(f);
		}
		return write(to, data, n);
	}
	r = f->ops->socket->send_constant(f, data, n);
	fd_put(f);
	return result(r);
}

ssize_t sendfile(int to, int from, off_t *at, size_t n)
{
	struct file *f = fd_get(from);
	off_t pos = at != NULL ? *at : lseek(from, 0, SEEK_CUR);
	void *data = NULL;
	ssize_t done;

	if (f == NULL) {
		return fail(EBADF);
	}
	if (pos < 0) {
		fd_put(f);
		return fail(EINVAL);
	}
	done = in_place(f, pos, MIN(n, MOST), &data);
	if (done > 0) {
		done = put(to, f, data, (size_t)done);
	} else {
		done = result(done);
	}
	if (done > 0 && at != NULL) {
		*at += done;
	} else if (done > 0) {
		lseek(from, pos + done, SEEK_SET);
	}
	fd_put(f);
	return done;
}
