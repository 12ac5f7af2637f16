/* SPDX-License-Identifier: MIT */
/* FatFs, compiled here whole, and what fs/fat.c uses of its inside: the table, folders and names, of which its public calls
 * decide for themselves in what order they are written. */
#include "fat.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <string.h>

#include <ff.c>
#include <ffunicode.c>

#define MAKE_ROOM (32U << 10)

_Static_assert(FAT_NAME_BYTES == sizeof(((FILINFO *)0)->fname), "a name");

/* --- what FatFs calls ------------------------------------------------------------------------------ */

DRESULT disk_read(void *drv, BYTE *buff, DWORD sector, UINT count)
{
	struct fat *f = drv;
	int r = cache_read(f->dev, (uint64_t)sector * f->sector_size, buff,
			   (size_t)count * f->sector_size);

	f->error = r != 0 ? r : f->error;
	return r == 0 ? RES_OK : RES_ERROR;
}

DRESULT disk_write(void *drv, const BYTE *buff, DWORD sector, UINT count)
{
	struct fat *f = drv;
	int r = f->read_only ? -EROFS
			     : cache_write(f->dev, (uint64_t)sector * f->sector_size, buff,
					   (size_t)count * f->sector_size);

	f->error = r != 0 ? r : f->error;
	return r == 0 ? RES_OK : RES_ERROR;
}

DRESULT disk_ioctl(void *drv, BYTE cmd, void *buff)
{
	struct fat *f = drv;
	uint64_t sectors = f->dev->sectors * BLK_SECTOR / f->sector_size;

	switch (cmd) {
	case IOCTL_INIT:
	case IOCTL_STATUS:
		*(DSTATUS *)buff = f->read_only ? STA_PROTECT : 0;
		return RES_OK;
	case GET_SECTOR_SIZE:
		*(WORD *)buff = (WORD)f->sector_size;
		return RES_OK;
	case GET_SECTOR_COUNT:
		*(DWORD *)buff = (DWORD)MIN(sectors, (uint64_t)UINT32_MAX);
		return RES_OK;
	case GET_BLOCK_SIZE: /* where clusters should begin: on a page of the cache */
		*(DWORD *)buff = MAX(4096U, f->dev->physical_size) / f->sector_size;
		return RES_OK;
	default:
		return cmd == CTRL_SYNC ? RES_OK : RES_PARERR;
	}
}

DWORD get_fattime(void)
{
	return fat_time(fs_now());
}

static int failed(struct fat *f, FRESULT r)
{
	int e = f->error != 0 ? f->error : -EIO;

	f->error = 0;
	switch (r) {
	case FR_OK:
		return 0;
	case FR_NO_FILE:
	case FR_NO_PATH:
		return -ENOENT;
	case FR_INVALID_NAME:
	case FR_NO_FILESYSTEM:
		return -EINVAL;
	case FR_DENIED: /* a folder is full, or no more short names */
	case FR_MKFS_ABORTED:
		return -ENOSPC;
	case FR_EXIST:
		return -EEXIST;
	case FR_WRITE_PROTECTED:
		return -EROFS;
	default:
		f->lost = true;
		return r == FR_DISK_ERR ? e : -EIO;
	}
}

/* --- the volume ------------------------------------------------------------------------------------ */

/* FatFs looks at the rest. It takes sizes as they are, and 32 bits for their sums. */
uint32_t fat_geometry(const uint8_t *b, uint64_t sectors)
{
	uint32_t size = ld_word(b + BPB_BytsPerSec), root = ld_word(b + BPB_RootEntCnt);
	uint64_t total = ld_word(b + BPB_TotSec16), table = ld_word(b + BPB_FATSz16);

	if (ld_word(b + BS_55AA) != 0xAA55 || size < FF_MIN_SS || size > FF_MAX_SS ||
	    (size & (size - 1)) != 0) {
		return 0;
	}
	if (memcmp(b + BS_FilSysType, "FAT", 3) != 0 &&
	    memcmp(b + BS_FilSysType32, "FAT32", 5) != 0) {
		return 0;
	}
	total = total != 0 ? total : ld_dword(b + BPB_TotSec32);
	table = table != 0 ? table : ld_dword(b + BPB_FATSz32);
	if (total * size > sectors * BLK_SECTOR ||
	    ld_word(b + BPB_RsvdSecCnt) + table * b[BPB_NumFATs] + root / (size / FAT_ENTRY) >
		    total) {
		return 0;
	}
	return size;
}

