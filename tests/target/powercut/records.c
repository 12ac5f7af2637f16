/* SPDX-License-Identifier: MIT */
/* Records behind each other in a log, which is begun anew; and records in places that are written again and again. */
#include "load.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a: records are appended; the logs before the last three are removed */

#define PER_LOG 24

static size_t record(const struct stream *s, uint32_t n, unsigned char *to)
{
	return content(s, n, to, 8, n % 8 == 7 ? 5000 : 1200);
}

/* How many of the records from @n on a log begins with; *@end is where they end. */
static uint32_t records_in(struct stream *s, int fd, uint32_t n, off_t *end)
{
	uint32_t good = 0;

	*end = 0;
	while (good < PER_LOG) {
		size_t size = record(s, n + good, s->block);

		if (pread(fd, s->other, size, *end) != (ssize_t)size ||
		    memcmp(s->other, s->block, size) != 0) {
			break;
		}
		*end += (off_t)size;
		good++;
	}
	return good;
}

/* Log @k. Returns the last record in it, 0 if there is none; what is behind is cut away. */
static uint32_t check_log(struct stream *s, uint32_t k)
{
	uint32_t first = k * PER_LOG + 1, good;
	struct stat st;
	char path[PATH];
	off_t end;
	int fd;

	path_of(s, path, "log-%u", (unsigned)k);
	fd = open(path, O_RDWR);
	if (fd < 0) {
		return 0;
	}
	good = records_in(s, fd, first, &end);
	must(fstat(fd, &st) == 0, "fstat", path);
	if (good < PER_LOG && first + good <= s->acked) {
		lost(s, "%s: record %u is wrong, at %ld of %ld bytes", path,
		     (unsigned)(first + good), (long)end, (long)st.st_size);
	}
	if (st.st_size != end) {
		must(ftruncate(fd, end) == 0, "ftruncate", path);
		must(fsync(fd) == 0, "fsync", path);
	}
	must(close(fd) == 0, "close", path);
	return good > 0 ? first + good - 1 : 0;
}

static void remove_log(struct stream *s, uint32_t n)
{
	char path[PATH];

	if (n % PER_LOG == 1 && n > 3 * PER_LOG) {
		path_of(s, path, "log-%u", (unsigned)(n / PER_LOG - 3));
		unlink(path);
		folder_safe(s->dir);
	}
}

static uint32_t append_check(struct stream *s)
{
	uint32_t last = s->acked > 0 ? (s->acked - 1) / PER_LOG : 0;
	uint32_t first = last >= 2 ? last - 2 : 0, found = check_log(s, last + 1);
	struct stat st;
	char path[PATH];

	if (found == s->acked + 1 && last >= 2) {
		first++; /* a new log is there: the oldest may be gone */
	}
	for (uint32_t k = first; k <= last; k++) {
		uint32_t there = check_log(s, k);

		if (there == 0 && k * PER_LOG + 1 <= s->acked) {
			lost(s, "log-%u is not there", (unsigned)k);
		}
		found = there > found ? there : found;
	}
	if (last >= 3) {
		path_of(s, path, "log-%u", (unsigned)(last - 3));
		if (stat(path, &st) == 0) {
			lost(s, "%s was removed and is there", path);
		}
	}
	remove_log(s, found);
	return found;
}

static void append_step(struct stream *s, uint32_t n)
{
	size_t size = record(s, n, s->block), half = size / 2;
	int how = number(s, n, 1) % 4 == 0 ? O_SYNC : 0, fd;
	char path[PATH];

	path_of(s, path, "log-%u", (unsigned)((n - 1) / PER_LOG));
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | how, 0644);
	must(fd >= 0, "open", path);
	must(write(fd, s->block, half) == (ssize_t)half, "write", path);
	must(write(fd, s->block + half, size - half) == (ssize_t)(size - half), "write", path);
	if (how == 0) {
		make_safe(s, n, fd, path);
	}
	must(close(fd) == 0, "close", path);
	if (n % PER_LOG == 1) {
		folder_safe(s->dir);
	}
	remove_log(s, n);
}

const struct kind append_kind = { 'a', append_check, append_step };

/* --- s: slots of a file, written in turn */

#define SLOTS	  12
#define SLOT_SIZE 1800

/* The last transaction up to @n that wrote @slot; 0: none. */
static uint32_t slot_writer(uint32_t n, uint32_t slot)
{
	uint32_t back = (n % SLOTS + SLOTS - slot) % SLOTS;

	return n > back ? n - back : 0;
}

static void slot_bytes(const struct stream *s, uint32_t n, unsigned char *to)
{
	memset(to, 0, SLOT_SIZE);
	if (n > 0) {
		content(s, n, to, SLOT_SIZE, SLOT_SIZE);
	}
}

static bool slot_is(struct stream *s, uint32_t n)
{
	slot_bytes(s, n, s->block);
	return memcmp(s->other, s->block, SLOT_SIZE) == 0;
}

static uint32_t slots_begin(struct stream *s, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0644);

	if (s->acked > 0) {
		lost(s, "%s is not there, or too short", path);
	}
	must(fd >= 0, "open", path);
	must(ftruncate(fd, 0) == 0, "ftruncate", path);
	must(ftruncate(fd, SLOTS * SLOT_SIZE) == 0, "ftruncate", path);
	must(fsync(fd) == 0, "fsync", path);
	must(close(fd) == 0, "close", path);
	folder_safe(s->dir);
	return 0;
}

static uint32_t slots_check(struct stream *s)
{
	uint32_t next = s->acked + 1, found = s->acked;
	struct stat st;
	char path[PATH];
	int fd;

	path_of(s, path, "slots");
	if (stat(path, &st) != 0 || st.st_size != SLOTS * SLOT_SIZE) {
		return slots_begin(s, path);
	}
	fd = open(path, O_RDWR);
	must(fd >= 0, "open", path);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		must(pread(fd, s->other, SLOT_SIZE, slot * SLOT_SIZE) == SLOT_SIZE, "pread", path);
		if (slot_is(s, slot_writer(s->acked, slot))) {
			continue;
		}
		if (slot != next % SLOTS) {
			lost(s, "%s: slot %u is not what %u wrote", path, (unsigned)slot,
			     (unsigned)slot_writer(s->acked, slot));
		} else if (slot_is(s, next)) {
			found = next;
		} /* else half of it is there: written again next */
	}
	must(close(fd) == 0, "close", path);
	return found;
}

static void slots_step(struct stream *s, uint32_t n)
{
	char path[PATH];
	int fd;

	path_of(s, path, "slots");
	slot_bytes(s, n, s->block);
	fd = open(path, O_RDWR);
	must(fd >= 0, "open", path);
	must(pwrite(fd, s->block, SLOT_SIZE, n % SLOTS * SLOT_SIZE) == SLOT_SIZE, "pwrite", path);
	make_safe(s, n, fd, path);
	must(close(fd) == 0, "close", path);
}

const struct kind slots_kind = { 's', slots_check, slots_step };
