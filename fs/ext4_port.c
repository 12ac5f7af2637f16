/* SPDX-License-Identifier: MIT */
/* What libext2fs finds around it: the page cache as its I/O manager, memory, checksums, and functions of its own files
 * that are not linked, because only writing needs them (those fail) or because their head says GPL (those are done
 * anew, from the documented layout). */
#include "ext4.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <stdlib.h>

#define CRC16 0xA001U

/* --- I/O ----------------------------------------------------------------------------------------- */

void ext4_io_name(struct blkdev *d, char name[20])
{
	uintptr_t at = (uintptr_t)d;

	for (int i = 15; i >= 0; i--, at >>= 4) {
		name[i] = "0123456789abcdef"[at & 15];
	}
	name[16] = '\0';
}

static errcode_t io_open(const char *name, int flags, io_channel *out)
{
	io_channel c = kzalloc(sizeof(*c));

	(void)flags;
	if (c == NULL) {
		return EXT2_ET_NO_MEMORY;
	}
	c->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	c->manager = &ext4_io;
	c->block_size = 1024;
	c->refcount = 1;
	c->private_data = (void *)strtoul(name, NULL, 16);
	*out = c;
	return 0;
}

static errcode_t io_close(io_channel c)
{
	if (--c->refcount == 0) {
		kfree(c);
	}
	return 0;
}

static errcode_t io_set_block(io_channel c, int size)
{
	c->block_size = size;
	return 0;
}

/* A @count below zero is bytes. */
static errcode_t io_read(io_channel c, unsigned long long block, int count, void *data)
{
	struct blkdev *d = c->private_data;
	uint64_t size = (uint64_t)c->block_size, end = d->sectors * BLK_SECTOR;
	uint64_t n = count < 0 ? -(uint64_t)count : (uint64_t)count * size;

	if (block > end / size || n > end - block * size) {
		return EXT2_FILSYS_CORRUPTED;
	}
	return -cache_read(d, block * size, data, n);
}

static errcode_t io_read_short(io_channel c, unsigned long block, int count, void *data)
{
	return io_read(c, block, count, data);
}

struct struct_io_manager ext4_io = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "cache",
	.open = io_open,
	.close = io_close,
	.set_blksize = io_set_block,
	.read_blk = io_read_short,
	.read_blk64 = io_read,
};

errcode_t io_channel_read_blk64(io_channel c, unsigned long long block, int count, void *data)
{
	return io_read(c, block, count, data);
}

errcode_t io_channel_alloc_buf(io_channel c, int count, void *ptr)
{
	unsigned long n = count == 0  ? (unsigned long)c->block_size
			  : count < 0 ? (unsigned long)-(long)count
				      : (unsigned long)c->block_size * (unsigned long)count;

	return ext2fs_get_mem(n, ptr);
}

errcode_t io_channel_cache_readahead(io_channel c, unsigned long long block,
				     unsigned long long count)
{
	uint64_t size = (uint64_t)c->block_size;

	cache_read_ahead(c->private_data, block * size, count * size);
	return 0;
}

/* --- memory: always zeros, for the library frees what it has not yet filled ------------------------- */

errcode_t ext2fs_get_mem(unsigned long size, void *ptr)
{
	void *p = kzalloc(size);

	memcpy(ptr, &p, sizeof(p));
	return p == NULL ? EXT2_ET_NO_MEMORY : 0;
}

errcode_t ext2fs_get_memzero(unsigned long size, void *ptr)
{
	return ext2fs_get_mem(size, ptr);
}

errcode_t ext2fs_get_array(unsigned long count, unsigned long size, void *ptr)
{
	return count != 0 && ~0UL / count < size ? EXT2_ET_NO_MEMORY
						 : ext2fs_get_mem(count * size, ptr);
}

errcode_t ext2fs_free_mem(void *ptr)
{
	void *p;

	memcpy(&p, ptr, sizeof(p));
	kfree(p);
	memset(ptr, 0, sizeof(p));
	return 0;
}

/* --- checksums ------------------------------------------------------------------------------------ */

/* CRC-32C, half a byte at a time. */
__u32 ext2fs_crc32c_le(__u32 crc, const unsigned char *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3,
		0x61C69362, 0x7198540D, 0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
		0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
	};

	while (n-- > 0) {
		crc ^= *p++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return crc;
}

unsigned int ext2fs_crc16(unsigned int crc, const void *buffer, unsigned int n);
unsigned int ext2fs_crc16(unsigned int crc, const void *buffer, unsigned int n)
{
	const uint8_t *p = buffer;

	crc &= 0xFFFF;
	while (n-- > 0) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++) {
			crc = (crc >> 1) ^ ((crc & 1) != 0 ? CRC16 : 0);
		}
	}
	return crc;
}

/* --- numbers -------------------------------------------------------------------------------------- */

unsigned int ext2fs_div_ceil(unsigned int a, unsigned int b)
{
	return a == 0 ? 0 : (a - 1) / b + 1;
}

