/* SPDX-License-Identifier: MIT */
/* cpio newc: a header of 110 ASCII characters, the name, the content; each part padded to 4. */
#include <errno.h>
#include <fs/cpio.h>
#include <string.h>

#define HEADER	     110
#define FIELD_LEN    8
#define NAME_MAX_LEN 4096

/* Offset in the header of the i-th field behind the magic. */
#define FIELD(i) (6 + (i)*FIELD_LEN)
#define F_MODE	 FIELD(1)
#define F_MTIME	 FIELD(5)
#define F_SIZE	 FIELD(6)
#define F_NAME	 FIELD(11)

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Value of a field, or -1. */
static int64_t field(const char *header, size_t offset)
{
	int64_t v = 0;

	for (size_t i = 0; i < FIELD_LEN; i++) {
		int d = hex_digit(header[offset + i]);

		if (d < 0) {
			return -1;
		}
		v = v << 4 | d;
	}
	return v;
}

static size_t pad4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static int bad(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

int cpio_next(const void *base, size_t size, size_t *pos, struct cpio_entry *e, const char **why)
{
	const char *h = (const char *)base + *pos;
	/* 32-bit values: no sum below can overflow 64 bits. */
	size_t left = *pos > size ? 0 : size - *pos, data_at;
	int64_t mode, mtime, data_size, name_size;

	if (left < HEADER) {
		return bad(why, "ends without a trailer");
	}
	if (memcmp(h, "070701", 6) != 0 && memcmp(h, "070702", 6) != 0) {
		return bad(why, "not cpio in the newc format");
	}
	mode = field(h, F_MODE);
	mtime = field(h, F_MTIME);
	data_size = field(h, F_SIZE);
	name_size = field(h, F_NAME);
	if (mode < 0 || mtime < 0 || data_size < 0 || name_size < 0) {
		return bad(why, "a header field is not a number");
	}
	if (name_size < 2 || name_size > NAME_MAX_LEN || (size_t)name_size > left - HEADER) {
		return bad(why, "bad length of a name");
	}
	e->name = h + HEADER;
	e->name_len = (size_t)name_size - 1;
	if (memchr(e->name, '\0', (size_t)name_size) != e->name + e->name_len) {
		return bad(why, "a name is not terminated");
	}
	data_at = pad4(HEADER + (size_t)name_size);
	if (data_at > left || (size_t)data_size > left - data_at) {
		return bad(why, "content beyond the end");
	}
	e->data = h + data_at;
	e->size = (size_t)data_size;
	e->mode = (uint32_t)mode;
	e->mtime = (uint32_t)mtime;
	*pos += pad4(data_at + e->size);
	return strcmp(e->name, "TRAILER!!!") != 0;
}
