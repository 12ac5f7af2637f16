/* SPDX-License-Identifier: MIT */
/* FAT, the parts of it: fatff.c is FatFs and what of its inside the others want (the table, folders, names); fat_node.c the
 * files in use, fat_file.c their content, fat_name.c their names, fat.c the mount; fat_sweep.c puts right what a power cut
 * left. Private to them.
 *
 * The order in which things reach the medium is what keeps a volume sound without a journal. The cache writes back as
 * it likes, so whatever must be there first is followed by fat_barrier():
 *   a folder's entry names only clusters whose chain and content are on the medium;
 *   a cluster is free again only when the medium has no entry that names it (fat_gone());
 *   a name that was removed is made again in another sector only when the medium has lost the first;
 *   a renamed file has both names for a while, and a number in both that tells the newer one.
 * Lost at worst: clusters that no entry names, which the next mount finds by the mark of a volume in use. */
#pragma once

#include "fat_conf.h"
#include "vnode.h"

/* Its configuration is above: nothing more to include. */
#define FFCONF_H <stddef.h>
#include <ff.h>

#define FAT_ENTRY      32U /* bytes of a folder's entry */
#define FAT_GONE_MAX   32U
#define FAT_PAST_MAX   16U
#define FAT_MARKS      64U
#define FAT_RUNS       4U
#define FAT_SIZE_MAX   0xFFFFFFFFU
#define FAT_NAME_BYTES 256U
#define FAT_ATTR_MASK  0x3FU

/* A file or folder, for its vnode. */
struct fat_node {
	struct list link; /* of fat.nodes */
	struct vnode *v;
	uint64_t ino;
	uint32_t sect; /* where its entry is; 0: the root, or its name is gone */
	uint32_t off;
	uint32_t first; /* cluster; 0: none, or a fixed root */
	uint32_t size;
	uint32_t time; /* of the last change, as in an entry: date << 16 | time */
	uint8_t attr;
	bool grown;   /* the entry has another first cluster or size than @first and @size */
	bool touched; /* the entry has another time */
	bool removed; /* its name is gone */
	/* Of each @step clusters of the chain, from the first, where it is: @known of them. */
	uint32_t marks[FAT_MARKS], step, known;
	uint32_t at, at_cluster; /* the cluster used last: its index and number; 0: none */
	/* Parts of the chain whose clusters follow each other on the medium, as they were met: most files have one. */
	struct fat_run {
		uint32_t index, cluster, count; /* 0: none */
	} runs[FAT_RUNS];
	unsigned run; /* the one that was met last */
};

struct fat {
	FATFS ff;
	WCHAR name[FF_MAX_LFN + 1]; /* FatFs's room for a name */
	struct blkdev *dev;
	bool read_only;
	bool in_use;	  /* the medium has the mark of a volume in use */
	bool lost;	  /* clusters were lost: the mark stays, the next mount looks for them */
	int error;	  /* of the last access that failed */
	uint32_t cluster; /* bytes */
	uint32_t sector_size; /* of the volume, or for one that is made */
	/* Since the last barrier a file was renamed, an entry was written with another size. */
	bool renamed, resized;
	struct list nodes;
	struct fat_node root;
	/* First clusters of chains that no entry names any more, as far as the cache knows. */
	uint32_t gone[FAT_GONE_MAX];
	unsigned gone_count;
	/* Short names that were removed, which the medium may still have. */
	struct fat_past {
		uint32_t dir, sect;
		uint8_t name[11];
	} past[FAT_PAST_MAX];
	unsigned past_count;
};

/* An entry that was found. */
struct fat_found {
	FF_DIR d;
	FILINFO info;
	uint32_t sect, off;
	uint32_t first;
};

/* --- fatff.c ------------------------------------------------------------------------------------- */

/* Errors are -errno: -EIO also for what makes no sense on the medium. */

/* Is the boot sector @b one of a volume that fits a device of @sectors (of 512 bytes)? Its sector size, or 0. */
uint32_t fat_geometry(const uint8_t *b, uint64_t sectors);
/* f->dev and f->sector_size are set. -EINVAL: no FAT. */
int fat_open_volume(struct fat *f);
int fat_label(struct fat *f, char label[64], uint32_t *serial);
int fat_make(struct fat *f, const char *label, uint32_t serial);

/* Write what is in FatFs's window to the cache. */
int fat_flush(struct fat *f);
/* The cluster behind @c; *@next 0: it is the last. */
int fat_next(struct fat *f, uint32_t c, uint32_t *next);
/* One more cluster behind @last (0: the first of a new chain). -ENOSPC. */
int fat_extend(struct fat *f, uint32_t last, uint32_t *c);
/* @c is the last of its chain; what is behind it is free. */
int fat_cut(struct fat *f, uint32_t c);
int fat_free(struct fat *f, uint32_t first);
/* The table's entry as it is, and with that value. */
int fat_peek(struct fat *f, uint32_t c, uint32_t *value);
int fat_poke(struct fat *f, uint32_t c, uint32_t value);
int fat_count_free(struct fat *f, uint32_t *n);
uint64_t fat_place(const struct fat *f, uint32_t c); /* of a valid cluster on the device */
static inline bool fat_valid(const struct fat *f, uint32_t c)
{
	return c >= 2 && c < f->ff.n_fatent;
}

