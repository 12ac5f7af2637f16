/* SPDX-License-Identifier: MIT */
/* GICv3 interrupt translation service: a message (DeviceID, EventID) becomes an LPI at one CPU. Tables and queue are
 * made when the first device asks. Each device has its events in a table of its own (ITT), each CPU is the
 * collection of its index, and every command is waited for.
 * Spec: GICv3/v4 IHI 0069H, 5.2 and 5.3 (tables, commands), 12.19 (registers). */
#include "gic_its.h"

#include "gic_v3.h"

#include <drivers/msi.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <string.h>

#define GITS_CTLR	    0x0000
#define GITS_CTLR_ENABLED   BIT32(0)
#define GITS_CTLR_QUIESCENT BIT32(31)
#define GITS_TYPER	    0x0008 /* 64 bits */
#define GITS_TYPER_PHYSICAL BIT32(0)
#define GITS_TYPER_ITT_SIZE FIELD(7, 4)	  /* bytes an entry, less one */
#define GITS_TYPER_IDBITS   FIELD(12, 8)  /* of an EventID, less one */
#define GITS_TYPER_DEVBITS  FIELD(17, 13) /* of a DeviceID, less one */
#define GITS_TYPER_PTA	    BIT32(19)	  /* redistributors are known by address */
#define GITS_CBASER	    0x0080
#define GITS_CWRITER	    0x0088
#define GITS_CREADR	    0x0090
#define GITS_CREADR_STALLED 1
#define GITS_BASER	    0x0100 /* eight, of 64 bits */
#define GITS_BASERS	    8
#define GITS_TRANSLATER	    0x10040 /* in the second frame */
#define GITS_SIZE	    0x20000

#define BASER_VALID	 (1UL << 63)
#define BASER_INDIRECT	 (1UL << 62)
#define BASER_TYPE(v)	 ((unsigned)((v) >> 56 & 7))
#define BASER_ENTRY(v)	 ((size_t)((v) >> 48 & 31) + 1)
#define BASER_PAGE_SHIFT 8
#define BASER_PAGE(v)	 ((unsigned)((v) >> BASER_PAGE_SHIFT & 3)) /* 4, 16, 64 KiB */
#define BASER_PAGES_MAX	 256
enum { TYPE_DEVICES = 1, TYPE_COLLECTIONS = 4 };

/* A flat table of devices has no more than that; DeviceIDs beyond it are refused. */
#define FLAT_MAX 65536UL

#define QUEUE_SIZE  PAGE_SIZE
#define QUEUE_ALIGN 16 /* pages (12.19.5) */
#define COMMAND	    32 /* bytes */
#define ITT_ALIGN   256

/* 5.3. */
enum {
	CMD_MOVI = 0x01,
	CMD_SYNC = 0x05,
	CMD_MAPD = 0x08,
	CMD_MAPC = 0x09,
	CMD_MAPTI = 0x0a,
	CMD_INV = 0x0c,
};
#define CMD_VALID (1UL << 63)

#define GICR_TYPER_NUMBER(v) ((v) >> 8 & 0xffff)

/* A register read takes 50 ns at least on any bus: about a tenth of a second and more. */
#define WAIT_READS 2000000

enum its_state { ITS_IDLE, ITS_RUNS, ITS_DEAD };

struct its {
	struct msi_controller msi;
	uintptr_t base;
	uint32_t typer;
	enum its_state state; /* what is below is guarded by lpi_lock */
	uint64_t *queue;
	unsigned write; /* offset of the next command in the queue */
	bool queue_coherent;
	bool table_coherent;
	uint64_t devices; /* DeviceIDs that the table has room for; 0: it has no table */
	bool two_levels;
	uint64_t *level1; /* of two levels: pages of the second one */
	size_t page;	  /* bytes of one of these */
	size_t per_page;  /* devices in it */
	unsigned mapped;  /* CPUs that are collections, a bit each */
};

/* --- commands ----------------------------------------------------------------------------- */