__u64 ext2fs_div64_ceil(__u64 a, __u64 b)
{
	return a == 0 ? 0 : (a - 1) / b + 1;
}

blk64_t ext2fs_blocks_count(struct ext2_super_block *s)
{
	return s->s_blocks_count |
	       (ext2fs_has_feature_64bit(s) ? (__u64)s->s_blocks_count_hi << 32 : 0);
}

blk64_t ext2fs_group_first_block2(ext2_filsys fs, dgrp_t group)
{
	return fs->super->s_first_data_block + EXT2_GROUPS_TO_BLOCKS(fs->super, group);
}

static bool is_power_of(dgrp_t n, dgrp_t base)
{
	while (n % base == 0) {
		n /= base;
	}
	return n == 1;
}

/* The documented rule: groups 0 and 1, and with sparse_super else the powers of 3, 5 and 7. */
int ext2fs_bg_has_super(ext2_filsys fs, dgrp_t group)
{
	const struct ext2_super_block *s = fs->super;

	if (group == 0) {
		return 1;
	}
	if ((s->s_feature_compat & EXT4_FEATURE_COMPAT_SPARSE_SUPER2) != 0) {
		return group == s->s_backup_bgs[0] || group == s->s_backup_bgs[1];
	}
	return group == 1 || (s->s_feature_ro_compat & EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER) == 0 ||
	       is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

static struct ext4_group_desc *descriptor(ext2_filsys fs, dgrp_t group)
{
	return group < fs->group_desc_count ? (void *)((char *)fs->group_desc +
						       (size_t)group * EXT2_DESC_SIZE(fs->super))
					    : NULL;
}

struct ext2_group_desc *ext2fs_group_desc(ext2_filsys fs, struct opaque_ext2_group_desc *all,
					  dgrp_t group)
{
	(void)all;
	return (void *)descriptor(fs, group);
}

blk64_t ext2fs_inode_table_loc(ext2_filsys fs, dgrp_t group)
{
	const struct ext4_group_desc *d = descriptor(fs, group);

	if (d == NULL) {
		return 0;
	}
	return d->bg_inode_table |
	       (ext2fs_has_feature_64bit(fs->super) ? (__u64)d->bg_inode_table_hi << 32 : 0);
}

__u16 ext2fs_bg_checksum(ext2_filsys fs, dgrp_t group)
{
	const struct ext4_group_desc *d = descriptor(fs, group);

	return d == NULL ? 0 : d->bg_checksum;
}

/* --- what is not linked ---------------------------------------------------------------------------- */

char *ext2fs_safe_getenv(const char *name)
{
	(void)name;
	return NULL;
}

/* Functions that only writing calls, or features that are refused at the mount. */
#define NOT_LINKED(name)                                  \
	errcode_t not_linked_##name(void) __asm__(#name); \
	errcode_t not_linked_##name(void)                 \
	{                                                 \
		return EXT2_ET_OP_NOT_SUPPORTED;          \
	}
NOT_LINKED(ext2fs_alloc_block)
NOT_LINKED(ext2fs_alloc_block2)
NOT_LINKED(ext2fs_alloc_block3)
NOT_LINKED(ext2fs_bg_checksum_set)
NOT_LINKED(ext2fs_bg_flags)
NOT_LINKED(ext2fs_bg_flags_clear)
NOT_LINKED(ext2fs_bg_flags_set)
NOT_LINKED(ext2fs_bg_flags_test)
NOT_LINKED(ext2fs_bg_free_blocks_count)
NOT_LINKED(ext2fs_bg_free_inodes_count)
NOT_LINKED(ext2fs_bg_itable_unused)
NOT_LINKED(ext2fs_bg_itable_unused_set)
NOT_LINKED(ext2fs_block_alloc_stats2)
NOT_LINKED(ext2fs_djb2_hash)
NOT_LINKED(ext2fs_fast_test_inode_bitmap2)
NOT_LINKED(ext2fs_find_inode_goal)
NOT_LINKED(ext2fs_free_block_bitmap)
NOT_LINKED(ext2fs_free_inode_bitmap)
NOT_LINKED(ext2fs_hashmap_create)
NOT_LINKED(ext2fs_hashmap_free)
NOT_LINKED(ext2fs_load_nls_table)
NOT_LINKED(ext2fs_mark_super_dirty)
NOT_LINKED(ext2fs_mmp_start)
NOT_LINKED(ext2fs_mmp_stop)
NOT_LINKED(ext2fs_read_bb_inode)
NOT_LINKED(ext2fs_set_rec_len)
NOT_LINKED(ext2fs_zero_blocks2)
NOT_LINKED(io_channel_set_options)
NOT_LINKED(io_channel_write_blk64)

const char *ext4_error_name(errcode_t error)
{
	static const char *const names[] = {
#define NAME(name) #name,
		EXT2_ERRORS(NAME)
#undef NAME
	};

	return error > EXT2_ET_BASE && error < EXT2_FILSYS_CORRUPTED
		       ? names[error - EXT2_ET_BASE - 1]
		       : "FILSYS_CORRUPTED";
}
