/* SPDX-License-Identifier: MIT */
/* An NVMe controller with two namespaces that keep data, and can be told to misbehave; stand-ins for the kernel. It minds
 * the rules: queues before doorbells, lists of pages as 4.3 of NVM Express Base 1.4 has them. Of test_nvme.c. */
#pragma once

#include "../../drivers/nvme/nvme.h"
#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/power.h>
#include <kernel/time.h>
#include <stdlib.h>
#include <string.h>

#define BASE	0xf0000000UL
#define BLOCKS	4096U /* of 512 bytes */
#define QUEUES	4U
#define OP_MISS 0xff

struct model_queue {
	const struct nvme_command *sq;
	struct nvme_completion *cq;
	unsigned size, head, tail; /* of commands; of completions */
	unsigned tail_now;	   /* the doorbell */
	uint16_t phase;
};

static struct model {
	uint64_t cap, now;
	uint32_t version, cc, csts, aqa, intms;
	uint64_t asq, acq;
	struct model_queue q[QUEUES];
	/* what it is like */
	uint8_t mdts, formats, shift[2], metadata, attributes;
	uint32_t queues; /* pairs that it has, for I/O */
	bool never_ready, fatal_start, never_idle, never_shut, removed;
	unsigned mute_op; /* this command gets no answer, admin or not */
	uint16_t status;  /* of I/O commands */
	uint16_t admin_status;
	unsigned bad_id; /* 1: out of range, 2: not posted, 3: of another queue */
	bool held;	 /* I/O is not looked at */
	/* what was done to it */
	uint8_t disk[2][BLOCKS * 512];
	unsigned commands, bad, interrupts_asked;
	bool master, shut;
	unsigned flushes, discarded;
	/* the kernel */
	struct blkdev *dev[2];
	unsigned devs, gone, kicks, done;
	int done_status;
	enum pci_irq_kind kind;
	int irq_result;
	irq_handler_t handler;
	void *handler_arg;
	uint64_t bar_size;
	unsigned pages; /* held */
	bool no_pages;
} model;

/* --- the controller -------------------------------------------------------------------------------- */

/* Bytes of the command's memory, page by page. */
static inline void move(const struct nvme_command *c, uint8_t *disk, size_t left, bool to_disk)
{
	uint64_t at = c->prp1;
	const uint64_t *list = NULL;
	unsigned k = 0;

	model.bad += (at & 3) != 0;
	while (left > 0) {
		size_t room = PAGE_SIZE - (at & (PAGE_SIZE - 1)), n = MIN(left, room);

		if (to_disk) {
			memcpy(disk, (void *)at, n);
		} else {
			memcpy((void *)at, disk, n);
		}
		disk += n;
		left -= n;
		if (left == 0) {
			break;
		}
		if (k == 0 && left <= PAGE_SIZE) {
			at = c->prp2; /* two pages: no list */
		} else {
			list = list == NULL ? (const uint64_t *)c->prp2 : list;
			model.bad += ((uintptr_t)&list[k] >> 12) != ((uintptr_t)list >> 12);
			at = list[k];
		}
		k++;
		model.bad += (at & (PAGE_SIZE - 1)) != 0;
	}
}

static inline void identify(const struct nvme_command *c)
{
	uint8_t *p = (uint8_t *)c->prp1;
	uint32_t two = 2;

	memset(p, 0, PAGE_SIZE);
	switch (c->dw10) {
	case NVME_IDENTIFY_CONTROLLER:
		memcpy(p + 4, "serial\x01 7            ", 20);
		p[77] = model.mdts;
		p[516] = 2;
		p[520] = 4 | 8;
		p[525] = 1;
		break;
	case NVME_IDENTIFY_ACTIVE:
		p[0] = 1;
		memcpy(p + 4, &two, 4);
		break;
	default:
		p[1] = (uint8_t)((BLOCKS >> (model.shift[c->nsid - 1] - 9)) >> 8);
		p[25] = model.formats;
		p[26] = 1;
		p[99] = model.attributes;
		p[132] = model.metadata;
		p[134] = model.shift[c->nsid - 1];
	}
}

