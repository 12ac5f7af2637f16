/* SPDX-License-Identifier: MIT */
/* What a power cut leaves behind, put right when the volume is mounted again: walk all folders, mark the clusters that
 * entries name, and free the others. Bounded for a hostile volume: no cluster is walked twice. */
#include "fat.h"

#include <errno.h>
#include <fs/cache.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <string.h>

#define TWICE_MAX 8U /* files with two names; a power cut leaves one or two */

struct folder {
	uint32_t first, parent;
};

/* Where the entry is whose chain begins at @first. */
struct start {
	uint32_t first, size;
	uint32_t dir, off;
	unsigned turn;
};

struct sweep {
	struct fat *f;
	uint8_t *used; /* a bit for each cluster */
	struct folder *folders;
	size_t folder_count, folder_room;
	struct start *starts;
	size_t start_count, start_room;
	struct fat_found at, other;
	unsigned twice;
	bool damage;
};

static bool is_used(const struct sweep *s, uint32_t c)
{
	return (s->used[c / 8] >> c % 8 & 1) != 0;
}

/* Room for one more of @size bytes in the array at *@p, of which @count are there. */
static int grow(void **p, size_t count, size_t *room, size_t size)
{
	void *q;

	if (count < *room) {
		return 0;
	}
	q = krealloc(*p, MAX(*room * 2, (size_t)16) * size);
	if (q == NULL) {
		return -ENOMEM;
	}
	*p = q;
	*room = MAX(*room * 2, (size_t)16);
	return 0;
}

static int add_folder(struct sweep *s, uint32_t first, uint32_t parent)
{
	int r = grow((void **)&s->folders, s->folder_count, &s->folder_room, sizeof(*s->folders));

	if (r == 0) {
		s->folders[s->folder_count++] = (struct folder){ first, parent };
	}
	return r;
}

/* The least value that ends a chain; what is less and no cluster is torn, or bad. */
static uint32_t end_of_chain(const struct fat *f)
{
	return f->ff.fs_type == FS_FAT32 ? 0x0FFFFFF8 : f->ff.fs_type == FS_FAT16 ? 0xFFF8 : 0xFF8;
}

/* Mark @max clusters from @c, or up to the end of the chain for UINT32_MAX. What is behind them is not the file's: a power
 * cut may leave a chain that is longer, and that goes where it should not. */
static int mark(struct sweep *s, uint32_t c, uint32_t max)
{
	struct fat *f = s->f;
	uint32_t next = c;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < max; i++) {
		if (next >= f->ff.n_fatent && max == UINT32_MAX) {
			break;
		}
		if (!fat_valid(f, next) || is_used(s, next)) {
			s->damage = true;
			return 0;
		}
		c = next;
		s->used[c / 8] |= (uint8_t)(1U << c % 8);
		r = fat_peek(f, c, &next);
	}
	return r == 0 && next < end_of_chain(f) ? fat_poke(f, c, 0x0FFFFFFF) : r;
}

static struct start *find(struct sweep *s, uint32_t first)
{
	for (size_t i = 0; i < s->start_count; i++) {
		if (s->starts[i].first == first) {
			return &s->starts[i];
		}
	}
	return NULL;
}

static int remove_at(struct sweep *s, uint32_t dir, uint32_t off)
{
	int r = fat_rewind(s->f, dir, 0, &s->other);

	while (r == 0 && (r = fat_read_entry(s->f, &s->other)) == 1) {
		r = 0;
		if (s->other.d.dptr == off) {
			return fat_remove(s->f, &s->other);
		}
	}
	s->damage = true;
	return MIN(r, 0);
}

/* A rename was cut: the entry @now of the folder @dir and an earlier one name the same. The older one goes. */
static int two_names(struct sweep *s, const struct start *now, bool folder)
{
	struct start *was = find(s, now->first);
	int r = 0;

	if (was == NULL || was->size != now->size || ++s->twice > TWICE_MAX) {
		s->damage = true;
		return 0;
	}
	if (fat_next_turn(was->turn) == now->turn) {
		r = remove_at(s, was->dir, was->off);
		*was = *now;
	} else if (fat_next_turn(now->turn) == was->turn) {
		r = fat_remove(s->f, &s->at);
	} else {
		s->damage = true;
	}
	for (size_t i = 0; folder && r == 0 && i < s->folder_count; i++) {
		if (s->folders[i].first == now->first) {
			s->folders[i].parent = was->dir;
			r = fat_set_parent(s->f, now->first, was->dir);
		}
	}
	return r;
}

