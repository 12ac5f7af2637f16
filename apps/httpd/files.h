/* SPDX-License-Identifier: MIT */
/* The files of the served folder, kept by path: small ones in memory behind room for a response
 * head, so that one send() does; large ones mapped. Compared with the disk once a second. */
#pragma once

#include "path.h"
#include "text.h"

#include <sys/stat.h>

/* Room for the head in front of the content; the longest that can come is 300 bytes. */
#define FILE_HEAD_ROOM 384U
/* Up to this size the content lies right behind the head. */
#define FILE_SMALL_MAX 16384U

struct file {
	struct file *chain;    /* (private) next in the bucket */
	size_t key_len;	       /* (private) */
	const char *name;      /* (private) "/a/index.html"; asked for as its first key_len bytes */
	uint32_t hash;	       /* (private) of those */
	uint32_t refs;	       /* (private) the cache has one */
	uint32_t head_stamp;   /* tick.stamp when file_set_head() was called last; 0: never */
	bool head_closes;      /* the head says that the connection ends */
	uint64_t checked_ms;   /* (private) when it was last compared with the disk */
	uint64_t used_ms;      /* (private) when it was last asked for */
	size_t cost;	       /* (private) bytes of memory that it takes */
	void *mapping;	       /* (private) to unmap, or NULL */
	void *copy;	       /* (private) to free, or NULL */
	struct timespec mtime; /* 0 when the file system keeps none */
	ino_t ino;	       /* (private) */
	size_t size;	       /* bytes of content */
	const char *body;      /* the content */
	const char *type;      /* for the Content-Type field */
	size_t etag_len;
	char etag[40];		   /* with its quotes */
	size_t head_len;	   /* of what file_set_head() was given last */
	char head[FILE_HEAD_ROOM]; /* it ends where this ends, and there the body begins */
};

/* Serve from @root. Returns 0, or -1 and errno. */
int files_init(const char *root);

/* The file that is asked for as @path (normalised, begins with a slash), if it is at hand and was
 * compared with the disk within the last second. @hash: text_hash() of it; the same @serial as in the
 * last call: the same path. The caller borrows it until the next call of files_*(), or takes a reference. */
struct file *files_peek(const char *path, size_t n, uint32_t hash, uint64_t serial);

/* The same, but goes to the disk for it. @status says why there is none: 301 (a folder, asked for
 * without its slash), 403, 404, 500, 503. */
struct file *files_get(const char *path, size_t n, int *status);

struct file *file_ref(struct file *f);
void file_unref(struct file *f);

/* Keep @head (at most FILE_HEAD_ROOM bytes) in front of the content, until tick.stamp changes or one
 * for the other fate of the connection is asked for. */
void file_set_head(struct file *f, const struct text *head, bool closes);
static inline const char *file_head(const struct file *f)
{
	return f->head + FILE_HEAD_ROOM - f->head_len;
}
