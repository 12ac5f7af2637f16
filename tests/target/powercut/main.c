/* SPDX-License-Identifier: MIT */
/* Checks what an earlier run has written and been told is safe, then writes on until the power goes.
 *
 *   dir=/data       where; a file system of its own unless anywhere=1
 *   threads=2       that write at the same time, each to streams of its own
 *   kinds=asrcfl    of transactions
 *   acked=0a17,1r4  what was acknowledged: thread, kind, number
 *   noise=1         one more thread writes, renames and removes files and has nothing made safe
 *   steps=N         each thread ends after N transactions; without it: none does
 *   seed=N          the order of them
 *
 * A line each: "found 0a 17" is there at the boot; "lost 0a: why"; "healthy" all was looked at; "ack 0a 18" is safe. */
#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAX_THREADS 8
#define KINDS	    6

static const struct kind *const kinds[KINDS] = { &append_kind, &slots_kind,  &replace_kind,
						 &create_kind, &folder_kind, &length_kind };

static struct {
	const char *dir, *kinds, *acked;
	unsigned threads, steps, seed, noise;
	bool anywhere;
} options = { "/data", "asrcfl", "", 2, 0, 1, 0, false };

static atomic_uint losses;

/* One line, at once: threads' lines do not mix, and it is on the console when this returns. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	char line[200];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	n = n > (int)sizeof(line) - 2 ? (int)sizeof(line) - 2 : n;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)n) != n) {
		exit(4);
	}
}

void lost(struct stream *s, const char *format, ...)
{
	char why[150];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	say("lost %u%c: acknowledged %u: %s", s->thread, s->kind->letter, (unsigned)s->acked, why);
	s->lost = true;
	atomic_fetch_add(&losses, 1);
}

void must(bool good, const char *call, const char *path)
{
	if (!good) {
		say("failed: %s %s: %s", call, path, strerror(errno));
		_exit(3);
	}
}

uint32_t number(const struct stream *s, uint32_t n, uint32_t salt)
{
	uint64_t x = (uint64_t)n << 32 | s->thread << 24 | (uint32_t)s->kind->letter << 16 | salt;

	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9ULL;
	return (uint32_t)(x >> 32);
}

size_t content(const struct stream *s, uint32_t n, unsigned char *to, size_t least, size_t most)
{
	size_t size = least + number(s, n, 3) % (most - least + 1);
	uint32_t x = number(s, n, 4) | 1;

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		to[i] = (unsigned char)(x >> 24);
	}
	return size;
}

void path_of(const struct stream *s, char path[PATH], const char *format, ...)
{
	int n = snprintf(path, PATH, "%s/", s->dir);
	va_list args;

	va_start(args, format);
	vsnprintf(path + n, PATH - (size_t)n, format, args);
	va_end(args);
}

void make_safe(const struct stream *s, uint32_t n, int fd, const char *path)
{
	switch (number(s, n, 5) % 4) {
	case 0:
		sync();
		break;
	case 1:
		must(fdatasync(fd) == 0, "fdatasync", path);
		break;
	default:
		must(fsync(fd) == 0, "fsync", path);
	}
}

void folder_safe(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	must(fd >= 0, "open", path);
	must(fsync(fd) == 0, "fsync", path);
	must(close(fd) == 0, "close", path);
}

void write_file(const char *path, const unsigned char *data, size_t n, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);

	must(fd >= 0, "open", path);
	must(write(fd, data, n) == (ssize_t)n, "write", path);
	must(fsync(fd) == 0, "fsync", path);
	must(close(fd) == 0, "close", path);
}

int is_file(struct stream *s, const char *path, const unsigned char *data, size_t n)
{
	int fd = open(path, O_RDONLY);
	ssize_t got;

	if (fd < 0) {
		must(errno == ENOENT, "open", path);
		return -1;
	}
	got = read(fd, s->other, BLOCK);
	must(got >= 0, "read", path);
	must(close(fd) == 0, "close", path);
	return got == (ssize_t)n && memcmp(s->other, data, n) == 0;
}

/* --- the file system as such */