/* The entry s->at of the folder @dir. */
static int entry(struct sweep *s, uint32_t dir)
{
	struct fat *f = s->f;
	struct start e = { .first = s->at.first, .dir = dir, .off = s->at.d.dptr };
	bool folder = (s->at.info.fattrib & AM_DIR) != 0;
	uint8_t *b;
	int r = fat_entry(f, s->at.sect, s->at.off, &b);

	if (r != 0) {
		return r;
	}
	e.size = folder ? UINT32_MAX : fat_entry_size(b);
	e.turn = fat_turn(b);
	if (e.size == 0) {
		if (e.first != 0) {
			fat_entry_set(f, b, 0, 0, fat_entry_time(b));
			fat_entry_changed(f);
		}
		return 0;
	}
	if (!fat_valid(f, e.first)) {
		s->damage = true;
		return 0;
	}
	if (is_used(s, e.first)) {
		return two_names(s, &e, folder);
	}
	r = grow((void **)&s->starts, s->start_count, &s->start_room, sizeof(e));
	if (r != 0) {
		return r;
	}
	s->starts[s->start_count++] = e;
	if (folder) {
		r = mark(s, e.first, UINT32_MAX);
		return r == 0 ? add_folder(s, e.first, dir) : r;
	}
	return mark(s, e.first, e.size / f->cluster + (e.size % f->cluster != 0));
}

/* --- long names without a file --------------------------------------------------------------------- */

#define LONG_NAME  0x0FU /* attributes of an entry that is a piece of one */
#define LAST_PIECE 0x40U /* the last comes first */
#define REMOVED	   0xE5U
#define LABEL	   0x08U
#define NO_PIECE   UINT32_MAX

/* The pieces from byte @from to @to of the folder @dir go. */
static int drop_pieces(struct sweep *s, uint32_t dir, uint32_t from, uint32_t to)
{
	int r = fat_rewind(s->f, dir, from, &s->other), more = 1;

	while (r == 0 && more == 1 && s->other.d.dptr < to) {
		uint8_t *b;

		r = fat_entry(s->f, s->other.d.sect, s->other.d.dptr % s->f->sector_size, &b);
		if (r == 0) {
			b[0] = REMOVED;
			fat_entry_changed(s->f);
			more = fat_step(s->f, &s->other);
		}
	}
	return r == 0 ? MIN(more, 0) : r;
}

static uint8_t sum_of(const uint8_t *name)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++) {
		sum = (uint8_t)((sum >> 1) + (sum << 7) + name[i]);
	}
	return sum;
}

/* Where the unfinished long name begins, after the entry @b at @at, and which piece came last. */
struct pieces {
	uint32_t from;
	uint8_t order, sum;
};

/* Pieces up to @at are to go: from *@from. */
static bool is_broken(struct pieces *p, const uint8_t *b, uint32_t at, uint32_t *from, uint32_t *to)
{
	bool piece = b[0] != REMOVED && b[0] != 0 && (b[FAT_ATTR] & FAT_ATTR_MASK) == LONG_NAME;
	bool next = piece && p->from != NO_PIECE && b[0] == p->order - 1 && b[0] != 0 &&
		    b[13] == p->sum;

	*from = p->from;
	*to = at;
	if (next) {
		p->order = b[0];
		return false;
	}
	if (piece && (b[0] & LAST_PIECE) != 0) {
		*p = (struct pieces){ at, b[0] & 0x3F, b[13] };
	} else {
		bool whole = !piece && b[0] != REMOVED && b[0] != 0 && p->order == 1 &&
			     (b[FAT_ATTR] & LABEL) == 0 && sum_of(b) == p->sum;

		p->from = NO_PIECE;
		*from = whole ? NO_PIECE : *from;
		if (piece) {
			*from = MIN(*from, at);
			*to = at + FAT_ENTRY;
		}
	}
	return *from != NO_PIECE;
}

/* Names that were cut while they were made or removed, and entries behind the end, of which only the sector
 * reached the medium: they would be seen again when the folder grows. */
