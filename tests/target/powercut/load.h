/* SPDX-License-Identifier: MIT */
/* A stream is a kind of transaction, numbered from 1, in a folder of its own. Its numbers say all that it writes, so what
 * has to be there after a power cut follows from the last number that was acknowledged: this one or the next. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH  256
#define BLOCK 8192 /* what a transaction writes at most */

struct stream {
	const struct kind *kind;
	unsigned thread;
	char dir[160];
	uint32_t acked; /* the last one acknowledged before the boot, then the last one done */
	unsigned char *block, *other; /* BLOCK bytes each */
	bool lost;		      /* what was acknowledged is not there */
};

struct kind {
	char letter;
	/* What is there? Removes or redoes what was cut short, so that step() can go on. Returns the last number
	 * that is there whole, which is s->acked or the next; lost() says what is wrong. */
	uint32_t (*check)(struct stream *s);
	/* Do transaction @n. When it returns, it is safe. */
	void (*step)(struct stream *s, uint32_t n);
};

extern const struct kind append_kind, slots_kind, replace_kind, create_kind, folder_kind,
	length_kind;

/* main.c */
/* Something that was acknowledged is not as it has to be. */
void lost(struct stream *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A call failed that must not; ends the program. */
void must(bool good, const char *call, const char *path);
/* A number that (thread, kind, n, salt) gives, always the same. */
uint32_t number(const struct stream *s, uint32_t n, uint32_t salt);
/* The bytes of transaction @n. Returns how many, of @least to @most. */
size_t content(const struct stream *s, uint32_t n, unsigned char *to, size_t least, size_t most);
/* "dir/name" of printf() into @path. */
void path_of(const struct stream *s, char path[PATH], const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* fsync, fdatasync or sync, by the number. */
void make_safe(const struct stream *s, uint32_t n, int fd, const char *path);
/* fsync of a folder: the names in it are safe. */
void folder_safe(const char *path);
/* A file of these bytes, safe; its name is not yet. */
void write_file(const char *path, const unsigned char *data, size_t n, int flags);
/* It may be gone already. */
void remove_file(const char *path);
/* Is there a file of just these bytes? -1: none, 0: others, 1: yes. Uses s->other. */
int is_file(struct stream *s, const char *path, const unsigned char *data, size_t n);