static inline uint16_t do_admin(const struct nvme_command *c, uint32_t *result)
{
	unsigned id = c->dw10 & 0xffff;

	switch (c->opcode) {
	case 0x06:
		identify(c);
		break;
	case 0x09:
		*result = (model.queues - 1) << 16 | (model.queues - 1);
		break;
	case 0x05:
	case 0x01:
		if (id >= QUEUES || (c->dw11 & 1) == 0) {
			model.bad++;
			break;
		}
		model.q[id].size = (c->dw10 >> 16) + 1;
		model.q[id].phase = 1;
		if (c->opcode == 5) {
			model.q[id].cq = (void *)c->prp1;
		} else {
			model.q[id].sq = (void *)c->prp1;
			model.bad += c->dw11 >> 16 != id || model.q[id].cq == NULL;
		}
		break;
	default:
		model.bad++;
	}
	return model.admin_status;
}

static inline uint16_t do_io(const struct nvme_command *c)
{
	unsigned ns = (c->nsid - 1) & 1, shift = model.shift[ns];
	uint64_t at = (c->dw10 | (uint64_t)c->dw11 << 32) << shift;
	size_t n = ((c->dw12 & 0xffff) + 1UL) << shift;

	if (model.status != 0) {
		return model.status;
	}
	switch (c->opcode) {
	case 0:
		model.flushes++;
		return 0;
	case 9: {
		const uint32_t *range = (const uint32_t *)c->prp1;

		model.bad += c->dw10 != 0 || c->dw11 != 4;
		model.discarded += range[1];
		return 0;
	}
	case 1:
	case 2:
	case 8:
		if (at + n > BLOCKS * 512UL ||
		    (c->opcode != 8 && model.mdts != 0 && n > PAGE_SIZE << model.mdts)) {
			model.bad++;
			return 2;
		}
		if (c->opcode == 8) {
			memset(model.disk[ns] + at, 0, n);
		} else {
			move(c, model.disk[ns] + at, n, c->opcode == 1);
		}
		return 0;
	default:
		model.bad++;
		return 1;
	}
}

static inline void post(unsigned i, uint16_t id, uint16_t status, uint32_t result)
{
	struct model_queue *q = &model.q[i];

	if (i > 0 && model.bad_id == 1) {
		id = 0xffff;
	} else if (i > 0 && model.bad_id == 2) {
		id ^= 1;
	}
	q->cq[q->tail] =
		(struct nvme_completion){ .result = result,
					  .sq_head = (uint16_t)q->head,
					  .sq_id = (uint16_t)(model.bad_id == 3 && i > 0 ? 0 : i),
					  .id = id,
					  .status = (uint16_t)(status << 1 | q->phase) };
	if (++q->tail == q->size) {
		q->tail = 0;
		q->phase ^= 1;
	}
}

static inline void work(unsigned i)
{
	struct model_queue *q = &model.q[i];

	while (q->head != q->tail_now && !(i > 0 && model.held)) {
		const struct nvme_command *c = &q->sq[q->head];
		uint32_t result = 0;
		uint16_t status;

		q->head = q->head + 1 == q->size ? 0 : q->head + 1;
		model.commands++;
		if (c->opcode == model.mute_op) {
			continue;
		}
		status = i == 0 ? do_admin(c, &result) : do_io(c);
		post(i, c->id, status, result);
	}
}

static inline void write_cc(uint32_t v)
{
	if ((v & 1) != 0 && (model.cc & 1) == 0) {
		model.q[0] = (struct model_queue){ .sq = (void *)model.asq,
						   .cq = (void *)model.acq,
						   .size = (model.aqa & 0xfff) + 1,
						   .phase = 1 };
		model.csts = model.never_ready ? 0 : model.fatal_start ? 3 : 1;
	} else if ((v & 1) == 0) {
		model.csts = model.never_idle ? 1 : 0;
	}
	if ((v >> 14 & 3) == 1 && !model.never_shut) {
		model.csts |= 2U << 2;
		model.shut = true;
	}
	model.cc = v;
}