static int tidy(struct sweep *s, uint32_t dir)
{
	struct pieces p = { .from = NO_PIECE };
	bool end = false;
	int r = fat_rewind(s->f, dir, 0, &s->at), more = 1;

	while (r == 0 && more == 1) {
		uint32_t from, to;
		uint8_t *b;

		r = fat_entry(s->f, s->at.d.sect, s->at.d.dptr % s->f->sector_size, &b);
		if (r != 0) {
			break;
		}
		if (end && b[0] != 0) {
			memset(b, 0, FAT_ENTRY);
			fat_entry_changed(s->f);
		} else if (!end && is_broken(&p, b, s->at.d.dptr, &from, &to)) {
			end = b[0] == 0;
			r = drop_pieces(s, dir, from, to);
		} else {
			end |= b[0] == 0;
		}
		more = r == 0 ? fat_step(s->f, &s->at) : r;
	}
	if (r == 0 && more == 0 && !end && p.from != NO_PIECE) {
		return drop_pieces(s, dir, p.from, UINT32_MAX);
	}
	return r == 0 ? MIN(more, 0) : r;
}

static int walk_folders(struct sweep *s)
{
	int r = add_folder(s, 0, 0);

	if (r == 0 && s->f->ff.fs_type == FS_FAT32) {
		r = mark(s, s->f->ff.dirbase, UINT32_MAX);
	}
	for (size_t i = 0; r == 0 && !s->damage && i < s->folder_count; i++) {
		uint32_t dir = s->folders[i].first;

		r = dir != 0 ? fat_set_parent(s->f, dir, s->folders[i].parent) : 0;
		r = r == 0 ? tidy(s, dir) : r;
		r = r == 0 ? fat_rewind(s->f, dir, 0, &s->at) : r;
		while (r == 0 && !s->damage && (r = fat_read_entry(s->f, &s->at)) == 1) {
			r = entry(s, dir);
		}
	}
	return r;
}

/* Free what is not marked. Clusters that are marked as bad stay so. */
static int free_others(struct sweep *s)
{
	struct fat *f = s->f;
	uint32_t bad = end_of_chain(f) - 1;
	uint32_t freed = 0, none = 0, value;
	int r = 0;

	for (uint32_t c = 2; r == 0 && c < f->ff.n_fatent; c++) {
		r = fat_peek(f, c, &value);
		if (r == 0 && value != 0 && value != bad && !is_used(s, c)) {
			r = fat_poke(f, c, 0);
			value = 0;
			freed++;
		}
		none += value == 0;
	}
	if (r == 0) {
		f->ff.free_clst = none;
		f->ff.fsi_flag |= 1;
		log_info("%s: FAT: was not unmounted; %u lost clusters are free again",
			 f->dev->name, (unsigned)freed);
	}
	return r;
}

/* The second table is as the first. */
static int mirror(struct fat *f)
{
	uint8_t *b = kmalloc(2UL * f->sector_size);
	int r = b == NULL ? -ENOMEM : fat_flush(f);

	for (uint32_t i = 0; r == 0 && f->ff.n_fats == 2 && i < f->ff.fsize; i++) {
		uint64_t at = (uint64_t)(f->ff.fatbase + i) * f->sector_size;
		uint64_t second = at + (uint64_t)f->ff.fsize * f->sector_size;

		r = cache_read(f->dev, at, b, f->sector_size);
		r = r == 0 ? cache_read(f->dev, second, b + f->sector_size, f->sector_size) : r;
		if (r == 0 && memcmp(b, b + f->sector_size, f->sector_size) != 0) {
			r = cache_write(f->dev, second, b, f->sector_size);
		}
	}
	kfree(b);
	return r;
}

int fat_sweep(struct fat *f, bool *damage)
{
	struct sweep *s = kzalloc(sizeof(*s));
	int r = -ENOMEM, e;

	if (s == NULL) {
		return -ENOMEM;
	}
	s->f = f;
	s->used = kzalloc(f->ff.n_fatent / 8 + 1);
	if (s->used != NULL) {
		r = walk_folders(s);
		r = r == 0 && !s->damage ? free_others(s) : r;
		r = r == 0 && !s->damage ? mirror(f) : r;
	}
	e = fat_flush(f);
	*damage = s->damage;
	kfree(s->used);
	kfree(s->folders);
	kfree(s->starts);
	kfree(s);
	return r == 0 ? e : r;
}