static int give_up(struct its *t, const char *what)
{
	if (t->state != ITS_DEAD) {
		log_error("gic_its: %s: command 0x%llx at %u, read 0x%llx", what,
			  (unsigned long long)t->queue[t->write / 8], t->write,
			  (unsigned long long)mmio_read64(t->base + GITS_CREADR));
	}
	t->state = ITS_DEAD;
	return -EIO;
}

static int wait_read(struct its *t, unsigned next)
{
	for (unsigned i = 0; i < WAIT_READS; i++) {
		uint64_t read = mmio_read64(t->base + GITS_CREADR);

		if (read == next) {
			t->write = next;
			return 0;
		}
		if ((read & GITS_CREADR_STALLED) != 0) {
			return give_up(t, "stalled"); /* 5.3.1: it refused the command */
		}
		arch_relax();
	}
	return give_up(t, "no answer");
}

static int command(struct its *t, uint64_t w0, uint64_t w1, uint64_t w2)
{
	uint64_t *slot = t->queue + t->write / 8;
	unsigned next = (t->write + COMMAND) % QUEUE_SIZE;

	if (t->state != ITS_RUNS) {
		return -EIO;
	}
	slot[0] = w0;
	slot[1] = w1;
	slot[2] = w2;
	slot[3] = 0;
	if (!t->queue_coherent) {
		arch_dcache_clean(slot, COMMAND);
	}
	mmio_write64(t->base + GITS_CWRITER, next);
	return wait_read(t, next);
}

/* A redistributor as commands name it: bits 51:16 of its address, or its number there. */
static uint64_t target(const struct its *t, unsigned cpu)
{
	uintptr_t rd = gic_v3_redist(cpu);

	return (t->typer & GITS_TYPER_PTA) != 0
		       ? rd
		       : GICR_TYPER_NUMBER(mmio_read64(rd + GICR_TYPER)) << 16;
}

/* Until then the redistributor may not know what earlier commands did (5.3.15). */
static int sync(struct its *t, unsigned cpu)
{
	return command(t, CMD_SYNC, 0, target(t, cpu));
}

int its_invalidate_locked(const struct lpi *l)
{
	int err = command(l->its, (uint64_t)l->device << 32 | CMD_INV, l->event, 0);

	return err != 0 ? err : sync(l->its, l->cpu);
}

static int map_cpu(struct its *t, unsigned cpu)
{
	int err;

	if ((t->mapped >> cpu & 1) != 0) {
		return 0;
	}
	err = lpi_enable_cpu_locked(cpu);
	if (err != 0) {
		return err;
	}
	err = command(t, CMD_MAPC, 0, CMD_VALID | target(t, cpu) | cpu);
	if (err != 0) {
		return err;
	}
	t->mapped |= 1U << cpu;
	return sync(t, cpu);
}

int its_move_locked(const struct lpi *l, unsigned cpu)
{
	int err = map_cpu(l->its, cpu);

	if (err != 0) {
		return err;
	}
	err = command(l->its, (uint64_t)l->device << 32 | CMD_MOVI, l->event, cpu);
	return err != 0 ? err : sync(l->its, l->cpu);
}

/* --- tables ------------------------------------------------------------------------------- */

/* Zeroed, and in memory for who looks there without our cache. */
static void *table_alloc(size_t bytes, size_t align)
{
	void *p = page_alloc(ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE, align / PAGE_SIZE);

	if (p != NULL) {
		memset(p, 0, bytes);
		arch_dcache_clean(p, bytes);
	}
	return p;
}

/* How large the table of devices is to be, in bytes: @v is its register, of pages of @page bytes. */
static size_t plan_devices(struct its *t, uint64_t v, size_t page)
{
	uint64_t ids = 2UL << field_get(t->typer, GITS_TYPER_DEVBITS);
	size_t entry = BASER_ENTRY(v), most = page * BASER_PAGES_MAX;

	t->page = page;
	t->per_page = page / entry;
	t->two_levels = (v & BASER_INDIRECT) != 0 && ids > t->per_page;
	if (t->two_levels) {
		uint64_t pages =
			MIN((ids + t->per_page - 1) / t->per_page, most / sizeof(uint64_t));

		t->devices = MIN(ids, pages * t->per_page);
		return ALIGN_UP(pages * sizeof(uint64_t), page);
	}
	t->devices = MIN(ids, MIN(MAX(FLAT_MAX, page), most) / entry);
	return ALIGN_UP(t->devices * entry, page);
}

