/* SPDX-License-Identifier: MIT */
/* Reader of cpio archives in the newc format ("070701", cpio(5)), in place. Pure: no allocation,
 * no state; the archive may be hostile. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cpio_entry {
	const char *name; /* in the archive, terminated, at least one character */
	size_t name_len;
	const void *data; /* in the archive */
	size_t size;
	uint32_t mode;	/* S_IFMT and permissions */
	uint32_t mtime; /* seconds since 1970 */
};

/* Read the entry at *@pos of [@base, @base + @size) and move *@pos behind it. Any context.
 * Returns 1, 0 at the trailer, or -EINVAL with what is wrong in *@why. */
int cpio_next(const void *base, size_t size, size_t *pos, struct cpio_entry *e, const char **why);