int fat_open_volume(struct fat *f)
{
	int r;

	memset(&f->ff, 0, sizeof(f->ff));
	f->ff.drv = f;
	r = failed(f, f_mount(&f->ff));
	f->ff.lfnbuf = f->name;
	f->cluster = (uint32_t)f->ff.csize * f->sector_size;
	return r;
}

int fat_label(struct fat *f, char label[64], uint32_t *serial)
{
	DWORD vsn = 0;
	int r = failed(f, f_getlabel(&f->ff, label, &vsn));

	*serial = vsn;
	return r;
}

/* What FatFs leaves out of the boot sector: the number, and the label that is in the root as well. */
static int complete(struct fat *f, uint32_t sector, const char *label, uint32_t serial)
{
	uint8_t b[BLK_SECTOR];
	bool wide;
	size_t n = strlen(label);
	int r = cache_read(f->dev, (uint64_t)sector * f->sector_size, b, sizeof(b));

	if (r != 0) {
		return r;
	}
	wide = memcmp(b + BS_FilSysType32, "FAT32", 5) == 0;
	st_dword(b + (wide ? BS_VolID32 : BS_VolID), serial);
	if (n > 0) {
		memset(b + (wide ? BS_VolLab32 : BS_VolLab), ' ', 11);
		memcpy(b + (wide ? BS_VolLab32 : BS_VolLab), label, n);
	}
	r = cache_write(f->dev, (uint64_t)sector * f->sector_size, b, sizeof(b));
	return r != 0 || !wide || sector != 0 ? r : complete(f, 6, label, serial);
}

int fat_make(struct fat *f, const char *label, uint32_t serial)
{
	/* FAT16 has clusters that are large for little. */
	bool large = f->dev->sectors >= (512ULL << 20) / BLK_SECTOR;
	void *work = kmalloc(MAKE_ROOM);
	char name[12];
	size_t n = 0;
	int r;

	if (work == NULL) {
		return -ENOMEM;
	}
	for (; n < 11 && label[n] != '\0'; n++) {
		name[n] = label[n];
		name[n] = (char)(IsLower(name[n]) ? name[n] - 0x20 : name[n]);
		if ((unsigned char)name[n] < ' ' || (name[n] & 0x80) != 0 ||
		    strchr("+.,;=[]/\\\"*:<>?|\x7F", name[n]) != NULL) {
			name[n] = '_';
		}
	}
	name[n] = '\0';
	f->ff.drv = f;
	r = failed(f, f_mkfs(&f->ff, (BYTE)(FM_SFD | FM_FAT32 | (large ? 0 : FM_FAT)), 0, work,
			     MAKE_ROOM));
	kfree(work);
	r = r == 0 ? complete(f, 0, name, serial) : r;
	r = r == 0 ? fat_open_volume(f) : r;
	if (r == 0 && n > 0) {
		r = failed(f, f_setlabel(&f->ff, name));
	}
	r = r == 0 ? fat_flush(f) : r;
	return r == 0 ? cache_sync(f->dev) : r;
}

static uint32_t mark_at(const struct fat *f)
{
	return f->ff.fs_type == FS_FAT32 ? BS_NTres32 : BS_NTres;
}

int fat_is_marked(struct fat *f, bool *in_use)
{
	uint8_t b;
	int r = cache_read(f->dev, mark_at(f), &b, 1);

	*in_use = r == 0 && (b & 1) != 0;
	return r;
}

