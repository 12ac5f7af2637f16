/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/gic_its.c and gic_lpi.c against a model that reads the queue and the tables from memory as an ITS
 * does, in the variants that there are: flat tables and two levels, pages of 64 KiB, not coherent, redistributors by
 * number and by address; and against one that stalls or never answers.
 * sources: drivers/irqchip/gic_its.c drivers/irqchip/gic_lpi.c tests/unit/driver_env.c */
#include "../../drivers/irqchip/gic.h"
#include "../../drivers/irqchip/gic_its.h"
#include "../../drivers/irqchip/gic_v3.h"
#include "driver_env.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/cpu.h>
#include <kernel/page.h>
#include <stdlib.h>
#include <string.h>

#define DIST	  0x8000000UL
#define REDIST(i) (0x80a0000UL + (i)*0x20000UL)
#define ITS(i)	  (0x10000000UL + (i)*0x20000UL)
#define EVENTS	  512
#define DEVICES	  8
#define VALID	  (1ULL << 63)
#define INDIRECT  (1ULL << 62)
#define BASES	  0xfffffffff000ULL

unsigned cpu_count = 2;
struct irqchip *gic_lpis;

/* What the model can do. */
static struct {
	bool flat, incoherent, by_address, silent, loud; /* loud: never quiescent */
	unsigned device_bits, page;
	unsigned stall_at; /* this command, counted from 1; 0: none */
} can;

struct model_device {
	uint32_t id;
	uint64_t itt;
	unsigned events;
	struct {
		bool valid;
		uint32_t lpi;
		unsigned collection;
	} event[EVENTS];
};

static struct {
	uint64_t typer, baser[8], cbaser, cwriter, creadr;
	uint32_t ctlr;
	uint64_t target[8]; /* of collections */
	bool mapped[8];
	struct model_device device[DEVICES];
	unsigned devices, commands, faults, syncs, cleaned;
} m;

static struct {
	uint32_t ctlr;
	uint64_t propbaser, pendbaser;
	bool sticky; /* EnableLPIs stays on */
} rd[2];

static uint32_t gicd_typer;
static bool no_memory;

uintptr_t gic_v3_dist(void)
{
	return DIST;
}

uintptr_t gic_v3_redist(unsigned cpu)
{
	return cpu < 2 ? REDIST(cpu) : 0;
}

int gic_wait_clear(uintptr_t reg, uint32_t bits)
{
	return ((uint32_t)env_read(reg, 4) & bits) == 0 ? 0 : -ETIMEDOUT;
}

void arch_dcache_clean(void *p, size_t n)
{
	(void)p;
	m.cleaned += n == 32 || n == 8 ||
		     n == 1; /* a command, an entry, a byte: what changes later */
}

/* Tables live on, as those of the machine do. */
static void *tables[64];

static void *keep(size_t align, size_t size)
{
	void *p = NULL;

	if (no_memory || posix_memalign(&p, align, size) != 0) {
		return NULL;
	}
	for (unsigned i = 0;; i++) {
		if (tables[i] == NULL) {
			tables[i] = memset(p, 0xa5, size);
			break;
		}
	}
	return p;
}

void *page_alloc(size_t n, size_t align)
{
	return keep(align * PAGE_SIZE, n * PAGE_SIZE);
}

void *kmemalign(size_t align, size_t n)
{
	return keep(align, n);
}

static void fault(const char *what)
{
	m.faults++;
	printf("# model: %s\n", what);
}

/* --- the model ------------------------------------------------------------------------------ */

/* Is there room for @id in the table of devices, as the registers have it? */
static bool device_fits(uint32_t id)
{
	uint64_t v = m.baser[0], pages = (v & 255) + 1, entry = 8;
	size_t page = 4096UL << 2 * (v >> 8 & 3);
	const uint64_t *level1 = (const uint64_t *)(uintptr_t)(v & BASES);

	if ((v & VALID) == 0) {
		return false;
	}
	if ((v & INDIRECT) == 0) {
		return id < pages * page / entry;
	}
	return id / (page / entry) < pages * page / 8 && (level1[id / (page / entry)] & VALID) != 0;
}

static struct model_device *device_of(uint64_t id)
{
	for (unsigned i = 0; i < m.devices; i++) {
		if (m.device[i].id == id) {
			return &m.device[i];
		}
	}
	return NULL;
}

