/* SPDX-License-Identifier: MIT */
/* The file cache: a hash table, bounded in entries and bytes; the longest unused goes first. */
#include "files.h"

#include "tick.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUCKETS	    64U
#define MAX_FILES   128U
#define MEMORY_PART 32U		/* the cache takes at most that part of the memory */
#define MAX_BYTES   (4UL << 20) /* and at most this */
#define CHECK_MS    1000U
#define INDEX	    "index.html"

static_assert(offsetof(struct file, head) + FILE_HEAD_ROOM == sizeof(struct file),
	      "a small body must follow the head without a gap");

static struct {
	struct file *buckets[BUCKETS];
	unsigned count;
	size_t bytes, max_bytes;
	uint64_t
		serial; /* of the last files_peek(), and what it found; NULL: nothing, or it has gone */
	struct file *last;
} cache;

int files_init(const char *root)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	cache.max_bytes = pages > 0 && size > 0 ? (size_t)pages * (size_t)size / MEMORY_PART : 0;
	if (cache.max_bytes > MAX_BYTES) {
		cache.max_bytes = MAX_BYTES;
	}
	return chdir(root);
}

static const char *type_of(const char *name)
{
	static const struct {
		char ext[8];
		const char *type;
	} types[] = {
		{ "html", "text/html; charset=utf-8" },
		{ "htm", "text/html; charset=utf-8" },
		{ "css", "text/css; charset=utf-8" },
		{ "js", "text/javascript; charset=utf-8" },
		{ "mjs", "text/javascript; charset=utf-8" },
		{ "txt", "text/plain; charset=utf-8" },
		{ "md", "text/markdown; charset=utf-8" },
		{ "csv", "text/csv; charset=utf-8" },
		{ "json", "application/json" },
		{ "map", "application/json" },
		{ "xml", "application/xml" },
		{ "svg", "image/svg+xml" },
		{ "png", "image/png" },
		{ "jpg", "image/jpeg" },
		{ "jpeg", "image/jpeg" },
		{ "gif", "image/gif" },
		{ "webp", "image/webp" },
		{ "avif", "image/avif" },
		{ "ico", "image/x-icon" },
		{ "woff", "font/woff" },
		{ "woff2", "font/woff2" },
		{ "wasm", "application/wasm" },
		{ "pdf", "application/pdf" },
		{ "zip", "application/zip" },
		{ "gz", "application/gzip" },
		{ "mp3", "audio/mpeg" },
		{ "ogg", "audio/ogg" },
		{ "mp4", "video/mp4" },
		{ "webm", "video/webm" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
		if (text_is(dot + 1, strlen(dot + 1), types[i].ext)) {
			return types[i].type;
		}
	}
	return "application/octet-stream";
}

/* Stands in for the time of change, which files packed into an image do not have. */
static uint64_t hash_content(const char *p, size_t n)
{
	uint64_t h = n, w;

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	for (; n > 0; p++, n--) {
		h = (h ^ (unsigned char)*p) * 0x100000001b3ULL;
	}
	return h;
}

static void set_etag(struct file *f)
{
	struct text t = text_in(f->etag, sizeof(f->etag));
	uint64_t ns = (uint64_t)f->mtime.tv_sec * 1000000000U + (uint64_t)f->mtime.tv_nsec;

	text_str(&t, "\"");
	text_hex(&t, f->size);
	text_str(&t, "-");
	text_hex(&t, f->mtime.tv_sec > 0 ? ns : hash_content(f->body, f->size));
	text_str(&t, "\"");
	f->etag_len = text_len(&t);
}

struct file *file_ref(struct file *f)
{
	f->refs++;
	return f;
}

void file_unref(struct file *f)
{
	if (--f->refs > 0) {
		return;
	}
	if (f->mapping != NULL) {
		munmap(f->mapping, f->size);
	}
	free(f->copy);
	free(f);
}

void file_set_head(struct file *f, const struct text *head, bool closes)
{
	f->head_len = text_len(head);
	memcpy(f->head + FILE_HEAD_ROOM - f->head_len, head->start, f->head_len);
	f->head_stamp = tick.stamp;
	f->head_closes = closes;
}

/* --- from the disk --------------------------------------------------------------------------- */

static int status_of(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return 404;
	case EACCES:
	case EPERM:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	default:
		return 500;
	}
}

/* Exactly @n bytes; -1 when there are fewer. */
static int read_all(int fd, char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			errno = got < 0 ? errno : EIO;
			return -1;
		}
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

/* Large content: in place where the file system can, else a copy. */
static int map_body(struct file *f, int fd)
{
	f->mapping = mmap(NULL, f->size, PROT_READ, MAP_SHARED, fd, 0);
	if (f->mapping != MAP_FAILED) {
		f->body = f->mapping;
		return 0;
	}
	f->mapping = NULL;
	f->copy = malloc(f->size);
	f->body = f->copy;
	f->cost += f->size;
	return f->copy == NULL ? -1 : read_all(fd, f->copy, f->size);
}

