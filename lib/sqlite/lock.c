/* SPDX-License-Identifier: MIT */
/* Locks between the connections of one program, and the index of the write-ahead log that they share: in memory, as no
 * other program can have the file. The levels are SQLite's ("File Locking And Concurrency"). */
#include "vfs.h"

#include <stdlib.h>
#include <string.h>

static struct {
	pthread_mutex_t lock;
	struct shared *all;
} files = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct file *file_of(sqlite3_file *f)
{
	return (struct file *)f;
}

int lock_join(struct file *f, dev_t dev, ino_t ino)
{
	struct shared *s;

	pthread_mutex_lock(&files.lock);
	for (s = files.all; s != NULL && !(s->dev == dev && s->ino == ino); s = s->next) {
	}
	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s != NULL) {
			s->dev = dev;
			s->ino = ino;
			s->next = files.all;
			files.all = s;
		}
	}
	if (s != NULL) {
		s->users++;
	}
	f->shared = s;
	pthread_mutex_unlock(&files.lock);
	return s != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

static void free_regions(struct shared *s)
{
	for (int i = 0; i < s->n_regions; i++) {
		free(s->regions[i]);
	}
	free(s->regions);
	s->regions = NULL;
	s->n_regions = 0;
}

void lock_leave(struct file *f)
{
	struct shared *s = f->shared, **at = &files.all;

	if (s == NULL) {
		return;
	}
	unlock_file(&f->base, SQLITE_LOCK_NONE);
	shm_unmap(&f->base, 0);
	pthread_mutex_lock(&files.lock);
	if (--s->users == 0) {
		while (*at != s) {
			at = &(*at)->next;
		}
		*at = s->next;
		free_regions(s);
		free(s);
	}
	f->shared = NULL;
	pthread_mutex_unlock(&files.lock);
}

/* May @f, which has less, have @level? Mutex held. */
static bool may_lock(const struct shared *s, const struct file *f, int level)
{
	if (level == SQLITE_LOCK_SHARED) {
		return s->pending == NULL &&
		       (s->writer == NULL || s->writer->lock < SQLITE_LOCK_PENDING);
	}
	if (s->writer != NULL && s->writer != f) {
		return false;
	}
	return level < SQLITE_LOCK_EXCLUSIVE || s->readers == 1; /* itself */
}

int lock_file(sqlite3_file *base, int level)
{
	struct file *f = file_of(base);
	struct shared *s = f->shared;
	int r = SQLITE_OK;

	if (s == NULL || f->lock >= level) {
		return SQLITE_OK;
	}
	pthread_mutex_lock(&files.lock);
	if (!may_lock(s, f, level)) {
		/* Those who read may end; no new ones begin. */
		if (level == SQLITE_LOCK_EXCLUSIVE && (s->writer == NULL || s->writer == f)) {
			s->writer = s->pending = f;
			f->lock = SQLITE_LOCK_PENDING;
		}
		r = SQLITE_BUSY;
	} else {
		s->readers += f->lock == SQLITE_LOCK_NONE;
		if (level > SQLITE_LOCK_SHARED) {
			s->writer = f;
		}
		f->lock = level;
	}
	pthread_mutex_unlock(&files.lock);
	return r;
}

int unlock_file(sqlite3_file *base, int level)
{
	struct file *f = file_of(base);
	struct shared *s = f->shared;

	if (s == NULL || f->lock <= level) {
		return SQLITE_OK;
	}
	pthread_mutex_lock(&files.lock);
	if (s->writer == f) {
		s->writer = NULL;
	}
	if (s->pending == f) {
		s->pending = NULL;
	}
	s->readers -= level == SQLITE_LOCK_NONE;
	f->lock = level;
	pthread_mutex_unlock(&files.lock);
	return SQLITE_OK;
}

int check_reserved(sqlite3_file *base, int *held)
{
	struct file *f = file_of(base);

	pthread_mutex_lock(&files.lock);
	*held = f->shared != NULL && f->shared->writer != NULL;
	pthread_mutex_unlock(&files.lock);
	return SQLITE_OK;
}

/* --- the index of the log -------------------------------------------------------------------------- */

/* Room for region @i, zeros. Mutex held. */
static int add_regions(struct shared *s, int i, int size)
{
	void **regions = realloc(s->regions, ((size_t)i + 1) * sizeof(*regions));

	if (regions == NULL) {
		return SQLITE_NOMEM;
	}
	s->regions = regions;
	while (s->n_regions <= i) {
		regions[s->n_regions] = calloc(1, (size_t)size);
		if (regions[s->n_regions] == NULL) {
			return SQLITE_NOMEM;
		}
		s->n_regions++;
	}
	return SQLITE_OK;
}

int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
	struct file *f = file_of(base);
	struct shared *s = f->shared;
	int r = SQLITE_OK;

	pthread_mutex_lock(&files.lock);
	if (region >= s->n_regions && extend != 0) {
		r = add_regions(s, region, size);
	}
	s->mapped += !f->mapped;
	f->mapped = true;
	*out = r == SQLITE_OK && region < s->n_regions ? s->regions[region] : NULL;
	pthread_mutex_unlock(&files.lock);
	return r;
}

static bool may_share(const struct shared *s, int i)
{
	return s->shm_owner[i] == NULL;
}

static bool may_own(const struct shared *s, const struct file *f, int i)
{
	unsigned own = f->shm_held >> i & 1;

	return (s->shm_owner[i] == NULL || s->shm_owner[i] == f) && s->shm_readers[i] == own;
}

static void drop(struct shared *s, struct file *f, int i)
{
	if (s->shm_owner[i] == f) {
		s->shm_owner[i] = NULL;
	} else if ((f->shm_held >> i & 1) != 0) {
		f->shm_held &= ~(1U << i);
		s->shm_readers[i]--;
	}
}

static void take(struct shared *s, struct file *f, int i, bool exclusive)
{
	if (exclusive) {
		s->shm_owner[i] = f;
	} else if ((f->shm_held >> i & 1) == 0) {
		f->shm_held |= 1U << i;
		s->shm_readers[i]++;
	}
}

int shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
	struct file *f = file_of(base);
	struct shared *s = f->shared;
	bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0, may = true;

	pthread_mutex_lock(&files.lock);
	for (int i = offset; i < offset + n && (flags & SQLITE_SHM_LOCK) != 0; i++) {
		may &= exclusive ? may_own(s, f, i) : may_share(s, i);
	}
	for (int i = offset; i < offset + n && may; i++) {
		if ((flags & SQLITE_SHM_LOCK) != 0) {
			take(s, f, i, exclusive);
		} else {
			drop(s, f, i);
		}
	}
	pthread_mutex_unlock(&files.lock);
	return may ? SQLITE_OK : SQLITE_BUSY;
}

void shm_barrier(sqlite3_file *base)
{
	(void)base;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The index goes with the last who has it, and the next one makes it from the log: which may have been deleted. */
int shm_unmap(sqlite3_file *base, int remove)
{
	struct file *f = file_of(base);
	struct shared *s = f->shared;

	(void)remove;
	pthread_mutex_lock(&files.lock);
	for (int i = 0; i < SHM_LOCKS; i++) {
		drop(s, f, i);
	}
	s->mapped -= f->mapped;
	f->mapped = false;
	if (s->mapped == 0) {
		free_regions(s);
	}
	pthread_mutex_unlock(&files.lock);
	return SQLITE_OK;
}