static void mapd(const uint64_t *c)
{
	struct model_device *d = &m.device[m.devices];

	if (!device_fits((uint32_t)(c[0] >> 32)) || (c[2] & VALID) == 0 || (c[2] & 255) != 0 ||
	    m.devices == DEVICES) {
		fault("MAPD");
		return;
	}
	m.devices++;
	*d = (struct model_device){ .id = (uint32_t)(c[0] >> 32),
				    .itt = c[2] & ~VALID,
				    .events = 2U << (c[1] & 31) };
	for (unsigned i = 0; i < d->events * 12; i++) {
		if (((const uint8_t *)(uintptr_t)d->itt)[i] != 0) {
			fault("ITT is not zero");
			return;
		}
	}
}

static void mapc(const uint64_t *c)
{
	if ((c[2] & VALID) == 0 || (c[2] & 0xffff) >= 8 || (m.baser[1] & VALID) == 0) {
		fault("MAPC");
		return;
	}
	m.mapped[c[2] & 7] = true;
	m.target[c[2] & 7] = c[2] & 0x7ffffffff0000ULL;
}

/* MAPTI, MOVI and INV: of one event. */
static void event_command(const uint64_t *c)
{
	struct model_device *d = device_of(c[0] >> 32);
	uint32_t event = (uint32_t)c[1];

	if (d == NULL || event >= d->events || event >= EVENTS ||
	    ((c[0] & 255) != 0x0a && !d->event[event].valid) ||
	    ((c[0] & 255) != 0x0c && !m.mapped[c[2] & 7])) {
		fault("event");
		return;
	}
	if ((c[0] & 255) == 0x0a) {
		d->event[event].valid = true;
		d->event[event].lpi = (uint32_t)(c[1] >> 32);
	}
	if ((c[0] & 255) != 0x0c) {
		d->event[event].collection = c[2] & 7;
	}
}

static void run(const uint64_t *c)
{
	switch (c[0] & 255) {
	case 0x05:
		m.syncs++;
		break;
	case 0x08:
		mapd(c);
		break;
	case 0x09:
		mapc(c);
		break;
	case 0x01:
	case 0x0a:
	case 0x0c:
		event_command(c);
		break;
	default:
		fault("no such command");
	}
}

static void run_queue(void)
{
	const uint8_t *queue = (const uint8_t *)(uintptr_t)(m.cbaser & BASES);

	while (!can.silent && (m.ctlr & 1) != 0 && m.creadr != m.cwriter) {
		if (++m.commands == can.stall_at) {
			m.creadr |= 1;
			return;
		}
		run((const uint64_t *)(const void *)(queue + m.creadr));
		m.creadr = (m.creadr + 32) % (((m.cbaser & 255) + 1) * 4096);
	}
}

static uint64_t baser_write(unsigned i, uint64_t v)
{
	static const uint64_t fixed[] = { 1ULL << 56 | 7ULL << 48, 4ULL << 56 | 7ULL << 48 };

	if (i > 1) {
		return 0;
	}
	v = (v & ~(0x71fULL << 48)) | fixed[i];
	if (can.flat || i == 1) {
		v &= ~INDIRECT;
	}
	return (v & ~0x300ULL) | (uint64_t)can.page << 8;
}

static uint64_t shareable(uint64_t v)
{
	return can.incoherent ? v & ~0xc00ULL : v;
}

static uint64_t redist_read(unsigned i, uintptr_t off)
{
	switch (off) {
	case 0x00:
		return rd[i].ctlr;
	case 0x08:
		return (i + 5ULL) << 8 | 1;
	case 0x70:
		return rd[i].propbaser;
	case 0x78:
		return rd[i].pendbaser;
	default:
		return 0;
	}
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	uintptr_t off = a & 0x1ffff;

	(void)size;
	if (a == DIST + 4) {
		return gicd_typer;
	}
	if (a >= REDIST(0) && a < REDIST(2)) {
		return redist_read((unsigned)((a - REDIST(0)) / 0x20000),
				   (a - REDIST(0)) & 0x1ffff);
	}
	switch (off) {
	case 0x00:
		return m.ctlr | ((m.ctlr & 1) != 0 || can.loud ? 0 : 1U << 31);
	case 0x08:
		return 1 | 11U << 4 | 8U << 8 | (can.device_bits - 1) << 13 |
		       (can.by_address ? 1U << 19 : 0);
	case 0x80:
		return m.cbaser;
	case 0x88:
		return m.cwriter;
	case 0x90:
		return m.creadr;
	default:
		return off >= 0x100 && off < 0x140 ? m.baser[(off - 0x100) / 8] : 0;
	}
}