static inline void write_bell(unsigned r, uint32_t v)
{
	unsigned i = (r - NVME_BELLS) / 8;

	model.bad += i >= QUEUES || model.q[i].sq == NULL || v >= model.q[i].size ||
		     (model.csts & 1) == 0;
	if ((r & 4) == 0 && i < QUEUES && v < model.q[i].size) {
		model.q[i].tail_now = v;
		work(i);
	}
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	unsigned r = (unsigned)(a - BASE);

	model.bad += size != 4 || model.removed;
	switch (r) {
	case NVME_CC:
		write_cc((uint32_t)v);
		break;
	case NVME_AQA:
		model.aqa = (uint32_t)v;
		break;
	case NVME_ASQ:
	case NVME_ACQ:
		*(r == NVME_ASQ ? &model.asq : &model.acq) |= v;
		break;
	case NVME_ASQ + 4:
	case NVME_ACQ + 4:
		*(r == NVME_ASQ + 4 ? &model.asq : &model.acq) |= v << 32;
		break;
	case NVME_INTMS:
		model.bad += model.kind == PCI_MSIX;
		model.intms |= (uint32_t)v;
		break;
	case NVME_INTMC:
		model.bad += model.kind == PCI_MSIX;
		model.intms &= (uint32_t)~v;
		break;
	default:
		write_bell(r, (uint32_t)v);
	}
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	unsigned r = (unsigned)(a - BASE);

	model.bad += size != 4;
	if (model.removed) {
		return UINT32_MAX;
	}
	switch (r) {
	case NVME_CAP:
		return (uint32_t)model.cap;
	case NVME_CAP + 4:
		return model.cap >> 32;
	case NVME_VS:
		return model.version;
	case NVME_CC:
		return model.cc;
	case NVME_CSTS:
		return model.csts;
	default:
		model.bad++;
		return 0;
	}
}

/* --- the kernel ------------------------------------------------------------------------------------ */

uintptr_t pci_map(const struct pci_dev *d, unsigned i, uint64_t off, uint64_t size)
{
	(void)d;
	CHECK_EQ(i, 0);
	return off + size <= model.bar_size ? BASE + off : 0;
}

void pci_enable(struct pci_dev *d)
{
	(void)d;
	model.master = true;
}

void pci_disable_master(struct pci_dev *d)
{
	(void)d;
	model.master = false;
}

int pci_irq_alloc(struct pci_dev *d, unsigned n, bool msi)
{
	CHECK(n == 1 && msi);
	d->irq_kind = model.kind;
	return model.irq_result;
}

int pci_irq_request(struct pci_dev *d, unsigned i, irq_handler_t fn, void *arg)
{
	(void)d;
	CHECK_EQ(i, 0);
	model.handler = fn;
	model.handler_arg = arg;
	return 0;
}

void *page_alloc(size_t n, size_t align)
{
	void *p = NULL;

	if (model.no_pages || posix_memalign(&p, align * PAGE_SIZE, n * PAGE_SIZE) != 0) {
		return NULL;
	}
	model.pages += (unsigned)n;
	return memset(p, 0xcc, n * PAGE_SIZE);
}

void page_free(void *p, size_t n)
{
	model.pages -= (unsigned)n;
	free(p);
}

/* What drivers keep is never given back: the leak checker finds it here. */
static void *kept[4096];
static unsigned kept_count;

void *kmemalign(size_t align, size_t n)
{
	void *p = NULL;

	if (posix_memalign(&p, align, n) == 0) {
		kept[kept_count++ % ARRAY_SIZE(kept)] = p;
	}
	return p;
}

void *kzalloc(size_t n)
{
	return memset(kmemalign(16, n), 0, n);
}

void kfree(void *p)
{
	for (unsigned i = 0; i < kept_count && i < ARRAY_SIZE(kept); i++) {
		kept[i] = kept[i] == p ? NULL : kept[i];
	}
	free(p);
}

uint64_t time_now(void)
{
	return model.now += 1000000;
}

uint64_t time_after(uint64_t ns)
{
	return model.now + ns;
}

static struct power_ops *power; /* by the first controller of the program */

void power_register(struct power_ops *ops)
{
	CHECK(power == NULL);
	power = ops;
}

int blkdev_register(struct blkdev *d)
{
	model.dev[model.devs++ & 1] = d;
	return 0;
}

void blkdev_done(struct blkdev *d, struct blk_req *r, int status)
{
	(void)d;
	model.done++;
	model.done_status = status;
	atomic_store(&r->status, status);
}

void blkdev_kick(struct blkdev *d)
{
	(void)d;
	model.kicks++;
}

void blkdev_gone(struct blkdev *d)
{
	(void)d;
	model.gone++;
}
