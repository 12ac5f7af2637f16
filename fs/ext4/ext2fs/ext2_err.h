/* SPDX-License-Identifier: MIT */
/* The errors that the part of libext2fs that is linked (third_party/ext2fs.mk) knows; upstream makes this header with its
 * own tools. The numbers mean nothing: they are above errno's, which come through as they are. */
#pragma once

#define EXT2_ERRORS(X)              \
	X(BAD_BLOCK_IN_INODE_TABLE) \
	X(BAD_DESC_SIZE)            \
	X(BAD_INODE_NUM)            \
	X(BAD_MAGIC)                \
	X(CALLBACK_NOTHANDLED)      \
	X(CANT_INSERT_EXTENT)       \
	X(CANT_SPLIT_EXTENT)        \
	X(CANT_USE_LEGACY_BITMAPS)  \
	X(CORRUPT_SUPERBLOCK)       \
	X(DB_NOT_FOUND)             \
	X(DIRHASH_UNSUPP)           \
	X(DIR_CORRUPTED)            \
	X(DIR_CSUM_INVALID)         \
	X(DIR_NO_SPACE_FOR_CSUM)    \
	X(EXTENT_CSUM_INVALID)      \
	X(EXTENT_CYCLE)             \
	X(EXTENT_HEADER_BAD)        \
	X(EXTENT_INVALID_LENGTH)    \
	X(EXTENT_LEAF_BAD)          \
	X(EXTENT_NOT_FOUND)         \
	X(EXTENT_NO_DOWN)           \
	X(EXTENT_NO_NEXT)           \
	X(EXTENT_NO_PREV)           \
	X(EXTENT_NO_UP)             \
	X(EXTERNAL_JOURNAL_NOSUPP)  \
	X(FILE_TOO_BIG)             \
	X(GDESC_BAD_INODE_TABLE)    \
	X(INLINE_DATA_NO_BLOCK)     \
	X(INODE_CSUM_INVALID)       \
	X(INODE_IS_GARBAGE)         \
	X(INODE_NOT_EXTENT)         \
	X(INVALID_ARGUMENT)         \
	X(IO_CHANNEL_NO_SUPPORT_64) \
	X(MAGIC_BADBLOCKS_LIST)     \
	X(MAGIC_DBLIST)             \
	X(MAGIC_E2IMAGE)            \
	X(MAGIC_EXT2FS_FILSYS)      \
	X(MAGIC_EXTENT_HANDLE)      \
	X(MAGIC_EXTENT_PATH)        \
	X(MAGIC_INODE_SCAN)         \
	X(MAGIC_IO_CHANNEL)         \
	X(MAGIC_IO_MANAGER)         \
	X(MISSING_INODE_TABLE)      \
	X(NEXT_INODE_READ)          \
	X(NOT_IMAGE_FILE)           \
	X(NO_CURRENT_NODE)          \
	X(NO_DIRECTORY)             \
	X(NO_INODE_BITMAP)          \
	X(NO_MEMORY)                \
	X(OP_NOT_SUPPORTED)         \
	X(REV_TOO_HIGH)             \
	X(RO_FILSYS)                \
	X(RO_UNSUPP_FEATURE)        \
	X(SB_CSUM_INVALID)          \
	X(SET_BMAP_NO_IND)          \
	X(UNEXPECTED_BLOCK_SIZE)    \
	X(UNIMPLEMENTED)            \
	X(UNKNOWN_CSUM)             \
	X(UNSUPP_FEATURE)

enum ext2_error {
	EXT2_ET_BASE = 1000000,
#define EXT2_ERROR(name) EXT2_ET_##name,
	EXT2_ERRORS(EXT2_ERROR)
#undef EXT2_ERROR
		EXT2_FILSYS_CORRUPTED,
	EXT2_ET_LAST
};
