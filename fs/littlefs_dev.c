/* SPDX-License-Identifier: MIT */
/* littlefs above the page cache: reads, programs, order on the medium, space, and finding what is on a device.
 *
 * Order. littlefs calls sync() at the end of each commit, and before a commit that names a file's new blocks. It counts
 * on this alone: what was programmed before a commit is on the medium when the commit is, and what a commit
 * frees is not programmed again before that commit is there. So a flush (barrier()) comes late, before the first program
 * that needs it, and sync() itself does nothing:
 *
 *	content of a file	   blocks that were free on the medium, in any order; but what a commit
 *				   that is still in the cache has freed may be among them: a flush if there is one
 *	commit, same block	   appended behind the last: a commit is valid by its CRC, and one behind
 *				   a torn one is not looked at. No flush between them
 *	commit, another block	   the other half of a pair that gets compacted, a folder's first block before
 *				   the name of it, a move's target before its source: a flush
 *	commit after content	   lfs2_file_sync()'s own call: a flush
 *
 * The calls in lfs2.c: lfs2_bd_sync() in lfs2_dir_commitcrc() ends every commit; in lfs2_file_sync_() it stands between
 * content and commit. There is no other. fsync() and sync() end with lfs_flush(). */
#include "littlefs.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/rand.h>
#include <string.h>

#define LOOKAHEAD_MAX 65536U
#define CACHE_SIZE    4096U
#define SECTOR	      512U
#define BLOCK_MAX     (1U << 22)

/* --- CRC-32, four bytes at a time ------------------------------------------------------------------ */

uint32_t lfs_crc(uint32_t crc, const void *p, size_t n)
{
	static uint32_t table[4][256];
	const uint8_t *c = p;

	/* Its last entry is set last; two that make it at a time write the same. */
	if (unlikely(*(volatile uint32_t *)&table[3][255] == 0)) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t v = i;

			for (int bit = 0; bit < 8; bit++) {
				v = (v >> 1) ^ ((v & 1) != 0 ? 0xedb88320U : 0);
			}
			table[0][i] = v;
		}
		for (int k = 1; k < 4; k++) {
			for (uint32_t i = 0; i < 256; i++) {
				uint32_t v = table[k - 1][i];

				table[k][i] = (v >> 8) ^ table[0][v & 255];
			}
		}
	}
	for (; n >= 4; n -= 4, c += 4) {
		crc ^= (uint32_t)lfs_take(c, 4);
		crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^
		      table[0][crc >> 24];
	}
	for (; n > 0; n--) {
		crc = (crc >> 8) ^ table[0][(crc ^ *c++) & 255];
	}
	return crc;
}

/* --- what littlefs calls --------------------------------------------------------------------------- */

static int told(struct lfs_fs *fs, int r)
{
	if (r != 0) {
		fs->dev_error = r;
		return LFS2_ERR_IO;
	}
	return 0;
}

static uint64_t place(const struct lfs_fs *fs, lfs2_block_t block, lfs2_off_t off)
{
	return (uint64_t)block * fs->cfg.block_size + off;
}

static int lfs_dev_read(const struct lfs2_config *c, lfs2_block_t block, lfs2_off_t off, void *buf,
			lfs2_size_t n)
{
	struct lfs_fs *fs = c->context;

	return told(fs, cache_read(fs->dev, place(fs, block, off), buf, n));
}

int lfs_flush(struct lfs_fs *fs)
{
	int r = 0;

	if (fs->meta_block != LFS_NONE || fs->data_pending) {
		r = cache_sync(fs->dev);
	}
	if (r == 0) {
		fs->meta_block = LFS_NONE;
		fs->data_pending = false;
	}
	return r;
}

/* See above. */
static int barrier(struct lfs_fs *fs, lfs2_block_t block)
{
	bool needed = fs->in_data ? fs->meta_block != LFS_NONE
				  : fs->data_pending ||
					    (fs->meta_block != LFS_NONE && fs->meta_block != block);

	return needed ? lfs_flush(fs) : 0;
}

static int lfs_dev_prog(const struct lfs2_config *c, lfs2_block_t block, lfs2_off_t off,
			const void *buf, lfs2_size_t n)
{
	struct lfs_fs *fs = c->context;
	int r = fs->read_only ? -EROFS : barrier(fs, block);

	if (r == 0) {
		fs->meta_block = fs->in_data ? fs->meta_block : block;
		fs->data_pending |= fs->in_data;
		r = cache_write(fs->dev, place(fs, block, off), buf, n);
	}
	return told(fs, r);
}

