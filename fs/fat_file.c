/* SPDX-License-Identifier: MIT */
/* What is in a file of a FAT volume: clusters found by the table, bytes by the cache, of any place and length. */
#include "fat.h"

#include <errno.h>
#include <fs/cache.h>
#include <string.h>

static const uint8_t zeros[512];

static uint32_t clusters_of(const struct fat *f, uint32_t size)
{
	return size / f->cluster + (size % f->cluster != 0);
}

void fat_forget_chain(struct fat_node *n)
{
	n->known = 0;
	n->step = 1;
	n->at_cluster = 0;
	memset(n->runs, 0, sizeof(n->runs));
}

static struct fat_run *run_of(struct fat_node *n, uint32_t i)
{
	for (unsigned k = 0; k < FAT_RUNS; k++) {
		if (i - n->runs[k].index < n->runs[k].count) {
			n->run = k;
			return &n->runs[k];
		}
	}
	return NULL;
}

/* The cluster at @i is @c: its run is one longer, or a new one. Another's end may lie in it, which does no harm. */
static void remember_run(struct fat_node *n, uint32_t i, uint32_t c)
{
	struct fat_run *r = &n->runs[n->run];

	if (i - r->index < r->count) {
		return;
	}
	if (r->count > 0 && i == r->index + r->count && c == r->cluster + r->count) {
		r->count++;
		return;
	}
	if (run_of(n, i) == NULL) {
		n->run = (n->run + 1) % FAT_RUNS;
		n->runs[n->run] = (struct fat_run){ i, c, 1 };
	}
}

/* The cluster at @i is @c: worth remembering if it is the next that a mark is for. */
static void remember(struct fat_node *n, uint32_t i, uint32_t c)
{
	n->at = i;
	n->at_cluster = c;
	remember_run(n, i, c);
	if (i % n->step != 0 || i / n->step != n->known) {
		return;
	}
	if (n->known == FAT_MARKS) {
		for (unsigned k = 0; k < FAT_MARKS / 2; k++) {
			n->marks[k] = n->marks[2 * k];
		}
		n->known /= 2;
		n->step *= 2;
	}
	if (i % n->step == 0) {
		n->marks[n->known++] = c;
	}
}

/* The cluster at @index of the chain. -EIO: it is not that long. */
static int cluster_at(struct fat *f, struct fat_node *n, uint32_t index, uint32_t *c)
{
	const struct fat_run *run = run_of(n, index);
	uint32_t i = 0;
	int r = 0;

	if (!fat_valid(f, n->first) || index >= f->ff.n_fatent) {
		return -EIO;
	}
	if (run != NULL) {
		n->at = index;
		n->at_cluster = *c = run->cluster + (index - run->index);
		return 0;
	}
	*c = n->first;
	if (n->known > 0) {
		uint32_t k = MIN(index / n->step, n->known - 1);

		i = k * n->step;
		*c = n->marks[k];
	}
	if (n->at_cluster != 0 && n->at <= index && n->at >= i) {
		i = n->at;
		*c = n->at_cluster;
	}
	remember(n, i, *c);
	for (; r == 0 && i < index; i++) {
		r = fat_next(f, *c, c);
		r = r == 0 && *c == 0 ? -EIO : r;
		if (r == 0) {
			remember(n, i + 1, *c);
		}
	}
	return r;
}

/* The same, of a chain that is made longer by one if it ends there. */
static int cluster_for(struct fat *f, struct fat_node *n, uint32_t index, uint32_t *c)
{
	uint32_t before = 0;
	int r;

	if ((n->at_cluster != 0 && n->at == index) || (index == 0 && n->first != 0) ||
	    run_of(n, index) != NULL) {
		return cluster_at(f, n, index, c);
	}
	r = index == 0 ? 0 : cluster_at(f, n, index - 1, &before);
	r = r == 0 ? fat_extend(f, before, c) : r;
	if (r == -ENOSPC && f->gone_count > 0 && fat_barrier(f) == 0) {
		r = fat_extend(f, before, c);
	}
	if (r == 0 && index == 0) {
		n->first = *c;
		n->grown = true;
		fat_forget_chain(n);
	}
	if (r == 0) {
		remember(n, index, *c);
	}
	return r;
}

/* How much of @want bytes at @pos lies in one piece, and where. @grow: clusters are added. */
static int piece_at(struct fat *f, struct fat_node *n, uint32_t pos, size_t want, bool grow,
		    uint64_t *place, size_t *len)
{
	int (*cluster)(struct fat *, struct fat_node *, uint32_t, uint32_t *) = grow ? cluster_for
										     : cluster_at;
	uint32_t index = pos / f->cluster, c, next;
	int r = cluster(f, n, index, &c);

	if (r != 0) {
		return r;
	}
	*place = fat_place(f, c) + pos % f->cluster;
	*len = f->cluster - pos % f->cluster;
	while (*len < want && cluster(f, n, ++index, &next) == 0 && next == ++c) {
		*len += f->cluster;
	}
	*len = MIN(*len, want);
	return 0;
}

