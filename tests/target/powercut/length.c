/* SPDX-License-Identifier: MIT */
/* l: a file becomes longer and shorter; each byte depends on its place alone. */
#include "load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 20000

static size_t length_at(const struct stream *s, uint32_t n)
{
	return n == 0 ? 0 : number(s, n, 2) % MOST;
}

static unsigned char byte_at(size_t at)
{
	return (unsigned char)(at * 7 + at / 251 + 1);
}

/* How far the bytes are right, up to @n. */
static size_t right_bytes(struct stream *s, int fd, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t want = n - at < BLOCK ? n - at : BLOCK;
		ssize_t got = pread(fd, s->block, want, (off_t)at);

		for (ssize_t i = 0; i < got; i++) {
			if (s->block[i] != byte_at(at + (size_t)i)) {
				return at + (size_t)i;
			}
		}
		if (got <= 0) {
			return at;
		}
		at += (size_t)got;
	}
	return n;
}

static void set_length(struct stream *s, int fd, const char *path, size_t from, size_t to)
{
	if (to <= from) {
		must(ftruncate(fd, (off_t)to) == 0, "ftruncate", path);
	}
	while (from < to) {
		size_t n = to - from < BLOCK ? to - from : BLOCK;

		for (size_t i = 0; i < n; i++) {
			s->block[i] = byte_at(from + i);
		}
		must(pwrite(fd, s->block, n, (off_t)from) == (ssize_t)n, "pwrite", path);
		from += n;
	}
}

static uint32_t length_check(struct stream *s)
{
	size_t old = length_at(s, s->acked), new = length_at(s, s->acked + 1);
	size_t least = old < new ? old : new, most = old < new ? new : old, right;
	uint32_t found = s->acked;
	struct stat st;
	char path[PATH];
	int fd;

	path_of(s, path, "length");
	fd = open(path, O_RDWR | (s->acked == 0 ? O_CREAT : 0), 0644);
	if (fd < 0) {
		lost(s, "%s is not there", path);
		fd = open(path, O_RDWR | O_CREAT, 0644);
	}
	must(fd >= 0, "open", path);
	must(fstat(fd, &st) == 0, "fstat", path);
	right = right_bytes(s, fd, (size_t)st.st_size);
	/* What is added may be wrong until it is safe; what stays is right in any case. */
	if (right < least || (size_t)st.st_size > most ||
	    (new < old &&right != (size_t)st.st_size)) {
		lost(s, "%s: %zu bytes of %ld are right, it should be %zu to %zu", path, right,
		     (long)st.st_size, least, most);
	}
	if ((size_t)st.st_size == new &&right == new &&new != old) {
		found = s->acked + 1;
	} else if ((size_t)st.st_size != old || right != old) {
		set_length(s, fd, path, (size_t)st.st_size, least);
		set_length(s, fd, path, least, old);
	}
	must(fsync(fd) == 0, "fsync", path);
	must(close(fd) == 0, "close", path);
	folder_safe(s->dir);
	return found;
}

static void length_step(struct stream *s, uint32_t n)
{
	char path[PATH];
	int fd;

	path_of(s, path, "length");
	fd = open(path, O_RDWR);
	must(fd >= 0, "open", path);
	set_length(s, fd, path, length_at(s, n - 1), length_at(s, n));
	make_safe(s, n, fd, path);
	must(close(fd) == 0, "close", path);
}

const struct kind length_kind = { 'l', length_check, length_step };
