/* SPDX-License-Identifier: MIT */
/* Names of AF_UNIX sockets. No file system here can hold a socket, so paths are in a table as abstract names
 * are, under their absolute form; the directory need not exist. stat(), unlink() and chmod() know them. As on
 * Linux a path stays when its socket closes, until unlink(). */
#define _GNU_SOURCE
#include "unix.h"

#include <fs/vfs.h>
#include <kernel/alloc.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_AT	 offsetof(struct sockaddr_un, sun_path)
#define KEY_ROOM 512

static struct mutex names_lock = MUTEX_INIT(names_lock);
static struct list names = LIST_INIT(names); /* struct un_name.link; guarded by names_lock */

struct un_name *un_name_get(struct un_name *name)
{
	if (name != NULL) {
		atomic_fetch_add_explicit(&name->refs, 1, memory_order_relaxed);
	}
	return name;
}

void un_name_put(struct un_name *name)
{
	if (name != NULL && atomic_fetch_sub_explicit(&name->refs, 1, memory_order_acq_rel) == 1) {
		kfree(name);
	}
}

void un_name_copy(const struct un_name *name, struct sockaddr *a, socklen_t *len)
{
	static const struct sockaddr_un unnamed = { .sun_family = AF_UNIX };
	const struct sockaddr_un *from = name != NULL ? &name->addr : &unnamed;
	socklen_t whole = name != NULL ? name->len : (socklen_t)PATH_AT;

	if (a != NULL && len != NULL) {
		memcpy(a, from, MIN(*len, whole));
		*len = whole;
	}
}

/* --- keys ------------------------------------------------------------------------------------- */

/* Append @part of @path to the absolute name key[*at]; "..", "." and "" as they mean. */
static int append(char *key, size_t *at, const char *part, size_t n)
{
	if (n == 0 || (n == 1 && part[0] == '.')) {
		return 0;
	}
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		while (*at > 0 && key[--*at] != '/') {
		}
		return 0;
	}
	if (*at + n + 2 > KEY_ROOM) {
		return -ENAMETOOLONG;
	}
	key[(*at)++] = '/';
	memcpy(key + *at, part, n);
	*at += n;
	return 0;
}

/* The absolute form of @path, of @n bytes, into @key. Returns its length or -errno. */
static ssize_t path_key(const char *path, size_t n, char *key)
{
	size_t at = 0, i = 0;
	int r;

	if (n == 0) {
		return -ENOENT;
	}
	if (path[0] != '/') {
		r = vfs_realpath(".", key, KEY_ROOM);
		if (r != 0) {
			return r;
		}
		at = strlen(key);
		at = at == 1 ? 0 : at; /* the root */
	}
	while (i < n) {
		size_t end = i;

		while (end < n && path[end] != '/') {
			end++;
		}
		r = append(key, &at, path + i, end - i);
		if (r != 0) {
			return r;
		}
		i = end + 1;
	}
	if (at == 0) {
		key[at++] = '/';
	}
	return (ssize_t)at;
}

/* The key of an address. Returns its length or -errno. */
static ssize_t address_key(const struct sockaddr *a, socklen_t len, char *key)
{
	const struct sockaddr_un *u = (const struct sockaddr_un *)a;
	size_t n = len - PATH_AT;

	if (a == NULL || len <= PATH_AT || len > sizeof(*u)) {
		return -EINVAL;
	}
	if (a->sa_family != AF_UNIX) {
		return -EAFNOSUPPORT;
	}
	if (u->sun_path[0] == '\0') {
		memcpy(key, u->sun_path, n);
		return (ssize_t)n;
	}
	return path_key(u->sun_path, strnlen(u->sun_path, n), key);
}

/* names_lock held. */
static struct un_name *lookup(const char *key, size_t n)
{
	struct list *p;

	list_for_each(p, &names) {
		struct un_name *name = list_entry(p, struct un_name, link);

		if (name->key_len == n && memcmp(name->key, key, n) == 0) {
			return name;
		}
	}
	return NULL;
}

/* --- binding ---------------------------------------------------------------------------------- */

/* names_lock held. */
static int add_name(struct un *u, const void *addr, socklen_t len, const char *key, size_t key_len)
{
	struct un_name *name;
	irqstate_t s;

	if (lookup(key, key_len) != NULL) {
		return -EADDRINUSE;
	}
	name = kzalloc(sizeof(*name) + key_len);
	if (name == NULL) {
		return -ENOMEM;
	}
	atomic_init(&name->refs, 2); /* the table's and the socket's */
	name->owner = u;
	name->len = len;
	memcpy(&name->addr, addr, len);
	name->key_len = key_len;
	memcpy(name->key, key, key_len);
	list_add_tail(&names, &name->link);
	s = spin_lock_save(&un_lock);
	u->name = name;
	spin_unlock_restore(&un_lock, s);
	return 0;
}