ssize_t fat_file_read(struct fat *f, struct fat_node *n, void *buf, size_t want, off_t pos)
{
	size_t left = pos >= n->size ? 0 : MIN(want, n->size - (size_t)pos), done = 0;

	while (done < left) {
		uint64_t place;
		size_t len;
		int r = piece_at(f, n, (uint32_t)pos + (uint32_t)done, left - done, false, &place,
				 &len);

		r = r == 0 ? cache_read(f->dev, place, (char *)buf + done, len) : r;
		if (r != 0) {
			return done > 0 ? (ssize_t)done : r;
		}
		done += len;
	}
	return (ssize_t)done;
}

/* @buf NULL: zeros. Returns how much was written, or why nothing was. */
static ssize_t put(struct fat *f, struct fat_node *n, const uint8_t *buf, size_t want, uint32_t pos)
{
	size_t done = 0;

	while (done < want) {
		size_t part = buf != NULL ? want - done : MIN(want - done, sizeof(zeros)), len;
		uint64_t place;
		int r = piece_at(f, n, pos + (uint32_t)done, part, true, &place, &len);

		r = r == 0 ? cache_write(f->dev, place, buf != NULL ? buf + done : zeros, len) : r;
		if (r != 0) {
			return done > 0 ? (ssize_t)done : r;
		}
		done += len;
		if (pos + done > n->size) {
			n->size = pos + (uint32_t)done;
			n->grown = true;
		}
	}
	return (ssize_t)done;
}

/* The chain is as long as the size wants; more was never named by an entry. */
static int trim(struct fat *f, struct fat_node *n)
{
	uint32_t keep = clusters_of(f, n->size), c;
	int r;

	if (n->first == 0) {
		return 0;
	}
	if (keep == 0) {
		r = fat_free(f, n->first);
		n->first = 0;
	} else {
		r = cluster_at(f, n, keep - 1, &c);
		r = r == 0 ? fat_cut(f, c) : r;
	}
	fat_forget_chain(n);
	return r;
}

/* Zeros up to @size, or nothing. */
static int pad(struct fat *f, struct fat_node *n, uint32_t size)
{
	uint32_t was = n->size;
	ssize_t r = put(f, n, NULL, size - was, was);

	if (r == (ssize_t)(size - was)) {
		return 0;
	}
	n->size = was;
	trim(f, n);
	return r < 0 ? (int)r : -ENOSPC;
}

ssize_t fat_file_write(struct fat *f, struct fat_node *n, const void *buf, size_t want, off_t *pos)
{
	off_t from = *pos < 0 ? (off_t)n->size : *pos;
	ssize_t r = 0;

	if (from >= FAT_SIZE_MAX && want > 0) {
		return -EFBIG;
	}
	want = want == 0 ? 0 : MIN(want, (size_t)(FAT_SIZE_MAX - from));
	if (want > 0 && from > n->size) {
		r = pad(f, n, (uint32_t)from);
	}
	r = r == 0 ? put(f, n, buf, want, (uint32_t)from) : r;
	if (r < (ssize_t)want) {
		trim(f, n);
	}
	if (r < 0) {
		return r;
	}
	n->time = fat_time(fs_now());
	n->touched = true;
	mount_changed(n->v->mount);
	*pos = from + r;
	return r;
}

/* Shorter: first the entry says so, on the medium, then clusters are free. */
static int shorten(struct fat *f, struct fat_node *n, uint32_t size)
{
	uint32_t was = n->size, first = n->first;
	int r = n->grown && size > 0 ? fat_settle(f, n) : 0;

	/* The two entries of a renamed file say the same. */
	if (r == 0 && f->renamed) {
		r = fat_barrier(f);
	}
	if (r != 0) {
		return r;
	}
	n->size = size;
	n->first = size == 0 ? 0 : first;
	n->grown = n->touched = true;
	r = n->removed ? 0 : fat_write_entry(f, n);
	if (r != 0) {
		n->size = was;
		n->first = first;
		return r;
	}
	if (size == 0) {
		fat_gone(f, first);
		fat_forget_chain(n);
		return 0;
	}
	r = fat_barrier(f);
	return r == 0 ? trim(f, n) : r;
}

int fat_file_truncate(struct fat *f, struct fat_node *n, off_t size)
{
	int r = 0;

	if (size > FAT_SIZE_MAX) {
		return -EFBIG;
	}
	n->time = fat_time(fs_now());
	n->touched = true;
	mount_changed(n->v->mount);
	if (size > n->size) {
		r = pad(f, n, (uint32_t)size);
	} else if (size < n->size) {
		r = shorten(f, n, (uint32_t)size);
	}
	return r;
}
