/* SPDX-License-Identifier: MIT */
/* Block devices by name, and the partitions of disks as devices of their own. */
#include "blkcore.h"
#include "partition.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <string.h>

static struct mutex scan_lock = MUTEX_INIT(scan_lock); /* blkdevs, once threads run */

/* --- partitions ---------------------------------------------------------------------------------- */

static int read_block(void *arg, uint64_t block, void *buf)
{
	struct blkdev *d = arg;
	uint64_t sector = block * (d->block_size / BLK_SECTOR);

	return blk_rw(d, BLK_READ, sector, buf, d->block_size);
}

static void add_part(struct blkdev *disk, const struct partition *p)
{
	struct blkdev *d = kzalloc(sizeof(*d));

	if (d == NULL) {
		log_error("blk %s: no memory for partition %u", disk->name, p->number);
		return;
	}
	d->first = p->first * (disk->block_size / BLK_SECTOR);
	d->sectors = p->count * (disk->block_size / BLK_SECTOR);
	d->part_number = p->number;
	d->part_disk_id = p->disk_id;
	memcpy(d->part_type, p->type, sizeof(d->part_type));
	memcpy(d->part_uuid, p->uuid, sizeof(d->part_uuid));
	memcpy(d->part_label, p->label, sizeof(d->part_label));
	blkdev_add_part(disk, d);
	log_info("blk %s: %lu KiB%s%s", d->name, d->sectors / 2,
		 d->part_label[0] != '\0' ? ", label " : "", d->part_label);
}

static void scan(struct blkdev *d)
{
	struct partition_table *t = kmalloc(sizeof(*t));
	void *block = kmemalign(d->block_size, d->block_size);
	int r = -ENOMEM;

	if (t != NULL && block != NULL) {
		t->name = d->name;
		t->block_size = d->block_size;
		t->blocks = d->sectors / (d->block_size / BLK_SECTOR);
		t->block = block;
		t->read = read_block;
		t->arg = d;
		r = partitions_read(t);
	}
	if (r != 0) {
		log_error("blk %s: the partition table cannot be read: %d", d->name, r);
	}
	for (unsigned i = 0; r == 0 && i < t->n; i++) {
		add_part(d, &t->part[i]);
	}
	kfree(block);
	kfree(t);
}

void blkdev_scan(void)
{
	struct list *p;

	mutex_lock(&scan_lock);
	/* Partitions are added at the end, behind all disks. */
	list_for_each(p, &blkdevs) {
		struct blkdev *d = list_entry(p, struct blkdev, link);

		if (d->disk == d && !d->scanned) {
			d->scanned = true;
			scan(d);
		}
	}
	mutex_unlock(&scan_lock);
}

/* --- names ------------------------------------------------------------------------------------------ */

struct blkdev *blkdev_next(struct blkdev *d)
{
	struct list *p;

	mutex_lock(&scan_lock);
	p = d == NULL ? blkdevs.next : d->link.next;
	mutex_unlock(&scan_lock);
	return p == &blkdevs ? NULL : list_entry(p, struct blkdev, link);
}

/* As tools print it: the first three fields of a GUID are little-endian numbers. */
static void guid_text(char out[37], const uint8_t g[16])
{
	fmt_snprintf(out, 37,
		     "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3],
		     g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12],
		     g[13], g[14], g[15]);
}

static bool same_text(const char *a, const char *b)
{
	return a[0] != '\0' && strcmp(a, b) == 0;
}

static bool has_uuid(const struct blkdev *d, const char *text)
{
	char own[37] = "";

	if (d->disk == d) {
		return false;
	}
	if (d->part_disk_id != 0) {
		fmt_snprintf(own, sizeof(own), "%08x-%02x", d->part_disk_id, d->part_number);
	} else {
		guid_text(own, d->part_uuid);
	}
	return strcasecmp(own, text) == 0;
}

/* What follows @key in @name, or NULL. */
static const char *after(const char *name, const char *key)
{
	size_t n = strlen(key);

	return strncmp(name, key, n) == 0 ? name + n : NULL;
}

static bool is_called(const struct blkdev *d, const char *name)
{
	const char *value;

	value = after(name, "PARTLABEL=");
	if (value != NULL) {
		return same_text(d->part_label, value);
	}
	value = after(name, "PARTUUID=");
	if (value != NULL) {
		return has_uuid(d, value);
	}
	value = after(name, "SERIAL=");
	if (value != NULL) {
		return same_text(d->serial, value);
	}
	value = after(name, "/dev/");
	return same_text(d->name, value != NULL ? value : name);
}

struct blkdev *blkdev_find(const char *name)
{
	blkdev_scan();
	for (struct blkdev *d = blkdev_next(NULL); d != NULL; d = blkdev_next(d)) {
		if (is_called(d, name)) {
			return d;
		}
	}
	return NULL;
}