int fat_mark(struct fat *f, bool in_use)
{
	uint8_t b;
	int r = fat_flush(f);

	r = r == 0 ? cache_read(f->dev, mark_at(f), &b, 1) : r;
	if (r == 0) {
		b = (uint8_t)((b & ~1U) | in_use);
		r = cache_write(f->dev, mark_at(f), &b, 1);
		f->ff.winsect = 0xFFFFFFFF; /* maybe this sector, as it was */
	}
	r = r == 0 ? cache_sync_range(f->dev, 0, f->sector_size, true) : r;
	f->in_use = r == 0 ? in_use : f->in_use;
	return r;
}

int fat_write_info(struct fat *f)
{
	uint32_t n;
	int r = 0;

	if (f->ff.fs_type != FS_FAT32 || f->ff.fsi_flag != 1) {
		return 0;
	}
	r = fat_count_free(f, &n);
	return r == 0 ? failed(f, sync_fs(&f->ff)) : r;
}

int fat_flush(struct fat *f)
{
	return failed(f, sync_window(&f->ff));
}

/* --- the table ------------------------------------------------------------------------------------- */

/* FatFs's answer for a cluster: 0, an error, or the cluster in *@c. */
static int cluster_or(struct fat *f, uint32_t value, int none, uint32_t *c)
{
	*c = value;
	switch (value) {
	case 0:
		return none;
	case 1:
		return -EIO;
	case 0xFFFFFFFF:
		return failed(f, FR_DISK_ERR);
	default:
		return 0;
	}
}

int fat_next(struct fat *f, uint32_t c, uint32_t *next)
{
	FFOBJID o = { .fs = &f->ff };
	int r = cluster_or(f, get_fat(&o, c), -EIO, next);

	*next = r == 0 && *next < f->ff.n_fatent ? *next : 0;
	return r;
}

int fat_extend(struct fat *f, uint32_t last, uint32_t *c)
{
	FFOBJID o = { .fs = &f->ff };

	return cluster_or(f, create_chain(&o, last), -ENOSPC, c);
}

int fat_cut(struct fat *f, uint32_t c)
{
	FFOBJID o = { .fs = &f->ff };
	uint32_t next;
	int r = fat_next(f, c, &next);

	return r != 0 || next == 0 ? r : failed(f, remove_chain(&o, next, c));
}

int fat_free(struct fat *f, uint32_t first)
{
	FFOBJID o = { .fs = &f->ff };

	return failed(f, remove_chain(&o, first, 0));
}

int fat_peek(struct fat *f, uint32_t c, uint32_t *value)
{
	FFOBJID o = { .fs = &f->ff };

	*value = get_fat(&o, c);
	return *value == 0xFFFFFFFF ? failed(f, FR_DISK_ERR) : 0;
}

int fat_poke(struct fat *f, uint32_t c, uint32_t value)
{
	return failed(f, put_fat(&f->ff, c, value));
}

int fat_count_free(struct fat *f, uint32_t *n)
{
	DWORD free_clusters = 0;
	int r = failed(f, f_getfree(&f->ff, &free_clusters));

	*n = free_clusters;
	return r;
}

uint64_t fat_place(const struct fat *f, uint32_t c)
{
	return ((uint64_t)f->ff.database + (uint64_t)f->ff.csize * (c - 2)) * f->sector_size;
}

/* --- folders --------------------------------------------------------------------------------------- */

static void start(struct fat *f, uint32_t dir, FF_DIR *d)
{
	memset(d, 0, sizeof(*d));
	d->obj.fs = &f->ff;
	d->obj.sclust = dir;
}

int fat_rewind(struct fat *f, uint32_t dir, uint32_t off, struct fat_found *e)
{
	FRESULT r;

	start(f, dir, &e->d);
	e->sect = 0;
	r = dir_sdi(&e->d, off);
	return r == FR_INT_ERR ? -ENOENT : failed(f, r);
}

int fat_read_entry(struct fat *f, struct fat_found *e)
{
	FRESULT r = e->sect != 0 ? dir_next(&e->d, 0) : FR_OK;

	r = r == FR_OK ? DIR_READ_FILE(&e->d) : r;
	if (r != FR_OK) {
		e->sect = 0;
		return r == FR_NO_FILE ? 0 : failed(f, r);
	}
	get_fileinfo(&e->d, &e->info);
	e->sect = e->d.sect;
	e->off = e->d.dptr % f->sector_size;
	e->first = ld_clust(&f->ff, e->d.dir);
	return 1;
}