/* Every name can be looked at. Returns how many there are. */
static unsigned walk(const char *path, unsigned depth)
{
	DIR *d = opendir(path);
	struct dirent *e;
	unsigned names = 0;
	struct stat st;
	char below[256];

	must(d != NULL && depth < 8, "opendir", path);
	while ((errno = 0, e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
			continue;
		}
		names++;
		must(snprintf(below, sizeof(below), "%s/%s", path, e->d_name) < (int)sizeof(below),
		     "name", path);
		must(lstat(below, &st) == 0, "lstat", below);
		names += S_ISDIR(st.st_mode) ? walk(below, depth + 1) : 0;
	}
	must(errno == 0, "readdir", path);
	must(closedir(d) == 0, "closedir", path);
	return names;
}

static void check_mount(void)
{
	struct stat st, root;

	must(stat(options.dir, &st) == 0 && stat("/", &root) == 0, "stat", options.dir);
	if (st.st_dev == root.st_dev && !options.anywhere) {
		say("failed: nothing is mounted on %s", options.dir);
		exit(3);
	}
}

/* --- streams */

static uint32_t acked_before(unsigned thread, char letter)
{
	char name[16];
	const char *at;

	snprintf(name, sizeof(name), "%u%c", thread, letter);
	at = strstr(options.acked, name);
	return at != NULL ? (uint32_t)strtoul(at + strlen(name), NULL, 10) : 0;
}

static void open_stream(struct stream *s, unsigned thread, const struct kind *kind)
{
	s->kind = kind;
	s->thread = thread;
	s->acked = acked_before(thread, kind->letter);
	s->block = malloc(BLOCK);
	s->other = malloc(BLOCK);
	must(s->block != NULL && s->other != NULL, "malloc", "");
	must(snprintf(s->dir, sizeof(s->dir), "%s/%u%c", options.dir, thread, kind->letter) <
		     (int)sizeof(s->dir),
	     "snprintf", options.dir);
	if (mkdir(s->dir, 0755) == 0) {
		if (s->acked > 0) {
			lost(s, "%s is not there", s->dir);
		}
		folder_safe(options.dir);
	} else {
		must(errno == EEXIST, "mkdir", s->dir);
	}
}

static void check_stream(struct stream *s)
{
	uint32_t found = s->kind->check(s);

	if (found != s->acked && found != s->acked + 1 && !s->lost) {
		lost(s, "%u is there", (unsigned)found);
	}
	s->acked = found;
	say("found %u%c %u", s->thread, s->kind->letter, (unsigned)found);
}

struct worker {
	pthread_t thread;
	unsigned number, streams;
	struct stream stream[KINDS];
};

static void *work(void *arg)
{
	struct worker *w = arg;
	uint32_t x = options.seed * 2654435761U + w->number + 1;

	for (unsigned i = 0; options.steps == 0 || i < options.steps; i++) {
		struct stream *s;

		x = x * 1664525U + 1013904223U;
		s = &w->stream[(x >> 16) % w->streams];
		s->kind->step(s, s->acked + 1);
		s->acked++;
		say("ack %u%c %u", s->thread, s->kind->letter, (unsigned)s->acked);
	}
	return NULL;
}

static void noise_step(struct stream *s, uint32_t n)
{
	char path[PATH], other[PATH];
	int fd;

	path_of(s, path, "noise-%u", (unsigned)(number(s, n, 6) % 5));
	path_of(s, other, "noise-%u", (unsigned)(number(s, n, 7) % 5));
	switch (number(s, n, 8) % 8) {
	case 0:
		remove_file(path);
		break;
	case 1:
		must(rename(path, other) == 0 || errno == ENOENT, "rename", path);
		break;
	default:
		fd = open(path, O_WRONLY | O_CREAT | (n % 3 == 0 ? O_TRUNC : O_APPEND), 0644);
		must(fd >= 0, "open", path);
		must(write(fd, s->block, content(s, n, s->block, 1, BLOCK)) > 0, "write", path);
		must(lseek(fd, 0, SEEK_CUR) < 100000 || ftruncate(fd, 0) == 0, "ftruncate", path);
		must(close(fd) == 0, "close", path);
	}
}