/* A file with its content; its place in the cache is the caller's business. */
static struct file *load_from(int fd, const struct stat *st, const char *name)
{
	size_t size = (size_t)st->st_size, small = size <= FILE_SMALL_MAX ? size : 0;
	size_t len = strlen(name) + 1, cost = sizeof(struct file) + small + len;
	struct file *f = malloc(cost);
	int err;

	if (f == NULL) {
		return NULL;
	}
	/* Behind the struct, and so behind its head: the content, then the name. */
	*f = (struct file){ .refs = 1, .cost = cost, .size = size, .ino = st->st_ino };
	f->mtime = st->st_mtim;
	f->type = type_of(name);
	f->body = (char *)f + sizeof(*f);
	f->name = memcpy((char *)f + sizeof(*f) + small, name, len);
	err = size > FILE_SMALL_MAX ? map_body(f, fd) : read_all(fd, (char *)f + sizeof(*f), size);
	if (err != 0) {
		file_unref(f);
		return NULL;
	}
	set_etag(f);
	return f;
}

/* @name without its slash is relative to the current folder, and that is the root. */
static struct file *load(const char *name, int *status)
{
	struct file *f = NULL;
	struct stat st;
	int fd = open(name + 1, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		*status = status_of(errno);
	} else if (S_ISREG(st.st_mode)) {
		f = load_from(fd, &st, name);
		*status = f == NULL ? status_of(errno) : 200;
	} else {
		*status = 404;
	}
	if (fd >= 0) {
		close(fd);
	}
	return f;
}

/* --- the table ------------------------------------------------------------------------------- */

static inline struct file **find(const char *path, size_t n, uint32_t hash)
{
	struct file **at = &cache.buckets[hash % BUCKETS];

	while (*at != NULL &&
	       !((*at)->hash == hash && (*at)->key_len == n && memcmp((*at)->name, path, n) == 0)) {
		at = &(*at)->chain;
	}
	return at;
}

static void evict(struct file **at)
{
	struct file *f = *at;

	*at = f->chain;
	cache.count--;
	cache.bytes -= f->cost;
	cache.last = NULL;
	file_unref(f);
}

static void evict_oldest(void)
{
	struct file **oldest = NULL;

	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct file **at = &cache.buckets[i]; *at != NULL; at = &(*at)->chain) {
			if (oldest == NULL || (*at)->used_ms < (*oldest)->used_ms) {
				oldest = at;
			}
		}
	}
	if (oldest != NULL) {
		evict(oldest);
	}
}

/* The cache's reference serves the caller too: the newest entry stays until the next call. */
static void insert(struct file *f)
{
	struct file **bucket = &cache.buckets[f->hash % BUCKETS];

	while (cache.count > 0 &&
	       (cache.count >= MAX_FILES || cache.bytes + f->cost > cache.max_bytes)) {
		evict_oldest();
	}
	f->chain = *bucket;
	*bucket = f;
	cache.count++;
	cache.bytes += f->cost;
}

/* Is @f still what lies on the disk? @st: what lies there. */
static bool is_current(const struct file *f, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_ino == f->ino && (size_t)st->st_size == f->size &&
	       st->st_mtim.tv_sec == f->mtime.tv_sec && st->st_mtim.tv_nsec == f->mtime.tv_nsec;
}

/* Apart, so that what is found at once saves no registers. */
__attribute__((noinline)) static struct file *peek_anew(const char *path, size_t n, uint32_t hash,
							uint64_t serial)
{
	cache.last = *find(path, n, hash);
	cache.serial = serial;
	return cache.last;
}

struct file *files_peek(const char *path, size_t n, uint32_t hash, uint64_t serial)
{
	struct file *f = cache.last;

	if (f == NULL || cache.serial != serial) {
		f = peek_anew(path, n, hash, serial);
	}
	if (f == NULL || tick.ms - f->checked_ms >= CHECK_MS) {
		return NULL;
	}
	f->used_ms = tick.ms;
	return f;
}

struct file *files_get(const char *path, size_t n, int *status)
{
	uint32_t hash = text_hash(path, n);
	char name[PATH_ROOM + sizeof(INDEX)];
	struct file **at = find(path, n, hash), *f;
	struct stat st;

	memcpy(name, path, n);
	memcpy(name + n, INDEX, sizeof(INDEX));
	if (path[n - 1] != '/') {
		name[n] = '\0';
	}
	if (stat(name + 1, &st) != 0) {
		*status = status_of(errno);
		st.st_mode = 0;
	} else {
		*status = S_ISDIR(st.st_mode) ? 301 : S_ISREG(st.st_mode) ? 200 : 404;
	}
	f = *at;
	if (f != NULL && (*status != 200 || !is_current(f, &st))) {
		evict(at);
		f = NULL;
	}
	if (f == NULL && *status == 200) {
		f = load(name, status);
		if (f != NULL) {
			f->hash = hash;
			f->key_len = n;
			insert(f);
		}
	}
	if (f != NULL) {
		f->checked_ms = f->used_ms = tick.ms;
	}
	return f;
}