/* Any content can be written over. It is called for each block that is taken. */
static int lfs_dev_erase(const struct lfs2_config *c, lfs2_block_t block)
{
	struct lfs_fs *fs = c->context;

	(void)block;
	fs->used++;
	fs->used_exact = false;
	return 0;
}

static int lfs_dev_sync(const struct lfs2_config *c)
{
	(void)c;
	return 0;
}

/* --- around a call --------------------------------------------------------------------------------- */

void lfs_begin(struct lfs_fs *fs)
{
	fs->dev_error = 0;
	fs->was = fs->lfs.gstate;
	fs->was_on_disk = fs->lfs.gdisk;
}

int lfs_damaged(struct lfs_fs *fs)
{
	log_error("littlefs %s: damaged", fs->m != NULL ? fs->m->source : fs->dev->name);
	return -EIO;
}

/* littlefs has Linux's numbers; newlib's and ours are not the same. */
static int error_of(struct lfs_fs *fs, int r)
{
	switch (r) {
	case LFS2_ERR_IO:
		return fs->dev_error != 0 ? fs->dev_error : -EIO;
	case LFS2_ERR_CORRUPT:
		return lfs_damaged(fs);
	case LFS2_ERR_NOENT:
		return -ENOENT;
	case LFS2_ERR_EXIST:
		return -EEXIST;
	case LFS2_ERR_NOTDIR:
		return -ENOTDIR;
	case LFS2_ERR_ISDIR:
		return -EISDIR;
	case LFS2_ERR_NOTEMPTY:
		return -ENOTEMPTY;
	case LFS2_ERR_FBIG:
		return -EFBIG;
	case LFS2_ERR_INVAL:
		return -EINVAL;
	case LFS2_ERR_NOSPC:
		return -ENOSPC;
	case LFS2_ERR_NOMEM:
		return -ENOMEM;
	case LFS2_ERR_NAMETOOLONG:
		return -ENAMETOOLONG;
	default:
		return -EIO;
	}
}

/* What a call that failed left behind: half a commit in the program cache, which littlefs would take for its next one's;
 * a move announced in memory that the next commit of all would write, and the mount after it carry out by
 * removing the source; blocks taken that nobody has. */
int lfs_end(struct lfs_fs *fs, int r)
{
	lfs2_t *l = &fs->lfs;

	if (r >= 0) {
		return r;
	}
	/* Most often this: an answer, before anything was begun. The allocator need not look at the whole disk again. */
	if (r == LFS2_ERR_NOENT && memcmp(&l->gstate, &fs->was, sizeof(l->gstate)) == 0 &&
	    l->pcache.block == LFS_NONE) {
		return -ENOENT;
	}
	l->pcache.block = LFS_NONE;
	l->rcache.block = LFS_NONE;
	if (memcmp(&l->gdisk, &fs->was_on_disk, sizeof(l->gdisk)) == 0) {
		l->gstate = fs->was;
		memset(&l->gdelta, 0, sizeof(l->gdelta));
	}
	l->lookahead.size = 0;
	l->lookahead.next = 0;
	l->lookahead.ckpoint = l->block_count;
	return error_of(fs, r);
}

/* --- space ----------------------------------------------------------------------------------------- */

struct count {
	uint8_t *map;
	uint64_t blocks, used;
};

/* A file that is written to shares blocks with its version on the disk: each is counted once. */
static int count_block(void *arg, lfs2_block_t block)
{
	struct count *c = arg;
	uint8_t bit = (uint8_t)(1U << (block & 7));

	if (block < c->blocks && (c->map[block >> 3] & bit) == 0) {
		c->map[block >> 3] |= bit;
		c->used++;
	}
	return 0;
}

static uint8_t *used_map(struct lfs_fs *fs, uint64_t *used)
{
	struct count c = { .blocks = fs->lfs.block_count };
	int r;

	c.map = kzalloc((c.blocks + 7) / 8);
	if (c.map == NULL) {
		return NULL;
	}
	lfs_begin(fs);
	r = lfs_end(fs, lfs2_fs_traverse(&fs->lfs, count_block, &c));
	if (r != 0) {
		kfree(c.map);
		return NULL;
	}
	*used = c.used;
	return c.map;
}

static void recount(struct lfs_fs *fs)
{
	uint8_t *map = used_map(fs, &fs->used);

	if (map != NULL) {
		fs->used_exact = true;
		kfree(map);
	}
}

uint64_t lfs_free_blocks(struct lfs_fs *fs)
{
	uint64_t all = fs->lfs.block_count, taken;

	if (!fs->used_exact) {
		recount(fs);
	}
	taken = fs->used + fs->promised;
	return taken < all ? all - taken : 0;
}

