/* SPDX-License-Identifier: MIT */
/* A pair of queues. What is in the completion queue the controller wrote: it is copied once. Spec: NVM Express Base 1.4, 4.1. */
#include "nvme.h"

#include <errno.h>
#include <kernel/page.h>
#include <string.h>

#define PHASE 1U

static size_t pages_of(size_t entries, size_t entry)
{
	return ALIGN_UP(entries * entry, PAGE_SIZE) >> PAGE_SHIFT;
}

int nvme_queue_init(struct nvme *n, struct nvme_queue *q, unsigned id, unsigned size)
{
	size_t sq = pages_of(size, sizeof(*q->sq)), cq = pages_of(size, sizeof(*q->cq));
	char *mem = page_alloc(sq + cq, 1);

	if (mem == NULL) {
		return -ENOMEM;
	}
	memset(mem, 0, (sq + cq) * PAGE_SIZE);
	*q = (struct nvme_queue){ .id = id,
				  .size = size,
				  .phase = PHASE,
				  .sq = (struct nvme_command *)mem,
				  .cq = (struct nvme_completion *)(mem + sq * PAGE_SIZE) };
	q->sq_bell = n->base + NVME_BELLS + 2UL * id * n->stride;
	q->cq_bell = q->sq_bell + n->stride;
	return 0;
}

void nvme_queue_free(struct nvme_queue *q)
{
	page_free(q->sq, pages_of(q->size, sizeof(*q->sq)) + pages_of(q->size, sizeof(*q->cq)));
}

void nvme_queue_push(struct nvme_queue *q, const struct nvme_command *c)
{
	q->sq[q->tail] = *c;
	q->tail = q->tail + 1 == q->size ? 0 : q->tail + 1;
}

void nvme_queue_show(struct nvme_queue *q)
{
	if (q->shown != q->tail) {
		dma_wmb(); /* the commands before the doorbell that tells of them */
		mmio_write32(q->sq_bell, q->tail);
		q->shown = q->tail;
	}
}

bool nvme_queue_has(const struct nvme_queue *q)
{
	return (*(volatile uint16_t *)&q->cq[q->head].status & PHASE) == q->phase;
}

bool nvme_queue_pop(struct nvme_queue *q, struct nvme_completion *c)
{
	if (!nvme_queue_has(q)) {
		return false;
	}
	dma_rmb(); /* the phase before the rest, which was written with it or before */
	*c = q->cq[q->head];
	if (++q->head == q->size) {
		q->head = 0;
		q->phase ^= PHASE;
	}
	return true;
}

void nvme_queue_taken(struct nvme_queue *q)
{
	mmio_write32(q->cq_bell, q->head);
}
