/* SPDX-License-Identifier: MIT */
/* Reading a file's blocks. littlefs chains them backwards with skips (its DESIGN.md, "CTZ skip-lists"): piece i begins
 * with ctz(i) + 1 pointers, to the pieces i - 1, i - 2, i - 4 and so on, of 4 bytes each; piece 0 with none. A walk
 * from the end reads a pointer for each step. What was found is kept in an index while the file is open. */
#include "littlefs.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <string.h>

#define INDEX_MAX 65536U /* pieces of a file that has an index */
#define AHEAD	  (128U << 10)

uint32_t lfs_piece(const struct lfs_fs *fs, uint32_t pos, uint32_t *off)
{
	uint32_t b = fs->cfg.block_size - 8, i = pos / b;

	if (i == 0) {
		*off = pos;
		return 0;
	}
	i = (pos - 4 * ((uint32_t)__builtin_popcount(i - 1) + 2)) / b;
	*off = pos - b * i - 4 * (uint32_t)__builtin_popcount(i);
	return i;
}

uint32_t lfs_pieces(const struct lfs_fs *fs, uint32_t size)
{
	uint32_t off;

	return size == 0 ? 0 : lfs_piece(fs, size - 1, &off) + 1;
}

void lfs_index_free(struct lfs_node *n)
{
	kfree(n->index);
	n->index = NULL;
	n->index_n = 0;
}

/* Without memory for it, each read walks. */
static void make_index(struct lfs_node *n)
{
	uint32_t pieces;

	if (n->index != NULL) {
		return;
	}
	pieces = lfs_pieces(n->fs, n->base_size);
	if (pieces < 2 || pieces > INDEX_MAX) {
		return;
	}
	n->index = kmalloc(pieces * sizeof(*n->index));
	if (n->index != NULL) {
		n->index_n = pieces;
		memset(n->index, 0xff, pieces * sizeof(*n->index));
		n->index[pieces - 1] = n->head;
	}
}

void lfs_index_moved(struct lfs_node *n, uint32_t from)
{
	uint32_t pieces = n->is_inline ? 0 : lfs_pieces(n->fs, n->base_size), off;
	uint32_t same = lfs_piece(n->fs, from, &off);
	uint32_t *index;

	if (n->index == NULL) {
		return;
	}
	index = pieces < 2 || pieces > INDEX_MAX ? NULL
						 : krealloc(n->index, pieces * sizeof(*index));
	if (index == NULL) {
		lfs_index_free(n);
		return;
	}
	n->index = index;
	n->index_n = pieces;
	if (same < pieces) {
		memset(index + same, 0xff, (pieces - same) * sizeof(*index));
	}
	index[pieces - 1] = n->head;
}

static uint32_t known(const struct lfs_node *n, uint32_t i)
{
	return n->index != NULL ? n->index[i] : LFS_NONE;
}

/* One step back from piece @i in @block: where the piece 1 << @skip before it is. */
static int follow(struct lfs_node *n, uint32_t i, uint32_t skip, uint32_t *block)
{
	struct lfs_fs *fs = n->fs;
	uint32_t to = i - (1U << skip), next = known(n, to);
	uint8_t pointer[4];
	int r;

	if (next == LFS_NONE) {
		r = cache_read(fs->dev, (uint64_t)*block * fs->cfg.block_size + 4 * skip, pointer,
			       sizeof(pointer));
		if (r != 0) {
			return r;
		}
		next = (uint32_t)lfs_take(pointer, 4);
		if (next >= fs->lfs.block_count) {
			return lfs_damaged(fs);
		}
		if (n->index != NULL) {
			n->index[to] = next;
		}
	}
	*block = next;
	return 0;
}

static int find_piece(struct lfs_node *n, uint32_t target, uint32_t *block)
{
	uint32_t at;
	int r = 0;

	*block = known(n, target);
	if (*block != LFS_NONE) {
		return 0;
	}
	at = lfs_pieces(n->fs, n->base_size) - 1;
	*block = n->head;
	if (n->head >= n->fs->lfs.block_count) {
		return lfs_damaged(n->fs);
	}
	while (at > target && r == 0) {
		/* The largest skip that does not go past it; there are ctz(at) + 1. */
		uint32_t skip = 31U - (uint32_t)__builtin_clz(at - target);

		skip = MIN(skip, (uint32_t)__builtin_ctz(at));
		r = follow(n, at, skip, block);
		at -= 1U << skip;
	}
	return r;
}

/* A reader who goes on where he was: ask for what comes, in runs of blocks side by side. */
static void read_ahead(struct lfs_node *n, uint32_t pos)
{
	struct lfs_fs *fs = n->fs;
	uint32_t off, size = fs->cfg.block_size, end = MIN(n->base_size, pos + AHEAD), block;
	uint32_t first = 0, count = 0, last;

	if (pos + AHEAD / 2 < n->ahead || pos >= n->base_size || n->index == NULL) {
		return;
	}
	last = lfs_piece(fs, end - 1, &off);
	for (uint32_t i = lfs_piece(fs, MAX(pos, n->ahead), &off); i <= last; i++) {
		if (find_piece(n, i, &block) != 0) {
			return;
		}
		if (count > 0 && block == first + count) {
			count++;
			continue;
		}
		if (count > 0) {
			cache_read_ahead(fs->dev, (uint64_t)first * size, (size_t)count * size);
		}
		first = block;
		count = 1;
	}
	if (count > 0) {
		cache_read_ahead(fs->dev, (uint64_t)first * size, (size_t)count * size);
	}
	n->ahead = end;
}

int lfs_base_read(struct lfs_node *n, uint32_t pos, void *buf, uint32_t len)
{
	struct lfs_fs *fs = n->fs;
	uint8_t *to = buf;
	uint32_t i, off, block;
	int r;

	make_index(n);
	if (pos == n->next_read && pos != 0) {
		read_ahead(n, pos + len);
	} else {
		n->ahead = 0;
	}
	n->next_read = pos + len;
	i = lfs_piece(fs, pos, &off);
	for (;;) {
		uint32_t run = MIN(len, fs->cfg.block_size - off);

		r = find_piece(n, i, &block);
		if (r == 0) {
			r = cache_read(fs->dev, (uint64_t)block * fs->cfg.block_size + off, to,
				       run);
		}
		if (r != 0 || run == len) {
			return r;
		}
		to += run;
		len -= run;
		i++;
		off = 4 * ((uint32_t)__builtin_ctz(i) + 1); /* behind its pointers */
	}
}