/* Blocks that content does not get, so that names can still be changed and removed. */
static uint64_t spare(const struct lfs_fs *fs)
{
	uint64_t n = fs->lfs.block_count / 32;

	return n < 2 ? 2 : MIN(n, 16U);
}

bool lfs_room(struct lfs_fs *fs, uint64_t more)
{
	uint64_t want = fs->promised + more + spare(fs);

	if (more == 0 || fs->used + want <= fs->lfs.block_count) {
		return true;
	}
	if (!fs->used_exact) {
		recount(fs);
	}
	return fs->used + want <= fs->lfs.block_count;
}

void lfs_trim(struct lfs_fs *fs)
{
	uint64_t n = fs->lfs.block_count, from = 0;
	uint8_t *map;

	/* What the medium's last commit names must not go. */
	if (lfs_flush(fs) != 0) {
		return;
	}
	map = used_map(fs, &fs->used);
	if (map == NULL) {
		return;
	}
	for (uint64_t i = 0; i <= n; i++) {
		if (i < n && (map[i >> 3] & 1U << (i & 7)) == 0) {
			continue;
		}
		if (i > from && cache_discard(fs->dev, from * fs->cfg.block_size,
					      (i - from) * fs->cfg.block_size) != 0) {
			break;
		}
		from = i + 1;
	}
	kfree(map);
}

/* --- what is on a device --------------------------------------------------------------------------- */

static uint64_t bytes_of(const struct blkdev *d)
{
	return d->sectors * BLK_SECTOR;
}

static void configure(struct lfs_fs *fs, struct blkdev *d, uint32_t block_size, uint32_t blocks)
{
	struct lfs2_config *c = &fs->cfg;
	uint32_t prog = lfs_prog_size(d->block_size, d->physical_size);

	fs->dev = d;
	fs->meta_block = LFS_NONE;
	memset(c, 0, sizeof(*c));
	c->context = fs;
	c->read = lfs_dev_read;
	c->prog = lfs_dev_prog;
	c->erase = lfs_dev_erase;
	c->sync = lfs_dev_sync;
	c->block_size = block_size;
	c->block_count = blocks;
	c->block_cycles = -1; /* the device levels its wear itself */
	c->cache_size = block_size % CACHE_SIZE == 0 ? CACHE_SIZE : block_size;
	c->read_size = SECTOR;
	c->prog_size = block_size % prog == 0 && c->cache_size % prog == 0 ? prog : SECTOR;
	c->lookahead_size = ALIGN_UP(MIN((blocks + 7) / 8, LOOKAHEAD_MAX), 8U);
	c->lookahead_size = c->lookahead_size == 0 ? 8 : c->lookahead_size;
}

/* Is there a superblock of @block_size? */
static int probe(struct lfs_fs *fs, struct blkdev *d, uint32_t block_size, lfs2_superblock_t *sb)
{
	const struct lfs2_attr attrs[] = {
		{ LFS_ATTR_LABEL, fs->label, LFS_LABEL_MAX },
		{ LFS_ATTR_UUID, fs->uuid, sizeof(fs->uuid) },
	};
	uint64_t blocks;
	int r;

	if (block_size < SECTOR || block_size % SECTOR != 0 || block_size > BLOCK_MAX ||
	    2 * (uint64_t)block_size > bytes_of(d)) {
		return -EINVAL;
	}
	blocks = MIN(bytes_of(d) / block_size, (uint64_t)INT32_MAX);
	configure(fs, d, block_size, (uint32_t)blocks);
	r = lfs2_probe(&fs->lfs, &fs->cfg, sb, attrs, ARRAY_SIZE(attrs));
	if (r != 0) {
		return r == LFS2_ERR_NOMEM ? -ENOMEM : r == LFS2_ERR_IO ? fs->dev_error : -EINVAL;
	}
	return sb->block_size == block_size ? 0 : -EINVAL;
}

static bool has_magic(struct blkdev *d, uint64_t off, uint32_t *block_size)
{
	uint8_t head[28];

	/* Revision, tag, "littlefs", tag, version, block size: always the first that is in the block. */
	if (off + sizeof(head) > bytes_of(d) || cache_read(d, off, head, sizeof(head)) != 0 ||
	    memcmp(head + 8, "littlefs", 8) != 0) {
		return false;
	}
	*block_size = (uint32_t)lfs_take(head + 24, 4);
	return true;
}

