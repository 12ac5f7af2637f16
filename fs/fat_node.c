/* SPDX-License-Identifier: MIT */
/* A FAT volume's files in use, their times and numbers, and the order in which they are written (fat.h). */
#include "fat.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <sys/stat.h>

#define DAY 86400ULL
/* Days from 1970 to 1980, and to 2108. */
#define FIRST_DAY 3652U
#define END_DAY	  50403U

/* --- times ----------------------------------------------------------------------------------------- */

static unsigned days_in(unsigned year, unsigned month)
{
	return month == 2 ? (year % 4 == 0 && year != 2100 ? 29 : 28)
			  : 30 + (month + (month > 7)) % 2;
}

/* Each write asks for it: no loop. Years begin in March, so that a leap day is the last, and every fourth has one. */
uint32_t fat_time(uint64_t ns)
{
	uint64_t s = ns / FAT_NS, at = s / DAY;
	unsigned days, year, month, day;

	if (at < FIRST_DAY) {
		s = (uint64_t)FIRST_DAY * DAY;
	} else if (at >= END_DAY) {
		s = (uint64_t)END_DAY * DAY - 1;
	}
	days = (unsigned)(s / DAY) - FIRST_DAY;
	days += days >= 43889 ? 1402 : 1401; /* from the March of 1976; in 2100 February has 28 */
	year = (4 * days + 3) / 1461;
	days -= 1461 * year / 4;
	month = (5 * days + 2) / 153; /* 0: March */
	day = days - (153 * month + 2) / 5 + 1;
	year += month >= 10;
	month = month < 10 ? month + 3 : month - 9;
	s %= DAY;
	return (year + 1976 - 1980) << 25 | month << 21 | day << 16 | (uint32_t)(s / 3600) << 11 |
	       (uint32_t)(s / 60 % 60) << 5 | (uint32_t)(s % 60 / 2);
}

uint64_t fat_time_ns(uint32_t time)
{
	unsigned year = 1980 + (time >> 25), month = time >> 21 & 15, days = FIRST_DAY;

	for (unsigned y = 1980; y < year; y++) {
		days += 337 + days_in(y, 2);
	}
	for (unsigned m = 1; m < MIN(month, 13U); m++) {
		days += days_in(year, m);
	}
	days += MAX(time >> 16 & 31, 1U) - 1;
	return (days * DAY + (time >> 11 & 31) * 3600ULL + (time >> 5 & 63) * 60ULL +
		(time & 31) * 2ULL) *
	       FAT_NS;
}

/* --- nodes ----------------------------------------------------------------------------------------- */

uint64_t fat_ino(const struct fat *f, uint32_t sect, uint32_t off)
{
	return (uint64_t)sect * (f->sector_size / FAT_ENTRY) + off / FAT_ENTRY + 2;
}

struct fat_node *fat_node_at(struct fat *f, uint32_t sect, uint32_t off)
{
	struct list *p;

	list_for_each(p, &f->nodes) {
		struct fat_node *n = list_entry(p, struct fat_node, link);

		if (n->sect == sect && n->off == off) {
			return n;
		}
	}
	return NULL;
}

/* Places of entries are numbers of files, as long as no renamed file still has the one of where it was. */
static uint64_t free_ino(struct fat *f, uint64_t ino)
{
	struct list *p;

	list_for_each(p, &f->nodes) {
		if (list_entry(p, struct fat_node, link)->ino == ino) {
			return free_ino(f, ino + (1ULL << 40));
		}
	}
	return ino;
}

uint32_t fat_mode(uint8_t attr)
{
	return ((attr & AM_DIR) != 0 ? S_IFDIR | 0755 : S_IFREG | 0644) &
	       ((attr & (AM_DIR | AM_RDO)) == AM_RDO ? ~0222U : ~0U);
}

/* The node of @v, of the entry at @e. */
int fat_add_node(struct fat *f, struct vnode *v, const struct fat_found *e)
{
	struct fat_node *n = kzalloc(sizeof(*n));
	uint8_t *b;
	int r = n == NULL ? -ENOMEM : fat_entry(f, e->sect, e->off, &b);

	if (r == 0) {
		n->attr = b[FAT_ATTR] & FAT_ATTR_MASK;
		n->first = fat_entry_first(f, b);
		n->size = (n->attr & AM_DIR) != 0 ? 0 : fat_entry_size(b);
		n->time = fat_entry_time(b);
		/* The root has no entry, and cluster 0 is its. */
		r = (n->attr & AM_DIR) != 0 && !fat_valid(f, n->first) ? -EIO : 0;
	}
	if (r != 0) {
		kfree(n);
		return r;
	}
	n->v = v;
	n->sect = e->sect;
	n->off = e->off;
	n->ino = free_ino(f, fat_ino(f, e->sect, e->off));
	fat_forget_chain(n);
	list_add_tail(&f->nodes, &n->link);
	v->fs = n;
	v->ino = n->ino;
	v->mode = fat_mode(n->attr);
	return 0;
}

int fat_write_entry(struct fat *f, struct fat_node *n)
{
	uint8_t *b;
	int r = fat_entry(f, n->sect, n->off, &b);

	if (r == 0) {
		b[FAT_ATTR] |= AM_ARC;
		fat_entry_set(f, b, n->first, n->size, n->time);
		fat_entry_changed(f);
		f->resized |= n->grown;
		n->grown = n->touched = false;
	}
	return r;
}

int fat_settle(struct fat *f, struct fat_node *n)
{
	int r = 0;

	if (n->removed || !(n->grown || n->touched)) {
		return 0;
	}
	if (n->grown) {
		r = fat_barrier(f);
	}
	return r == 0 ? fat_write_entry(f, n) : r;
}

/* Something will be written: the medium says first that the volume is in use. */
int fat_begin(struct fat *f)
{
	if (f->read_only) {
		return -EROFS;
	}
	return f->in_use ? 0 : fat_mark(f, true);
}

/* --- order ----------------------------------------------------------------------------------------- */

int fat_barrier(struct fat *f)
{
	int r = fat_flush(f);

	r = r == 0 ? cache_sync(f->dev) : r;
	f->lost |= r != 0;
	if (r == 0) {
		f->past_count = 0;
		f->renamed = f->resized = false;
	}
	while (r == 0 && f->gone_count > 0) {
		/* What cannot be freed is for the next mount. */
		f->lost |= fat_free(f, f->gone[--f->gone_count]) != 0;
	}
	return r;
}

void fat_gone(struct fat *f, uint32_t first)
{
	if (first == 0) {
		return;
	}
	if (f->gone_count == FAT_GONE_MAX) {
		fat_barrier(f);
	}
	if (f->gone_count == FAT_GONE_MAX) {
		f->lost = true;
	} else {
		f->gone[f->gone_count++] = first;
	}
}
