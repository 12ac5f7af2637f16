/* SPDX-License-Identifier: MIT */
/* The pages of a file that are newer than its blocks, by page. */
#include "littlefs.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <string.h>

#define PAGE ((uint32_t)PAGE_SIZE)

uint32_t lfs_over_at(const struct lfs_node *n, uint32_t page)
{
	uint32_t low = 0, high = n->over_n;

	if (high > 0 && n->over[high - 1].page < page) {
		return high;
	}
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (n->over[mid].page < page) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

void lfs_over_cut(struct lfs_node *n, uint32_t from)
{
	while (n->over_n > from) {
		kfree(n->over[--n->over_n].data);
		n->fs->pages--;
	}
	if (n->over_n == 0) {
		kfree(n->over);
		n->over = NULL;
		n->over_max = 0;
	}
}

static bool over_has_room(struct lfs_node *n)
{
	uint32_t more = n->over_max == 0 ? 4 : 2 * n->over_max;
	struct lfs_over *o;

	if (n->over_n < n->over_max) {
		return true;
	}
	o = krealloc(n->over, more * sizeof(*o));
	if (o == NULL) {
		return false;
	}
	n->over = o;
	n->over_max = more;
	return true;
}

/* A page of what the base and the zeros behind it have. */
static int fill(struct lfs_node *n, uint32_t page, uint8_t *data)
{
	uint32_t pos = page * PAGE, have = n->keep > pos ? MIN(n->keep - pos, PAGE) : 0;

	memset(data + have, 0, PAGE - have);
	return have > 0 ? lfs_base_read(n, pos, data, have) : 0;
}

int lfs_over_get(struct lfs_node *n, uint32_t page, bool whole, struct lfs_over **out)
{
	uint32_t i = lfs_over_at(n, page);
	uint8_t *data;
	int r;

	if (i < n->over_n && n->over[i].page == page) {
		*out = &n->over[i];
		return 0;
	}
	data = over_has_room(n) ? kmalloc(PAGE) : NULL;
	if (data == NULL) {
		return -ENOMEM;
	}
	r = whole ? 0 : fill(n, page, data);
	if (r != 0) {
		kfree(data);
		return r;
	}
	memmove(&n->over[i + 1], &n->over[i], (n->over_n - i) * sizeof(*n->over));
	n->over_n++;
	n->fs->pages++;
	n->over[i] = (struct lfs_over){ .page = page, .data = data };
	*out = &n->over[i];
	return 0;
}
