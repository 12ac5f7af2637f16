/* SPDX-License-Identifier: MIT */
/* What the files of libc/ share. Below this folder calls return -errno; the functions that programs
 * call, here, turn that into -1 and errno. */
#pragma once

#include <errno.h>
#include <kernel/file.h>
#include <kernel/thread.h>
#include <signal.h>
#include <time.h>

/* result()'s way of errors: runs what interrupted the call, raises SIGPIPE for EPIPE if the program
 * handles it, sets errno, returns -1. */
long call_failed(long r);

/* The last step of every call: set errno and return -1 if @r is an error. Nothing may be held, no lock
 * and no reference: signal handlers may run in it, and a cancelled thread ends in it. */
static inline long result(long r)
{
	if (unlikely(r < 0)) {
		r = call_failed(r);
		if (r >= 0) {
			__builtin_unreachable();
		}
	}
	return r;
}

static inline int fail(int error)
{
	errno = error;
	return -1;
}

/* --- events: signals and cancellation, event.c ------------------------------------------------- */

/* Run the handlers of pending signals and act on a pending cancellation (does not return then). Thread
 * context, nothing held. True: every handler had SA_RESTART or none ran: start the call again. */
bool interrupted(void);

/* A call that starts again after a signal whose handler has SA_RESTART; @call takes and gives back what
 * it needs each time. */
#define RESTARTING(call)                                           \
	({                                                         \
		long r_;                                           \
		do {                                               \
			r_ = (call);                               \
		} while (unlikely(r_ == -EINTR) && interrupted()); \
		r_;                                                \
	})

/* First line of each cancellation point. */
static inline void cancel_point(void)
{
	if (unlikely(atomic_load_explicit(&thread_self()->events, memory_order_relaxed) &
		     EVENT_CANCEL)) {
		interrupted();
	}
}

/* The mask of ppoll(), pselect(), epoll_pwait(): @mask, if not NULL, until wait_mask_end(), which returns
 * its @r. Handlers that the mask lets in run there, before the old one comes back. */
struct wait_mask {
	bool set;
	sigset_t old;
};
void wait_mask_begin(struct wait_mask *w, const sigset_t *mask);
long wait_mask_end(struct wait_mask *w, long r);

/* --- descriptors, fd.c -------------------------------------------------------------------------
 * While the program has one thread, nobody can close a file that a call works on, so a call takes
 * no reference: a lookup is a bounds check and two loads. pthread_create() sets @shared before the
 * second thread exists, which no call on a descriptor can overlap. From then on lookups take
 * the lock and a reference. */

struct fd_table {
	struct file **slots;
	unsigned size; /* of slots, a multiple of 64 */
	bool shared;   /* more than one thread: constant once true */
};

extern struct fd_table fd_table;

struct file *fd_get_shared(int fd);
/* Drop a reference to a file that had a descriptor; the last one takes it out of epoll sets. */
void fd_release(struct file *f);

/* The file behind @fd, to be given back by fd_put(); NULL: not open. */
static inline struct file *fd_get(int fd)
{
	if (unlikely(fd_table.shared)) {
		return fd_get_shared(fd);
	}
	return (unsigned)fd < fd_table.size ? fd_table.slots[fd] : NULL;
}

static inline void fd_put(struct file *f)
{
	if (unlikely(fd_table.shared)) {
		fd_release(f);
	}
}

/* Give @f the lowest free descriptor >= @min: takes the reference on success only.
 * Returns the descriptor, -EMFILE, -ENOMEM. */
int fd_alloc(struct file *f, int min, bool cloexec);
/* Put @f at @fd: takes the reference on success. What was there goes to *@old (maybe NULL), to be
 * released by the caller. Returns 0, -EBADF (too large), -ENOMEM. */
int fd_replace(int fd, struct file *f, bool cloexec, struct file **old);
/* Free @fd and return its reference; NULL: not open. */
struct file *fd_take(int fd);
/* Close-on-exec is kept and reported; there is no exec. Returns 0, 1, -EBADF. */
int fd_cloexec(int fd);
int fd_set_cloexec(int fd, bool on);
/* How many descriptors there can be. */
unsigned fd_limit(void);
/* Wrap up what makes a descriptor: fd_alloc(), or on an error @f's release. */
int fd_make(struct file *f, bool cloexec);
/* The same for two files at once. Returns 0, or an error after both were released. */
int fd_make_pair(struct file *a, struct file *b, bool cloexec, int fds[2]);

/* Set with the first epoll set: takes @f, whose last reference went, out of all sets. */
extern void (*fd_forget)(struct file *f);

/* --- time, time.c ---------------------------------------------------------------------------- */

/* ns, saturated; -EINVAL unless 0 <= tv_nsec < 1 s. Times before zero are zero. */
int timespec_ns(const struct timespec *t, uint64_t *ns);
struct timespec timespec_of(uint64_t ns);
/* Deadline on the monotonic clock of a wait of @t; TIME_NEVER when NULL. @t is checked: -EINVAL. */
int deadline_in(const struct timespec *t, uint64_t *deadline);
/* The same of poll()'s milliseconds: < 0 is for ever. */
uint64_t deadline_ms(int ms);
/* The same of a wait until @t on @clock. */
int deadline_at(clockid_t clock, const struct timespec *t, uint64_t *deadline);

/* The clock of the processor time of @t. */
clockid_t thread_cpu_clock(struct thread *t);

/* --- start.c --------------------------------------------------------------------------------- */

/* exit() runs: a stream whose holder waits for input is closed without its lock. */
extern bool libc_exiting;
/* NULL, or what runs first when a thread ends, main()'s with exit(): destructors of C++. */
extern void (*libc_thread_ends)(void);

/* --- paths of sockets, unix_name.c ------------------------------------------------------------- */

struct path_sockets {
	/* Return 0, -ENOENT. */
	int (*stat)(const char *path, struct stat *st);
	int (*unlink)(const char *path);
};

/* NULL until a socket is bound to a path. For names that the file system does not have. */
extern const struct path_sockets *path_sockets;

/* --- attributes of files, path.c -------------------------------------------------------------- */

struct vattr;
/* What chown() and utimensat() are to change. attr_times(): false when the times make no sense. */
struct vattr attr_owner(uid_t uid, gid_t gid);
bool attr_times(const struct timespec t[2], struct vattr *a);
int path_setattr(const char *path, bool follow, const struct vattr *a);