/* An abstract name of five digits that is free. names_lock held. */
static int autobind(struct un *u)
{
	static unsigned next;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int r = -EADDRINUSE;

	for (unsigned tries = 0; tries < 1U << 20 && r == -EADDRINUSE; tries++) {
		unsigned v = next++;

		for (int i = 5; i > 0; i--, v >>= 4) {
			a.sun_path[i] = "0123456789abcdef"[v & 15];
		}
		r = add_name(u, &a, PATH_AT + 6, a.sun_path, 6);
	}
	return r;
}

static const struct path_sockets as_files;

int un_bind(struct un *u, const struct sockaddr *a, socklen_t len)
{
	char key[KEY_ROOM];
	struct stat st;
	ssize_t n = 0;
	bool any = len == PATH_AT && a != NULL && a->sa_family == AF_UNIX;
	int r;

	if (!any) {
		n = address_key(a, len, key);
		if (n < 0) {
			return (int)n;
		}
		if (key[0] != '\0') {
			key[n] = '\0';
			if (vfs_stat(key, false, &st) == 0) {
				return -EADDRINUSE;
			}
		}
	}
	path_sockets = &as_files;
	mutex_lock(&names_lock);
	if (u->name != NULL) {
		r = any ? 0 : -EINVAL;
	} else {
		r = any ? autobind(u) : add_name(u, a, len, key, (size_t)n);
	}
	mutex_unlock(&names_lock);
	return r;
}

/* Out of the table. names_lock held. */
static void forget(struct un_name *name)
{
	if (!list_empty(&name->link)) {
		list_del(&name->link);
		un_name_put(name);
	}
}

void un_unbind(struct un *u)
{
	struct un_name *name = u->name;

	if (name == NULL) {
		return;
	}
	mutex_lock(&names_lock);
	/* A connection has its listener's name, but does not own it. */
	if (name->owner == u) {
		name->owner = NULL;
		if (name->key[0] == '\0') {
			forget(name);
		}
	}
	mutex_unlock(&names_lock);
}

/* A reference, unless the last one went already. */
static bool try_get(struct un *u)
{
	unsigned refs = atomic_load_explicit(&u->file.refs, memory_order_relaxed);

	while (refs != 0 &&
	       !atomic_compare_exchange_weak_explicit(&u->file.refs, &refs, refs + 1,
						      memory_order_relaxed, memory_order_relaxed)) {
	}
	return refs != 0;
}

int un_find(const struct sockaddr *a, socklen_t len, struct un **out)
{
	char key[KEY_ROOM];
	ssize_t n = address_key(a, len, key);
	struct un_name *name;
	int r = 0;

	if (n < 0) {
		return (int)n;
	}
	mutex_lock(&names_lock);
	name = lookup(key, (size_t)n);
	if (name == NULL) {
		r = key[0] == '\0' ? -ECONNREFUSED : -ENOENT;
	} else if (name->owner == NULL || !try_get(name->owner)) {
		r = -ECONNREFUSED;
	} else {
		*out = name->owner;
	}
	mutex_unlock(&names_lock);
	return r;
}

/* --- as files --------------------------------------------------------------------------------- */

static int name_stat(const char *path, struct stat *st)
{
	char key[KEY_ROOM];
	ssize_t n = path_key(path, strlen(path), key);
	struct un_name *name;

	if (n < 0) {
		return -ENOENT;
	}
	mutex_lock(&names_lock);
	name = lookup(key, (size_t)n);
	if (name != NULL) {
		memset(st, 0, sizeof(*st));
		st->st_dev = 2;
		st->st_ino = (ino_t)((uintptr_t)name / 16);
		st->st_mode = S_IFSOCK | 0777;
		st->st_nlink = 1;
	}
	mutex_unlock(&names_lock);
	return name == NULL ? -ENOENT : 0;
}

static int name_unlink(const char *path)
{
	char key[KEY_ROOM];
	ssize_t n = path_key(path, strlen(path), key);
	struct un_name *name;

	if (n < 0) {
		return -ENOENT;
	}
	mutex_lock(&names_lock);
	name = lookup(key, (size_t)n);
	if (name != NULL) {
		forget(name);
	}
	mutex_unlock(&names_lock);
	return name == NULL ? -ENOENT : 0;
}

static const struct path_sockets as_files = { .stat = name_stat, .unlink = name_unlink };