/* Block 0 tells the block size; if it is the torn half of its pair, block 1 does, wherever that begins. */
static int find_superblock(struct lfs_fs *fs, struct blkdev *d, lfs2_superblock_t *sb)
{
	uint32_t n;
	int r = -EINVAL;

	if (has_magic(d, 0, &n)) {
		r = probe(fs, d, n, sb);
	}
	for (uint32_t at = SECTOR; r == -EINVAL && at <= BLOCK_MAX; at *= 2) {
		if (has_magic(d, at, &n) && n == at) {
			r = probe(fs, d, n, sb);
		}
	}
	return r;
}

int lfs_find(struct lfs_fs *fs, struct blkdev *d)
{
	lfs2_superblock_t sb;
	int r = find_superblock(fs, d, &sb);

	if (r != 0) {
		return r;
	}
	if (sb.block_count < 2 || (uint64_t)sb.block_count * sb.block_size > bytes_of(d)) {
		log_error("littlefs %s: made for %u blocks of %u bytes, more than there are",
			  d->name, sb.block_count, sb.block_size);
		return -EINVAL;
	}
	configure(fs, d, sb.block_size, sb.block_count);
	return 0;
}

int lfs_buffers(struct lfs_fs *fs)
{
	fs->cfg.read_buffer = kmalloc(fs->cfg.cache_size);
	fs->cfg.prog_buffer = kmalloc(fs->cfg.cache_size);
	fs->cfg.lookahead_buffer = kmalloc(fs->cfg.lookahead_size);
	fs->scratch = kmalloc(PAGE_SIZE);
	if (fs->cfg.read_buffer == NULL || fs->cfg.prog_buffer == NULL ||
	    fs->cfg.lookahead_buffer == NULL || fs->scratch == NULL) {
		lfs_free_buffers(fs);
		return -ENOMEM;
	}
	return 0;
}

void lfs_free_buffers(struct lfs_fs *fs)
{
	kfree(fs->cfg.read_buffer);
	kfree(fs->cfg.prog_buffer);
	kfree(fs->cfg.lookahead_buffer);
	kfree(fs->scratch);
}

static int make(struct lfs_fs *fs, const char *label)
{
	int r = lfs2_format(&fs->lfs, &fs->cfg);

	if (r == 0) {
		r = lfs2_mount(&fs->lfs, &fs->cfg);
	}
	if (r != 0) {
		return r;
	}
	rand_bytes(fs->uuid, sizeof(fs->uuid));
	fs->uuid[6] = (uint8_t)((fs->uuid[6] & 0x0f) | 0x40);
	fs->uuid[8] = (uint8_t)((fs->uuid[8] & 0x3f) | 0x80);
	r = lfs2_setattr(&fs->lfs, "/", LFS_ATTR_UUID, fs->uuid, sizeof(fs->uuid));
	if (r == 0 && label[0] != '\0') {
		r = lfs2_setattr(&fs->lfs, "/", LFS_ATTR_LABEL, label,
				 (lfs2_size_t)strnlen(label, LFS_LABEL_MAX));
	}
	lfs2_unmount(&fs->lfs);
	return r;
}

int lfs_format(struct blkdev *d, const char *label)
{
	struct lfs_fs *fs = kzalloc(sizeof(*fs));
	uint32_t size = lfs_block_size(bytes_of(d), lfs_prog_size(d->block_size, d->physical_size));
	uint64_t blocks = bytes_of(d) / size;
	int r;

	if (fs == NULL) {
		return -ENOMEM;
	}
	/* Two for the root, and some for what is to be in it. */
	if (blocks < 8) {
		kfree(fs);
		return -ENOSPC;
	}
	configure(fs, d, size, (uint32_t)MIN(blocks, (uint64_t)INT32_MAX));
	lfs_begin(fs);
	r = lfs_end(fs, make(fs, label));
	if (r == 0) {
		r = lfs_flush(fs);
	}
	kfree(fs);
	return r;
}

static void print_uuid(const uint8_t u[16], char *to)
{
	static const char digit[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			*to++ = '-';
		}
		*to++ = digit[u[i] >> 4];
		*to++ = digit[u[i] & 15];
	}
	*to = '\0';
}

bool lfs_identify(struct blkdev *d, char label[64], char uuid[40])
{
	struct lfs_fs *fs = kzalloc(sizeof(*fs));
	static const uint8_t none[16];
	lfs2_superblock_t sb;
	bool is;

	if (fs == NULL) {
		return false;
	}
	is = find_superblock(fs, d, &sb) == 0;
	label[0] = '\0';
	uuid[0] = '\0';
	if (is) {
		memcpy(label, fs->label, LFS_LABEL_MAX + 1);
		if (memcmp(fs->uuid, none, sizeof(none)) != 0) {
			print_uuid(fs->uuid, uuid);
		}
	}
	kfree(fs);
	return is;
}