/* The entry @name of the folder at cluster @dir (0: the root). -ENOENT. */
int fat_find(struct fat *f, uint32_t dir, const char *name, struct fat_found *e);
/* The next entry from where e->d is; 1, or 0 at the end. fat_rewind(): at byte @off of the folder, -ENOENT behind the end. */
int fat_rewind(struct fat *f, uint32_t dir, uint32_t off, struct fat_found *e);
int fat_read_entry(struct fat *f, struct fat_found *e);
int fat_step(struct fat *f, struct fat_found *e); /* to the next 32 bytes; the same results */
/* A new entry @name with what @bytes has besides a name; e->sect and e->off say where. @second: there is one of that name,
 * in other letters. -EEXIST, -ENOSPC, -EINVAL. */
int fat_enter(struct fat *f, uint32_t dir, const char *name, const uint8_t bytes[FAT_ENTRY],
	      bool second, struct fat_found *e);
int fat_remove(struct fat *f, struct fat_found *e);
/* The bytes of the entry at that place, in FatFs's window: until the next call. */
int fat_entry(struct fat *f, uint32_t sect, uint32_t off, uint8_t **bytes);
void fat_entry_changed(struct fat *f);
/* A cluster of zeros with "." and "..", not yet named by an entry. */
int fat_new_folder(struct fat *f, uint32_t parent, uint32_t time, uint32_t *c);
/* The ".." of the folder at @dir. */
int fat_set_parent(struct fat *f, uint32_t dir, uint32_t parent);
/* The first sector's byte that says whether the volume is in use. */
int fat_mark(struct fat *f, bool in_use);
int fat_is_marked(struct fat *f, bool *in_use);
int fat_write_info(struct fat *f); /* FAT32's count of free clusters */

/* Fields of an entry. */
uint32_t fat_entry_first(const struct fat *f, const uint8_t *bytes);
void fat_entry_set(const struct fat *f, uint8_t *bytes, uint32_t first, uint32_t size,
		   uint32_t time);
uint32_t fat_entry_size(const uint8_t *bytes);
uint32_t fat_entry_time(const uint8_t *bytes);
#define FAT_ATTR 11U
#define FAT_CASE 12U
/* Of the byte FAT_CASE: 0 for a file that was never renamed, then 1, 2, 3, 1...: of two entries with the same clusters
 * the one that has the next number is newer. */
#define FAT_TURN_SHIFT 6U
static inline unsigned fat_turn(const uint8_t *bytes)
{
	return bytes[FAT_CASE] >> FAT_TURN_SHIFT;
}
static inline unsigned fat_next_turn(unsigned turn)
{
	return turn % 3 + 1;
}

/* --- fat_file.c ---------------------------------------------------------------------------------- */

ssize_t fat_file_read(struct fat *f, struct fat_node *n, void *buf, size_t want, off_t pos);
ssize_t fat_file_write(struct fat *f, struct fat_node *n, const void *buf, size_t want, off_t *pos);
int fat_file_truncate(struct fat *f, struct fat_node *n, off_t size);
/* The chain is another one, or a shorter one. */
void fat_forget_chain(struct fat_node *n);

/* --- fat_node.c ---------------------------------------------------------------------------------- */

static inline struct fat *fat_of(const struct vnode *v)
{
	return v->mount->fs;
}
static inline struct fat_node *fat_node_of(const struct vnode *v)
{
	return v->fs;
}
/* Give @v a node, of the entry at @e. */
int fat_add_node(struct fat *f, struct vnode *v, const struct fat_found *e);
struct fat_node *fat_node_at(struct fat *f, uint32_t sect, uint32_t off);
uint64_t fat_ino(const struct fat *f, uint32_t sect, uint32_t off);
uint32_t fat_mode(uint8_t attr);
/* Something will be written: the medium says first that the volume is in use. -EROFS. */
int fat_begin(struct fat *f);
/* All that was written so far is on the medium; then the chains that are gone are free. */
int fat_barrier(struct fat *f);
/* No entry names the chain at @first (0: none) from here on. */
void fat_gone(struct fat *f, uint32_t first);

/* The entry says what the node does; what it names is in the cache at least. */
int fat_write_entry(struct fat *f, struct fat_node *n);
/* The same, in order: what it names is on the medium before. */
int fat_settle(struct fat *f, struct fat_node *n);

#define FAT_NS 1000000000ULL
/* Times are UTC, in steps of two seconds, from 1980 to 2107. */
uint32_t fat_time(uint64_t ns);
uint64_t fat_time_ns(uint32_t time);

/* --- fat_name.c ---------------------------------------------------------------------------------- */

/* Can FAT have this name? */
bool fat_good_name(const char *name);
/* The entry at that place of the folder. -ENOENT. */
int fat_find_at(struct fat *f, uint32_t dir, uint32_t sect, uint32_t off, struct fat_found *e);
int fat_is_empty(struct fat *f, uint32_t dir); /* 1, 0 */
/* The operations of those names (vnode.h). */
int fat_lookup(struct vnode *v);
int fat_create(struct vnode *v, uint32_t mode, const char *target);
int fat_unlink(struct vnode *v);
int fat_rmdir(struct vnode *v);
int fat_rename(struct vnode *v, struct vnode *to);
int fat_readdir(struct vnode *dir, struct dir_pos *pos, struct dirent *d);
void fat_closedir(struct vnode *dir, struct dir_pos *pos);

/* --- fat_sweep.c --------------------------------------------------------------------------------- */

/* The volume was not unmounted: free what no entry names, take away the older of two names. *@damage: there is more that
 * is wrong, and nothing was freed. */
int fat_sweep(struct fat *f, bool *damage);