/* Whatever is there of its files can be read. */
static void noise_check(struct stream *s)
{
	char path[PATH];

	for (unsigned i = 0; i < 5; i++) {
		int fd, n = 1;

		path_of(s, path, "noise-%u", i);
		fd = open(path, O_RDONLY);
		must(fd >= 0 || errno == ENOENT, "open", path);
		while (fd >= 0 && n > 0) {
			n = (int)read(fd, s->block, BLOCK);
			must(n >= 0, "read", path);
		}
		must(fd < 0 || close(fd) == 0, "close", path);
	}
}

static void *make_noise(void *arg)
{
	struct stream *s = arg;

	for (uint32_t n = options.seed * 1000;; n++) {
		noise_step(s, n);
		usleep(500);
	}
	return NULL;
}

static void parse(char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL) {
		say("what is %s?", word);
		exit(2);
	}
	*value++ = '\0';
	if (strcmp(word, "dir") == 0) {
		options.dir = value;
	} else if (strcmp(word, "kinds") == 0) {
		options.kinds = value;
	} else if (strcmp(word, "acked") == 0) {
		options.acked = value;
	} else if (strcmp(word, "threads") == 0) {
		options.threads = (unsigned)atoi(value);
	} else if (strcmp(word, "steps") == 0) {
		options.steps = (unsigned)atoi(value);
	} else if (strcmp(word, "seed") == 0) {
		options.seed = (unsigned)atoi(value);
	} else if (strcmp(word, "noise") == 0) {
		options.noise = (unsigned)atoi(value);
	} else if (strcmp(word, "anywhere") == 0) {
		options.anywhere = atoi(value) != 0;
	} else {
		say("what is %s?", word);
		exit(2);
	}
}

static void check_all(struct worker *w)
{
	struct statvfs v;

	for (unsigned i = 0; i < options.threads; i++) {
		w[i].number = i;
		for (unsigned k = 0; k < KINDS; k++) {
			if (strchr(options.kinds, kinds[k]->letter) != NULL) {
				open_stream(&w[i].stream[w[i].streams++], i, kinds[k]);
			}
		}
		must(w[i].streams > 0, "kinds", options.kinds);
	}
	for (unsigned i = 0; i < options.threads; i++) {
		for (unsigned k = 0; k < w[i].streams; k++) {
			check_stream(&w[i].stream[k]);
		}
	}
	must(statvfs(options.dir, &v) == 0, "statvfs", options.dir);
	must(v.f_bfree <= v.f_blocks, "statvfs's numbers", options.dir);
	say("%s: %u names, %lu of %lu KiB free", losses == 0 ? "healthy" : "damaged",
	    walk(options.dir, 0), (unsigned long)(v.f_bfree * v.f_frsize / 1024),
	    (unsigned long)(v.f_blocks * v.f_frsize / 1024));
}

static void start_noise(void)
{
	static const struct kind kind = { 'n', NULL, NULL };
	static struct stream stream;
	pthread_t thread;

	open_stream(&stream, MAX_THREADS, &kind);
	noise_check(&stream);
	if (options.noise != 0) {
		must(pthread_create(&thread, NULL, make_noise, &stream) == 0, "pthread_create", "");
	}
}

int main(int argc, char **argv)
{
	static struct worker worker[MAX_THREADS];

	for (int i = 1; i < argc; i++) {
		parse(argv[i]);
	}
	must(options.threads > 0 && options.threads <= MAX_THREADS, "threads", "");
	check_mount();
	check_all(worker);
	if (losses > 0) {
		return 1;
	}
	start_noise();
	for (unsigned i = 0; i < options.threads; i++) {
		must(pthread_create(&worker[i].thread, NULL, work, &worker[i]) == 0,
		     "pthread_create", "");
	}
	for (unsigned i = 0; i < options.threads; i++) {
		pthread_join(worker[i].thread, NULL);
	}
	say("done");
	return 0;
}