int fat_step(struct fat *f, struct fat_found *e)
{
	FRESULT r = dir_next(&e->d, 0);

	return r == FR_OK ? 1 : r == FR_NO_FILE ? 0 : failed(f, r);
}

int fat_find(struct fat *f, uint32_t dir, const char *name, struct fat_found *e)
{
	const TCHAR *path = name;
	FRESULT r;
	int n;

	start(f, dir, &e->d);
	r = create_name(&e->d, &path);
	r = r == FR_OK ? dir_find(&e->d) : r;
	if (r != FR_OK) {
		return failed(f, r);
	}
	/* Again for the name as it is on the medium, not as it was asked for. */
	n = fat_rewind(f, dir, e->d.blk_ofs != 0xFFFFFFFF ? e->d.blk_ofs : e->d.dptr, e);
	n = n == 0 ? fat_read_entry(f, e) : n;
	return n == 0 ? -EIO : MIN(n, 0);
}

/* A cluster of zeros behind @last, the last one of a folder. */
static int stretch(struct fat *f, uint32_t last)
{
	uint32_t c;
	int r = fat_extend(f, 0, &c);

	if (r != 0) {
		return r;
	}
	r = failed(f, dir_clear(&f->ff, c));
	r = r == 0 ? fat_barrier(f) : r;
	if (r == 0) {
		return fat_poke(f, last, c);
	}
	fat_free(f, c);
	return r;
}

/* See that the folder has room for @n entries in a row: FatFs would put a cluster into the chain first and clear
 * it then. */
static int make_room(struct fat *f, uint32_t dir, unsigned n)
{
	FF_DIR d;
	unsigned run = 0;
	FRESULT r;
	int e = 0;

	start(f, dir, &d);
	r = dir_sdi(&d, 0);
	while (r == FR_OK && run < n) {
		r = move_window(&f->ff, d.sect);
		if (r == FR_OK) {
			run = d.dir[DIR_Name] == DDEM || d.dir[DIR_Name] == 0 ? run + 1 : 0;
			r = run < n ? dir_next(&d, 0) : FR_OK;
		}
	}
	if (r != FR_NO_FILE) {
		return failed(f, r);
	}
	for (uint32_t last = d.clust; e == 0 && run < n; run += f->cluster / FAT_ENTRY) {
		e = last == 0 || d.dptr + f->cluster >= MAX_DIR ? -ENOSPC : stretch(f, last);
		e = e == 0 ? fat_next(f, last, &last) : e;
		d.dptr += f->cluster;
	}
	return e;
}

/* The new entry in the window has a name that was removed from another sector: that goes to the medium first. */
static int past_first(struct fat *f, uint32_t dir, const uint8_t *entry)
{
	for (unsigned i = 0; i < f->past_count; i++) {
		const struct fat_past *p = &f->past[i];

		if (p->dir == dir && p->sect != f->ff.winsect &&
		    memcmp(p->name, entry, sizeof(p->name)) == 0) {
			return cache_sync(f->dev);
		}
	}
	return 0;
}

int fat_enter(struct fat *f, uint32_t dir, const char *name, const uint8_t bytes[FAT_ENTRY],
	      bool second, struct fat_found *e)
{
	const TCHAR *path = name;
	unsigned len = 0;
	FRESULT r;
	int n;

	start(f, dir, &e->d);
	r = create_name(&e->d, &path);
	if (r != FR_OK) {
		return failed(f, r);
	}
	while (f->name[len] != 0) {
		len++;
	}
	r = dir_find(&e->d);
	if (r == FR_OK && second) {
		e->d.fn[NSFLAG] |= NS_LOSS | NS_LFN; /* so it gets another short name */
	} else if (r != FR_NO_FILE) {
		return r == FR_OK ? -EEXIST : failed(f, r);
	}
	n = make_room(f, dir, (e->d.fn[NSFLAG] & NS_LFN) != 0 ? (len + 12) / 13 + 1 : 1);
	n = n == 0 ? failed(f, dir_register(&e->d)) : n;
	if (n != 0) {
		return n;
	}
	e->d.dir[DIR_Attr] = bytes[DIR_Attr];
	e->d.dir[FAT_CASE] |= (BYTE)(fat_turn(bytes) << FAT_TURN_SHIFT);
	memcpy(e->d.dir + FAT_CASE + 1, bytes + FAT_CASE + 1, FAT_ENTRY - FAT_CASE - 1);
	f->ff.wflag = 1;
	e->sect = e->d.sect;
	e->off = e->d.dptr % f->sector_size;
	n = past_first(f, dir, e->d.dir);
	if (n != 0) {
		e->d.dir[DIR_Name] = DDEM; /* it is still in the window */
	}
	return n;
}

