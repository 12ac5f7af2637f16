/* SPDX-License-Identifier: MIT */
/* Watchdog of Intel's 6300ESB, a PCI function that QEMU offers: counts twice, and resets at the second end. Spec: Intel
 * 6300ESB I/O Controller Hub datasheet (300641), 15. */
#include <drivers/pci.h>
#include <drivers/watchdog.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/time.h>

#define CONFIG		0x60 /* 16 bits of configuration space */
#define CONFIG_NO_INT	3U   /* no interrupt at the first end; the output, and 1 kHz, stay on */
#define LOCK		0x68 /* 8 bits */
#define LOCK_ENABLE	2U
#define TIMER1		0x00
#define TIMER2		0x04
#define RELOAD		0x0c
#define RELOAD_BEGIN	0x100U
#define RELOAD_UNLOCK_1 0x80U
#define RELOAD_UNLOCK_2 0x86U
#define TICKS_MAX	0xfffffU
#define HZ		1024U
#define SIZE		0x10U

struct i6300esb {
	struct watchdog dog;
	struct pci_dev *d;
	uintptr_t base;
};

static struct i6300esb *i6300esb_of(struct watchdog *w)
{
	return container_of(w, struct i6300esb, dog);
}

/* 15.4.4: the next write to a register of this window counts. */
static void unlock(const struct i6300esb *e)
{
	mmio_write16(e->base + RELOAD, RELOAD_UNLOCK_1);
	mmio_write16(e->base + RELOAD, RELOAD_UNLOCK_2);
}

static void i6300esb_feed(struct watchdog *w)
{
	struct i6300esb *e = i6300esb_of(w);

	unlock(e);
	mmio_write16(e->base + RELOAD, RELOAD_BEGIN);
}

static void i6300esb_start(struct watchdog *w, uint64_t ns)
{
	struct i6300esb *e = i6300esb_of(w);
	uint64_t half = ns / 1000 * HZ / (2 * NS_PER_SEC / 1000);
	uint32_t ticks = (uint32_t)MIN(MAX(half, 1UL), (uint64_t)TICKS_MAX);

	pci_write16(e->d, CONFIG, CONFIG_NO_INT);
	unlock(e);
	mmio_write32(e->base + TIMER1, ticks);
	unlock(e);
	mmio_write32(e->base + TIMER2, ticks);
	i6300esb_feed(w);
	mmio_write8(e->d->config + LOCK, LOCK_ENABLE);
}

static const struct watchdog_ops i6300esb_ops = { .start = i6300esb_start, .feed = i6300esb_feed };

static int i6300esb_probe(struct pci_dev *d)
{
	struct i6300esb *e = kzalloc(sizeof(*e));

	if (e == NULL) {
		return -ENOMEM;
	}
	e->d = d;
	e->base = pci_map(d, 0, 0, SIZE);
	if (e->base == 0) {
		kfree(e);
		return -EINVAL;
	}
	pci_enable(d);
	pci_disable_master(d); /* it only answers */
	mmio_write8(d->config + LOCK, 0);
	e->dog = (struct watchdog){ .ops = &i6300esb_ops, .name = d->name };
	e->dog.max_ns = 2ULL * TICKS_MAX * NS_PER_SEC / HZ;
	watchdog_register(&e->dog);
	return 0;
}

static const struct pci_match i6300esb_match[] = { { 0x8086, 0x25ab, 0, 0 }, { 0 } };

PCI_DRIVER(i6300esb, i6300esb_match, i6300esb_probe);
