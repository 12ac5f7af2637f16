/* SPDX-License-Identifier: MIT */
/* What a descriptor points at, and how anything waits for it: operations, a reference count
 * and a readiness word with watchers. poll, select, epoll and blocking calls are one
 * mechanism over it. Everything returns 0, a count, or -errno. */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/uio.h>

struct stat;
struct file;
struct dirent;
struct socket_ops;
struct statvfs;
struct vattr;

struct file_ops {
	/* Any may be NULL: the call then fails (EINVAL, ESPIPE, ENOTTY...). @nonblock: -EAGAIN
	 * instead of waiting. pos -1: use and move the file's own position. Thread context. */
	ssize_t (*read)(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock);
	ssize_t (*write)(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock);
	off_t (*seek)(struct file *f, off_t off, int whence);
	int (*stat)(struct file *f, struct stat *st);
	int (*ioctl)(struct file *f, unsigned long cmd, void *arg);
	/* The content in place, for a private read-only mapping. */
	int (*map)(struct file *f, off_t off, size_t len, void **addr);
	/* Next directory entry; 0 at the end, 1 when @d was filled. */
	int (*readdir)(struct file *f, struct dirent *d);
	/* Files of file systems. @data: the content, and what is needed to find it, is enough. */
	int (*sync)(struct file *f, bool data);
	int (*truncate)(struct file *f, off_t size);
	int (*allocate)(struct file *f, off_t off, off_t len);
	int (*setattr)(struct file *f, const struct vattr *a); /* fs/vfs.h */
	int (*statvfs)(struct file *f, struct statvfs *v);
	int (*flock)(struct file *f, int operation);
	/* Take bits out of the readiness word that no longer hold. Called before poll() believes them,
	 * by files that do not keep it exact. */
	void (*settle)(struct file *f);
	/* The last reference went: free everything. */
	void (*close)(struct file *f);
	const struct socket_ops *socket; /* kernel/socket.h; NULL: not a socket */
	bool constant; /* what map() shows never changes and is never taken away */
};

/* Embedded first in the owner's own structure (container_of). */
struct file {
	const struct file_ops *ops;
	_Atomic unsigned refs;
	_Atomic unsigned
		ready;	      /* POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP, POLLPRI as of now */
	struct spinlock lock; /* guards watches */
	struct list watches;  /* struct file_watch.link */
	_Atomic unsigned flags; /* O_NONBLOCK, O_APPEND, access mode */
};

/* Somebody who wants to know when @file becomes ready for any of @events. */
#define FILE_EXCLUSIVE (1U << 17) /* in events: one such watch that takes an event is enough */
struct file_watch {
	struct list link;
	unsigned events;
	/* Called under file->lock, masked, any context: may only set flags and wake. True: took it. */
	bool (*fn)(struct file_watch *w, unsigned ready);
};

void file_init(struct file *f, const struct file_ops *ops, unsigned flags);
static inline struct file *file_get(struct file *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}
/* Drop a reference; the last one calls ops->close(). Thread context. */
void file_put(struct file *f);
/* Producers: the file became ready for @set / is no longer ready for @clear. Tells the watchers of
 * bits that were not set before, and of all in @set again (edge-triggered epoll counts events). Any context. */
void file_ready(struct file *f, unsigned set);
void file_not_ready(struct file *f, unsigned clear);
/* Add or remove a watcher. fn is called at once if already ready. After file_unwatch() fn will not run. */
void file_watch(struct file *f, struct file_watch *w);
void file_unwatch(struct file *f, struct file_watch *w);
/* Block until ready & events, doing device work meanwhile (kernel/poller.h).
 * Returns 0, -ETIMEDOUT. Thread context. */
int file_wait(struct file *f, unsigned events, uint64_t deadline);
/* A bit of the readiness word that poll() does not see: something changed that file_wait_until() may
 * wait for. Need not be cleared. */
#define FILE_CHANGED (1U << 16)
/* Block until cond(arg), which is looked at each time that file_ready() tells one of @events.
 * Returns 0, -ETIMEDOUT, -EINTR. Thread context. */
int file_wait_until(struct file *f, unsigned events, bool (*cond)(void *arg), void *arg,
		    uint64_t deadline);
