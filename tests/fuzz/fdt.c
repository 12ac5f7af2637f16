/* SPDX-License-Identifier: MIT */
/* Fuzzes the device tree: any blob is parsed, and then asked everything. */
#include "../unit/fdt_touch.h"

#include <libfdt.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *blob;

	if (n < sizeof(struct fdt_header)) {
		return -1;
	}
	blob = malloc(n); /* of exactly that size, and aligned */
	if (blob == NULL) {
		return -1;
	}
	memcpy(blob, data, n);
	/* The loader vouches that what the blob says of its length is there. */
	if (fdt_totalsize(blob) > n) {
		fdt_set_totalsize(blob, (uint32_t)n);
	}
	fdt_touch_all(dt_init(blob) == 0);
	free(blob);
	return 0;
}
