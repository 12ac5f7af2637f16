/* SPDX-License-Identifier: MIT */
/* Fuzzes the archive reader: every entry that it gives lies within the archive. */
#include <fs/cpio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static volatile unsigned sum;

static void check_entry(const struct cpio_entry *e, const char *base, size_t n)
{
	const char *data = e->data;

	if (e->name < base || e->name_len == 0 || strlen(e->name) != e->name_len || data < base ||
	    data > base + n || e->size > (size_t)(base + n - data)) {
		abort();
	}
	for (size_t i = 0; i < e->size; i++) {
		sum += (unsigned char)data[i];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *base = malloc(n > 0 ? n : 1);
	size_t pos = 0, before = 0;
	struct cpio_entry e;
	const char *why = NULL;
	int r;

	if (base == NULL) {
		return -1;
	}
	memcpy(base, data, n);
	while ((r = cpio_next(base, n, &pos, &e, &why)) == 1) {
		check_entry(&e, base, n);
		if (pos <= before) {
			abort(); /* would go on for ever */
		}
		before = pos;
	}
	if (r != 0 && (r > 0 || why == NULL)) {
		abort();
	}
	free(base);
	return 0;
}