/* The table behind register @reg, if it is one that we need. */
static int make_table(struct its *t, uintptr_t reg)
{
	static const size_t pages[] = { 4096, 16384, 65536, 65536 };
	uint64_t v = mmio_read64(reg);
	bool devices = BASER_TYPE(v) == TYPE_DEVICES;
	size_t page, bytes;
	void *table;

	if (!devices && BASER_TYPE(v) != TYPE_COLLECTIONS) {
		return 0;
	}
	/* What it can do stays set: two levels, pages of 4 KiB. */
	mmio_write64(reg, devices ? BASER_INDIRECT : 0);
	v = mmio_read64(reg);
	page = pages[BASER_PAGE(v)];
	bytes = devices ? plan_devices(t, v, page) : page;
	table = table_alloc(bytes, page);
	if (table == NULL) {
		return -ENOMEM;
	}
	v = BASER_VALID | (uintptr_t)table | (uint64_t)BASER_PAGE(v) << BASER_PAGE_SHIFT |
	    (bytes / page - 1);
	if (devices && t->two_levels) {
		t->level1 = table;
		v |= BASER_INDIRECT;
	}
	t->table_coherent &= gic_write_base(reg, v, GITS_BASER_CACHE);
	return 0;
}

static int make_tables(struct its *t)
{
	t->table_coherent = true;
	for (unsigned i = 0; i < GITS_BASERS; i++) {
		int err = make_table(t, t->base + GITS_BASER + i * 8UL);

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

/* A loader may have used it. */
static int its_stop(const struct its *t)
{
	mmio_write32(t->base + GITS_CTLR, mmio_read32(t->base + GITS_CTLR) & ~GITS_CTLR_ENABLED);
	for (unsigned i = 0; i < WAIT_READS; i++) {
		if ((mmio_read32(t->base + GITS_CTLR) & GITS_CTLR_QUIESCENT) != 0) {
			return 0;
		}
		arch_relax();
	}
	return -EIO;
}

static int its_start(struct its *t)
{
	int err = its_stop(t);

	if (err != 0) {
		return err;
	}
	err = make_tables(t);
	if (err != 0) {
		return err;
	}
	t->queue = table_alloc(QUEUE_SIZE, QUEUE_ALIGN * PAGE_SIZE);
	if (t->queue == NULL) {
		return -ENOMEM;
	}
	t->queue_coherent = gic_write_base(
		t->base + GITS_CBASER, BASER_VALID | (uintptr_t)t->queue | (QUEUE_SIZE / 4096 - 1),
		GITS_BASER_CACHE);
	mmio_write64(t->base + GITS_CWRITER, 0);
	mmio_write32(t->base + GITS_CTLR, mmio_read32(t->base + GITS_CTLR) | GITS_CTLR_ENABLED);
	t->state = ITS_RUNS;
	return 0;
}

/* --- devices ------------------------------------------------------------------------------ */

/* The page of the second level that has @device. */
static int map_page(struct its *t, uint32_t device)
{
	uint64_t *entry;
	void *page;

	if (!t->two_levels) {
		return 0;
	}
	entry = &t->level1[device / t->per_page];
	if (*entry != 0) {
		return 0;
	}
	page = table_alloc(t->page, t->page);
	if (page == NULL) {
		return -ENOMEM;
	}
	*entry = BASER_VALID | (uintptr_t)page;
	if (!t->table_coherent) {
		arch_dcache_clean(entry, sizeof(*entry));
	}
	return 0;
}

/* MAPD, with an ITT for @n events. */
static int map_device(struct its *t, uint32_t device, unsigned n)
{
	unsigned bits = 1;
	size_t bytes;
	void *itt;
	int err = map_page(t, device);

	if (err != 0) {
		return err;
	}
	while (1U << bits < n) {
		bits++;
	}
	bytes = ((size_t)field_get(t->typer, GITS_TYPER_ITT_SIZE) + 1) << bits;
	itt = kmemalign(ITT_ALIGN, ALIGN_UP(bytes, ITT_ALIGN));
	if (itt == NULL) {
		return -ENOMEM;
	}
	memset(itt, 0, ALIGN_UP(bytes, ITT_ALIGN));
	arch_dcache_clean(itt, bytes);
	/* When that fails the ITS may have the table all the same: it is not given back. */
	return command(t, (uint64_t)device << 32 | CMD_MAPD, bits - 1, CMD_VALID | (uintptr_t)itt);
}

static int map_events(struct its *t, uint32_t device, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int err = command(t, (uint64_t)device << 32 | CMD_MAPTI,
				  (uint64_t)lpi_intid(first + i) << 32 | i, 0);

		if (err != 0) {
			return err;
		}
	}
	return sync(t, 0);
}

/* 0 if device @device can have @n vectors. */
static int check(struct its *t, uint32_t device, unsigned n)
{
	if (t->state == ITS_IDLE) {
		int err = its_start(t);

		if (err != 0) {
			t->state = ITS_DEAD;
			log_error("gic_its: does not start: %d", err);
			return err;
		}
	}
	if (t->state != ITS_RUNS) {
		return -EIO;
	}
	if (device >= t->devices) {
		log_error("gic_its: device 0x%x: the table ends at 0x%llx", device,
			  (unsigned long long)t->devices);
		return -EINVAL;
	}
	return n > 2UL << field_get(t->typer, GITS_TYPER_IDBITS) ? -ENOSPC : 0;
}

static int alloc_locked(struct its *t, uint32_t device, unsigned n, struct msi_vector *v)
{
	int err = check(t, device, n), first;

	if (err != 0) {
		return err;
	}
	first = lpi_find_locked(t, device, n);
	if (first < 0) {
		return first;
	}
	err = map_cpu(t, 0);
	if (err != 0) {
		return err;
	}
	err = map_device(t, device, n);
	if (err != 0) {
		return err;
	}
	err = map_events(t, device, (unsigned)first, n);
	for (unsigned i = 0; i < n && err == 0; i++) {
		*lpi_at((unsigned)first + i) = (struct lpi){ t, device, i, 0 };
		v[i] = (struct msi_vector){ .address = t->base + GITS_TRANSLATER,
					    .data = i,
					    .irq = lpi_irq((unsigned)first + i) };
	}
	return err;
}

static int its_alloc(struct msi_controller *c, uint32_t id, unsigned n, struct msi_vector *v)
{
	irqstate_t s = spin_lock_save(&lpi_lock);
	int err = alloc_locked(container_of(c, struct its, msi), id, n, v);

	spin_unlock_restore(&lpi_lock, s);
	return err;
}

static const struct msi_ops its_ops = { .alloc = its_alloc };

static int its_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base;
	struct its *t;
	int err;

	(void)m;
	if (gic_v3_dist() == 0) {
		return -ENXIO; /* its GIC has said why */
	}
	base = dev_mmio(dev, 0, &size);
	if (base == 0 || size < GITS_SIZE) {
		return -EINVAL;
	}
	err = lpi_init();
	if (err != 0) {
		return err;
	}
	t = kzalloc(sizeof(*t));
	if (t == NULL) {
		return -ENOMEM;
	}
	t->base = base;
	t->typer = (uint32_t)mmio_read64(base + GITS_TYPER);
	if ((t->typer & GITS_TYPER_PHYSICAL) == 0) {
		kfree(t);
		return -ENOTSUP;
	}
	t->msi.ops = &its_ops;
	t->msi.node = dev->node;
	msi_controller_add(&t->msi);
	log_debug("gic_its %s: %u bits of a DeviceID", dev->name,
		  field_get(t->typer, GITS_TYPER_DEVBITS) + 1);
	return 0;
}

static const struct dt_match its_match[] = {
	{ "arm,gic-v3-its", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, gic_its, its_match, its_probe);
