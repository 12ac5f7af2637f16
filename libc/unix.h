/* SPDX-License-Identifier: MIT */
/* AF_UNIX sockets, what their files share: unix.c has the sockets and their states, unix_name.c the names,
 * unix_data.c messages, unix_rights.c what travels beside the bytes, unix_opt.c options.
 *
 * Everything that one socket knows of another is guarded by one spinlock, un_lock: peers, queues,
 * states, and so the readiness words. Nothing is copied or allocated under it. A socket's `reading`
 * mutex, taken before it, is held while a receiver copies: it alone takes messages out. */
#pragma once

#include "iov.h"
#include "libc.h"

#include <kernel/list.h>
#include <kernel/poller.h>
#include <kernel/socket.h>
#include <kernel/sync.h>
#include <sys/un.h>

#define UN_BUFFER 212992U /* SO_SNDBUF and SO_RCVBUF by default, as on Linux */
#define UN_FDS	  253	  /* descriptors in a message at most, as on Linux */

struct un;

/* A bound name. In the table until its socket closes (abstract), or unlink() (a path). */
struct un_name {
	struct list link;
	_Atomic unsigned refs; /* table, sockets, messages on their way */
	struct un *owner;      /* NULL: closed; guarded by the names' mutex */
	socklen_t len;	       /* of addr, as given to bind() */
	struct sockaddr_un addr;
	size_t key_len;
	char key[]; /* absolute path, or NUL and the abstract name */
};

/* Descriptors that travel. */
struct un_files {
	struct un_files *next; /* while they are freed */
	unsigned n;
	struct file *files[];
};

/* Bytes on their way: a datagram or record, or a piece of a stream. */
struct un_chunk {
	struct list link;
	size_t len, off; /* off: what was read of a stream's piece */
	struct un_name *from;
	struct un_files *files;
	char data[];
};

struct un {
	struct file file; /* first */
	int type;
	struct mutex reading;
	/* guarded by un_lock */
	struct un *peer;       /* whom send() reaches; of streams and records it points back */
	struct list peer_link; /* datagram sockets: in peer->senders */
	struct list senders;   /* datagram sockets connected to this one */
	struct list queue;     /* struct un_chunk.link */
	struct list pending;   /* of a listener: struct un.pending of connections, not accepted */
	struct list blocked;   /* struct un_blocked.link: who wait for room in queue or pending */
	size_t queued;	       /* what the queue's chunks cost */
	size_t unread;	       /* bytes in the queue */
	unsigned waiting, backlog;
	int err; /* for SO_ERROR and the next call, a positive errno */
	bool listening, connected;
	bool no_read, no_write;	   /* shut down, by either side */
	struct un_name *name;	   /* set once */
	struct un_name *peer_name; /* of a connection: the other side's when it was made */
	/* options: single words, read without a lock */
	size_t sndbuf, rcvbuf;
	uint64_t rcv_timeout, snd_timeout; /* ns, 0: for ever */
	bool passcred;
};

/* For libc/socket.c. @type may carry SOCK_NONBLOCK. On success *out owns references. */
int un_create(int type, int protocol, struct file **out);
int un_pair(int type, int protocol, struct file *out[2]);

extern struct spinlock un_lock;
extern const struct file_ops un_ops;

static inline struct un *un_of(struct file *f)
{
	return (struct un *)f;
}

bool un_nonblocking(const struct un *u, int flags);
uint64_t un_deadline(uint64_t timeout);

/* --- states, unix.c; un_lock held ------------------------------------------------------------- */

/* Bring the readiness word up to date, and tell the watchers of @again even if those are set. */
void un_update(struct un *u, unsigned again);
/* Is there room for one more message to @to from @u? */
bool un_has_room(const struct un *u, const struct un *to);
/* The queue or list of @u got shorter: tell who waits for room. */
void un_room_grew(struct un *u);
int un_take_error(struct un *u);
/* Sleep until there is more room at @to, or it goes. Releases un_lock, and @ref if not NULL, which kept
 * @to so far. Returns 0, -ETIMEDOUT, -EINTR. */
int un_wait_room(struct un *to, struct file *ref, irqstate_t s, uint64_t deadline);

/* --- names, unix_name.c ----------------------------------------------------------------------- */

int un_bind(struct un *u, const struct sockaddr *a, socklen_t len);
/* The socket that has the name: a reference, to be given back with fd_release(). Returns 0,
 * -ECONNREFUSED, -ENOENT, -EINVAL, -EAFNOSUPPORT. */
int un_find(const struct sockaddr *a, socklen_t len, struct un **out);
/* The socket closes. */
void un_unbind(struct un *u);
struct un_name *un_name_get(struct un_name *name); /* NULL is fine */
void un_name_put(struct un_name *name);		   /* NULL is fine */
/* To the caller's buffer, cut to its size; *len says the whole. @name NULL: unnamed. */
void un_name_copy(const struct un_name *name, struct sockaddr *a, socklen_t *len);

/* --- data, unix_data.c ------------------------------------------------------------------------ */

ssize_t un_read(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock);
ssize_t un_write(struct file *f, const struct iovec *iov, int n, off_t pos, bool nonblock);
ssize_t un_send(struct file *f, const void *p, size_t n, int flags);
ssize_t un_recv(struct file *f, void *p, size_t n, int flags);
ssize_t un_sendmsg(struct file *f, const struct msghdr *m, int flags);
ssize_t un_recvmsg(struct file *f, struct msghdr *m, int flags);
/* Free what is linked by un_chunk.link, descriptors included. Thread context, no lock held. */
void un_chunks_free(struct list *chunks);

/* --- rights, unix_rights.c -------------------------------------------------------------------- */

/* What the control data of @m carry: *@out, maybe NULL, owns references. Returns 0 or -errno. */
int un_rights_parse(const struct msghdr *m, struct un_files **out);
/* Hand over @files (consumed; maybe NULL), and credentials if @u wants them. Sets msg_controllen and
 * MSG_CTRUNC. */
void un_rights_give(struct un *u, struct msghdr *m, int flags, struct un_files *files);
struct un_files *un_files_copy(const struct un_files *files); /* NULL: none, or no memory */
void un_files_free(struct un_files *files);		      /* NULL is fine */

/* --- options, unix_opt.c ---------------------------------------------------------------------- */

int un_setopt(struct file *f, int level, int name, const void *v, socklen_t len);
int un_getopt(struct file *f, int level, int name, void *v, socklen_t *len);
