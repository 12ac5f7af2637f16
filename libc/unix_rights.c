/* SPDX-License-Identifier: MIT */
/* What travels beside the bytes of AF_UNIX sockets: descriptors (SCM_RIGHTS), and who sent them
 * (SCM_CREDENTIALS: there is one process). Sockets whose only references are messages queued at each
 * other stay for good: nothing looks for such rings. */
#define _GNU_SOURCE
#include "unix.h"

#include <kernel/alloc.h>
#include <string.h>
#include <unistd.h>

static struct un_files *files_new(unsigned n)
{
	struct un_files *files = kmalloc(sizeof(*files) + n * sizeof(files->files[0]));

	if (files != NULL) {
		files->n = 0;
	}
	return files;
}

/* Closing a socket frees the messages that it did not read, whose descriptors may be the last of other
 * sockets: what comes up on the way waits for its turn here, so that no chain is too long for the stack. */
static __thread struct un_files *dying;
static __thread bool freeing;

static void free_dying(void)
{
	struct un_files *files;

	freeing = true;
	while ((files = dying) != NULL) {
		dying = files->next;
		for (unsigned i = 0; i < files->n; i++) {
			fd_release(files->files[i]);
		}
		kfree(files);
	}
	freeing = false;
}

void un_files_free(struct un_files *files)
{
	if (files == NULL) {
		return;
	}
	thread_busy_enter(); /* a handler may close sockets too */
	files->next = dying;
	dying = files;
	if (!freeing) {
		free_dying();
	}
	thread_busy_leave();
}

struct un_files *un_files_copy(const struct un_files *files)
{
	struct un_files *copy = files == NULL ? NULL : files_new(files->n);

	if (copy != NULL) {
		for (; copy->n < files->n; copy->n++) {
			copy->files[copy->n] = file_get(files->files[copy->n]);
		}
	}
	return copy;
}

/* --- sending ---------------------------------------------------------------------------------- */

static int collect(const struct cmsghdr *c, struct un_files **out)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	struct un_files *files;

	if (n > UN_FDS || *out != NULL) {
		return -EINVAL;
	}
	files = files_new((unsigned)n);
	if (files == NULL) {
		return -ENOMEM;
	}
	*out = files;
	for (size_t i = 0; i < n; i++) {
		struct file *f;
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		f = fd_get(fd);
		if (f == NULL) {
			return -EBADF;
		}
		files->files[files->n++] = file_get(f);
		fd_put(f);
	}
	return 0;
}

static int check_credentials(const struct cmsghdr *c)
{
	struct ucred u;

	if (c->cmsg_len < CMSG_LEN(sizeof(u))) {
		return -EINVAL;
	}
	memcpy(&u, CMSG_DATA(c), sizeof(u));
	return u.pid == getpid() && u.uid == getuid() && u.gid == getgid() ? 0 : -EPERM;
}

int un_rights_parse(const struct msghdr *m, struct un_files **out)
{
	int r = 0;

	*out = NULL;
	if (m->msg_control == NULL) {
		return 0;
	}
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL && r == 0; c = CMSG_NXTHDR(m, c)) {
		size_t left = m->msg_controllen - (size_t)((char *)c - (char *)m->msg_control);

		if (c->cmsg_len < CMSG_LEN(0) || c->cmsg_len > left) {
			r = -EINVAL;
		} else if (c->cmsg_level != SOL_SOCKET) {
			continue;
		} else if (c->cmsg_type == SCM_RIGHTS) {
			r = collect(c, out);
		} else {
			r = c->cmsg_type == SCM_CREDENTIALS ? check_credentials(c) : -EINVAL;
		}
	}
	if (r != 0) {
		un_files_free(*out);
		*out = NULL;
	}
	return r;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* The next header in @m's control data, with room for up to @n bytes in *room; NULL: no room. @used so far. */
static struct cmsghdr *next_header(const struct msghdr *m, size_t used, size_t *room)
{
	if (m->msg_control == NULL || m->msg_controllen < used + CMSG_LEN(0)) {
		return NULL;
	}
	*room = m->msg_controllen - used - CMSG_LEN(0);
	return (struct cmsghdr *)(void *)((char *)m->msg_control + used);
}

static size_t finish(struct cmsghdr *c, int type, size_t n, size_t room)
{
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	return MIN(CMSG_SPACE(n), CMSG_LEN(room));
}

static size_t give_credentials(struct msghdr *m)
{
	struct ucred u = { getpid(), getuid(), getgid() };
	size_t room;
	struct cmsghdr *c = next_header(m, 0, &room);

	if (c == NULL || room < sizeof(u)) {
		m->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	memcpy(CMSG_DATA(c), &u, sizeof(u));
	return finish(c, SCM_CREDENTIALS, sizeof(u), room);
}

/* Make descriptors of as many files as fit; those stay in @files that did not. */
static size_t give_files(struct msghdr *m, size_t used, bool cloexec, struct un_files *files)
{
	size_t room = 0;
	struct cmsghdr *c = next_header(m, used, &room);
	unsigned n = 0, total = files->n;

	while (c != NULL && n < total && room >= (n + 1) * sizeof(int)) {
		int fd = fd_alloc(files->files[n], 0, cloexec);

		if (fd < 0) {
			break;
		}
		memcpy(CMSG_DATA(c) + n * sizeof(int), &fd, sizeof(fd));
		n++;
	}
	if (n < total) {
		m->msg_flags |= MSG_CTRUNC;
	}
	memmove(files->files, files->files + n, (total - n) * sizeof(files->files[0]));
	files->n = total - n;
	return n == 0 ? 0 : finish(c, SCM_RIGHTS, n * sizeof(int), room);
}

void un_rights_give(struct un *u, struct msghdr *m, int flags, struct un_files *files)
{
	size_t used = u->passcred ? give_credentials(m) : 0;

	if (files != NULL) {
		used += give_files(m, used, (flags & MSG_CMSG_CLOEXEC) != 0, files);
		un_files_free(files);
	}
	m->msg_controllen = used;
}