static void redist_write(unsigned i, uintptr_t off, uint64_t v)
{
	if (off == 0x00) {
		rd[i].ctlr = (uint32_t)v | (rd[i].sticky ? 1 : 0);
	} else if ((rd[i].ctlr & 1) != 0) {
		fault("a table changed while LPIs are on");
	} else if (off == 0x70) {
		rd[i].propbaser = shareable(v);
	} else if (off == 0x78) {
		rd[i].pendbaser = shareable(v);
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	uintptr_t off = a & 0x1ffff;

	(void)size;
	if (a >= REDIST(0) && a < REDIST(2)) {
		redist_write((unsigned)((a - REDIST(0)) / 0x20000), (a - REDIST(0)) & 0x1ffff, v);
	} else if (off == 0x00) {
		m.ctlr = (uint32_t)v;
	} else if ((m.ctlr & 1) != 0 && off != 0x88) {
		fault("a register changed while the ITS is on");
	} else if (off == 0x80) {
		m.cbaser = shareable(v);
		m.creadr = 0;
	} else if (off == 0x88) {
		m.cwriter = v;
		run_queue();
	} else if (off >= 0x100 && off < 0x140) {
		m.baser[(off - 0x100) / 8] = shareable(baser_write((unsigned)(off - 0x100) / 8, v));
	}
}

/* --- tests ---------------------------------------------------------------------------------- */

/* The LPI that a message makes and has its configuration byte say that it is enabled; 0: none. */
static uint32_t message(uint32_t id, uint32_t event)
{
	struct model_device *d = device_of(id);
	const uint8_t *config = (const uint8_t *)(uintptr_t)(rd[0].propbaser & BASES);
	uint32_t lpi = d != NULL && event < d->events && d->event[event].valid ? d->event[event].lpi
									       : 0;

	return lpi >= 8192 && (config[lpi - 8192] & 1) != 0 ? lpi : 0;
}

static uint64_t target_of(uint32_t id, uint32_t event)
{
	return m.target[device_of(id)->event[event].collection];
}

static struct msi_vector v[EVENTS];

/* A fresh ITS with what `can` says; the LPIs are the ones of before. */
static struct msi_controller *fresh(void)
{
	static struct dt_node node[16];
	static unsigned used;

	memset(&m, 0, sizeof(m));
	m.baser[0] = baser_write(0, 0);
	m.baser[1] = baser_write(1, 0);
	m.ctlr = 1; /* a loader used it */
	env.errors = 0;
	node[used] = (struct dt_node){ .compatible = "arm,gic-v3-its",
				       .reg = { { ITS(used), 0x20000 } } };
	return env_probe(&node[used++]) == 0 ? env.msi : NULL;
}

static int alloc(struct msi_controller *c, uint32_t id, unsigned n)
{
	return c->ops->alloc(c, id, n, v);
}

static void test_refusals(void)
{
	struct dt_node n = { .compatible = "arm,gic-v3-its", .reg = { { ITS(0), 0x10000 } } };

	check(env_probe(&n) == -EINVAL, "a window too small is refused");
	gicd_typer = 15U << 19;
	check(fresh() == NULL, "a GIC without LPIs");
	gicd_typer = 12U << 19 | 1U << 17;
	check(fresh() == NULL, "one whose numbers are too short for LPIs");
	gicd_typer = 15U << 19 | 1U << 17;
	check(gic_lpis == NULL && rd[0].ctlr == 0, "nothing is on yet");
}

static void test_two_levels(void)
{
	struct msi_controller *c = fresh();

	check(c != NULL && gic_lpis == env.chip && rd[0].ctlr == 0 && (m.ctlr & 1) != 0,
	      "a probe touches no table");
	check(alloc(c, 0x1234, 3) == 0 && rd[0].ctlr == 1 && rd[1].ctlr == 0,
	      "the first vectors turn LPIs on, on one CPU");
	check((m.baser[0] & INDIRECT) != 0 && (m.baser[0] & 255) == 0,
	      "16 bits of a DeviceID in one page of two levels");
	check((rd[0].propbaser & 31) == 13 && (rd[0].pendbaser & 0xffff) == 0x780 + 0 &&
		      (rd[0].propbaser & 0xc00) == 0x400,
	      "8,192 LPIs, a pending table at 64 KiB, inner shareable");
	check(v[0].address == ITS(2) + 0x10040 && v[0].data == 0 && v[2].data == 2 &&
		      v[2].irq == v[0].irq + 2,
	      "an address, and the event as data");
	check(message(0x1234, 1) == 0, "none is enabled");
	env.chip->ops->unmask(env.chip, 1);
	check(message(0x1234, 1) == 8193 && message(0x1234, 0) == 0, "one is");
	env.chip->ops->mask(env.chip, 1);
	check(message(0x1234, 1) == 0, "and no more");
	check(target_of(0x1234, 1) == 5ULL << 16, "CPU 0 by its redistributor's number");
	rd[1].ctlr = 1;
	rd[1].sticky = true;
	check(env.chip->ops->route(env.chip, 1, 1) == -EBUSY && env.errors == 1,
	      "CPU 1 has LPIs of a loader's, and keeps them");
	rd[1].sticky = false;
	env.errors = 0;
	check(env.chip->ops->route(env.chip, 1, 1) == 0 && target_of(0x1234, 1) == 6ULL << 16 &&
		      target_of(0x1234, 0) == 5ULL << 16 && rd[1].ctlr == 1,
	      "moved to CPU 1, which takes LPIs from now on");
	check(env.chip->ops->route(env.chip, 1, 2) == -ENOTSUP, "a CPU without a redistributor");
	check(env.chip->ops->route(env.chip, 200, 0) == -ENOTSUP, "an LPI that is nobody's");
	check(alloc(c, 0x1234, 1) == -EBUSY && alloc(c, 0xffff, 1) == 0 && v[0].data == 0,
	      "one device once; the last DeviceID has a page of its own");
	check(alloc(c, 0x10000, 1) == -EINVAL && env.errors == 1, "one beyond: refused, and said");
	check(alloc(c, 1, 1000) == -ENOSPC && alloc(c, 1, 253) == -ENOSPC,
	      "more events or LPIs than there are");
	check(m.faults == 0, "the model saw no fault");
	for (unsigned i = 0; i < 300; i++) {
		env.chip->ops->unmask(env.chip, i % 3);
	}
	check(m.commands > 600 && m.faults == 0 && message(0x1234, 2) == 8194,
	      "the queue goes round");
}

static void test_variants(void)
{
	struct msi_controller *c;

	can.flat = true;
	c = fresh();
	check(alloc(c, 8191, 1) == 0 && (m.baser[0] & INDIRECT) == 0 && (m.baser[0] & 255) == 15,
	      "a flat table of 64 KiB");
	check(alloc(c, 8192, 1) == -EINVAL && env.errors == 1, "which has an end");
	can.device_bits = 5;
	c = fresh();
	check(alloc(c, 31, 1) == 0 && (m.baser[0] & 255) == 0 && alloc(c, 32, 1) == -EINVAL,
	      "or a small one");
	can.flat = false;
	can.device_bits = 20;
	can.page = 2;
	can.by_address = true;
	c = fresh();
	check(alloc(c, 0xfffff, 2) == 0 && (m.baser[0] & INDIRECT) != 0 &&
		      (m.baser[0] & 0xffff) == 0x600 && target_of(0xfffff, 1) == REDIST(0),
	      "pages of 64 KiB alone, redistributors by address");
	check(m.faults == 0 && m.cleaned == 0, "no fault; coherent, nothing is cleaned");
	can.incoherent = true;
	c = fresh();
	check(alloc(c, 7, 2) == 0 && (m.cbaser >> 59 & 7) == 1 && (m.baser[0] >> 59 & 7) == 1,
	      "not shareable: not cacheable either");
	check(m.cleaned == m.commands + 1, "each command and the entry of level 1 is cleaned");
	can.incoherent = false;
	check(m.faults == 0, "the model saw no fault");
}

static void test_failures(void)
{
	struct msi_controller *c;

	can.device_bits = 16;
	can.page = 0;
	can.stall_at = 4; /* MAPC, SYNC, MAPD, MAPTI */
	c = fresh();
	check(alloc(c, 1, 2) == -EIO && env.errors == 1, "a refused command is an error");
	can.stall_at = 0;
	check(alloc(c, 2, 1) == -EIO && env.errors == 1, "after which it is left alone");
	can.silent = true;
	c = fresh();
	check(alloc(c, 1, 2) == -EIO && env.errors == 1, "no answer ends in an error");
	can.silent = false;
	can.loud = true;
	c = fresh();
	check(alloc(c, 1, 2) == -EIO && env.errors == 1, "so does one that cannot be turned off");
	can.loud = false;
	c = fresh();
	no_memory = true;
	check(alloc(c, 1, 2) == -ENOMEM, "no memory");
	no_memory = false;
	c = fresh();
	check(alloc(c, 1, 1) == 0 && lpi_find_locked(NULL, 0, 1) > 0, "another one works");
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	env_read = model_read;
	env_write = model_write;
	env_reset();
	can.device_bits = 16;
	test_refusals();
	test_two_levels();
	test_variants();
	test_failures();
	for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
		free(tables[i]);
	}
	return check_done();
}