int fat_remove(struct fat *f, struct fat_found *e)
{
	struct fat_past *p;
	uint8_t *b;
	int r = f->past_count == FAT_PAST_MAX ? fat_barrier(f) : 0;

	r = r == 0 ? fat_entry(f, e->d.sect, e->d.dptr % f->sector_size, &b) : r;
	if (r != 0) {
		return r;
	}
	p = &f->past[f->past_count++];
	p->dir = e->d.obj.sclust;
	p->sect = e->d.sect;
	memcpy(p->name, b, sizeof(p->name));
	return failed(f, dir_remove(&e->d));
}

int fat_entry(struct fat *f, uint32_t sect, uint32_t off, uint8_t **bytes)
{
	*bytes = f->ff.win + off;
	return failed(f, move_window(&f->ff, sect));
}

void fat_entry_changed(struct fat *f)
{
	f->ff.wflag = 1;
}

static void dot(const struct fat *f, uint8_t *bytes, const char *name, uint32_t first,
		uint32_t time)
{
	memcpy(bytes, name, 11);
	bytes[DIR_Attr] = AM_DIR;
	fat_entry_set(f, bytes, first, 0, time);
}

int fat_new_folder(struct fat *f, uint32_t parent, uint32_t time, uint32_t *c)
{
	int r = fat_extend(f, 0, c);

	if (r != 0) {
		return r;
	}
	r = failed(f, dir_clear(&f->ff, *c));
	if (r != 0) {
		fat_free(f, *c);
		return r;
	}
	dot(f, f->ff.win, ".          ", *c, time);
	dot(f, f->ff.win + FAT_ENTRY, "..         ", parent, time);
	f->ff.wflag = 1;
	return 0;
}

int fat_set_parent(struct fat *f, uint32_t dir, uint32_t parent)
{
	uint8_t *b;
	int r = fat_entry(f, clst2sect(&f->ff, dir), FAT_ENTRY, &b);

	if (r == 0 && b[0] == '.' && b[1] == '.' && ld_clust(&f->ff, b) != parent) {
		st_clust(&f->ff, b, parent);
		f->ff.wflag = 1;
	}
	return r;
}

/* --- fields ---------------------------------------------------------------------------------------- */

uint32_t fat_entry_first(const struct fat *f, const uint8_t *bytes)
{
	uint32_t c = ld_word(bytes + DIR_FstClusLO);

	return f->ff.fs_type == FS_FAT32 ? c | (uint32_t)ld_word(bytes + DIR_FstClusHI) << 16 : c;
}

uint32_t fat_entry_size(const uint8_t *bytes)
{
	return ld_dword(bytes + DIR_FileSize);
}

uint32_t fat_entry_time(const uint8_t *bytes)
{
	return ld_dword(bytes + DIR_ModTime);
}

void fat_entry_set(const struct fat *f, uint8_t *bytes, uint32_t first, uint32_t size,
		   uint32_t time)
{
	st_word(bytes + DIR_FstClusLO, (WORD)first);
	if (f->ff.fs_type == FS_FAT32) {
		st_word(bytes + DIR_FstClusHI, (WORD)(first >> 16));
	}
	st_dword(bytes + DIR_FileSize, size);
	st_dword(bytes + DIR_ModTime, time);
	if (ld_dword(bytes + DIR_CrtTime) == 0) {
		st_dword(bytes + DIR_CrtTime, time);
	}
}
