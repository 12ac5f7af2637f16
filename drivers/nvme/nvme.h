/* SPDX-License-Identifier: MIT */
/* NVM Express in four parts: the controller (nvme.c), its admin commands (admin.c), queues (queue.c), and namespaces as block
 * devices (namespace.c). Each namespace has a pair of I/O queues of its own, under the lock of its block device.
 * Spec: NVM Express Base 1.4. */
#pragma once

#include <drivers/blkdev.h>
#include <drivers/pci.h>

#define NVME_NAMESPACES 16U

/* 3.1: registers */
#define NVME_CAP   0x00 /* 64 bits */
#define NVME_VS	   0x08
#define NVME_INTMS 0x0c
#define NVME_INTMC 0x10
#define NVME_CC	   0x14
#define NVME_CSTS  0x1c
#define NVME_AQA   0x24
#define NVME_ASQ   0x28
#define NVME_ACQ   0x30
#define NVME_BELLS 0x1000

#define NVME_CSTS_RDY 1U
#define NVME_CSTS_CFS 2U

/* 4.2: a command */
struct nvme_command {
	uint8_t opcode, flags;
	uint16_t id;
	uint32_t nsid, reserved[2];
	uint64_t metadata, prp1, prp2;
	uint32_t dw10, dw11, dw12, dw13, dw14, dw15;
};

/* 4.6: its completion */
struct nvme_completion {
	uint32_t result, reserved;
	uint16_t sq_head, sq_id, id, status; /* status << 1 | phase */
};
_Static_assert(sizeof(struct nvme_command) == 64 && sizeof(struct nvme_completion) == 16, "4.2");

/* Whoever owns it has a lock around every call. No more than size - 1 commands may be on their way: so neither ring
 * runs over. */
struct nvme_queue {
	unsigned id, size;
	unsigned tail, shown; /* of commands: written, and told by the doorbell */
	unsigned head;	      /* of completions */
	uint16_t phase;
	struct nvme_command *sq;
	struct nvme_completion *cq;
	uintptr_t sq_bell, cq_bell;
};

struct nvme_ns;

struct nvme {
	struct pci_dev *d;
	uintptr_t base;
	unsigned number;   /* the 0 of nvme0 */
	unsigned stride;   /* bytes between doorbells */
	unsigned depth;	   /* entries of an I/O queue */
	uint64_t ready_ns; /* how long enabling may take */
	uint32_t max_transfer;
	bool cached, discards, zeroes;
	_Atomic bool dead;
	char serial[21];
	struct nvme_queue admin;
	struct nvme_ns *ns[NVME_NAMESPACES];
	unsigned ns_count;
	struct nvme *next;
};

/* --- queue.c --- */

/* Memory and doorbells for queue @id; 0 or -ENOMEM. */
int nvme_queue_init(struct nvme *n, struct nvme_queue *q, unsigned id, unsigned size);
void nvme_queue_free(struct nvme_queue *q);
/* Copies *c; not shown to the controller before nvme_queue_show(). */
void nvme_queue_push(struct nvme_queue *q, const struct nvme_command *c);
void nvme_queue_show(struct nvme_queue *q);
bool nvme_queue_has(const struct nvme_queue *q);
/* The next completion, if there is one; nvme_queue_taken() after the last. */
bool nvme_queue_pop(struct nvme_queue *q, struct nvme_completion *c);
void nvme_queue_taken(struct nvme_queue *q);

/* --- nvme.c --- */

/* It reaches no memory any more, its namespaces are gone; says @what, once. Any context. */
void nvme_dead(struct nvme *n, const char *what);
/* Whether it still works, by its status register; if not, that is told. */
bool nvme_alive(struct nvme *n);
/* Let it interrupt again, where its handler switches that off. */
void nvme_irq_on(struct nvme *n);

/* --- admin.c: one at a time, at boot; 0, -EIO (refused, logged), -ETIMEDOUT --- */

/* @page: 4 KiB that the answer goes to. */
int nvme_identify(struct nvme *n, unsigned what, uint32_t nsid, void *page);
/* Room for @want pairs of I/O queues, or fewer: how many. */
int nvme_set_queues(struct nvme *n, unsigned want);
int nvme_create_queues(struct nvme *n, const struct nvme_queue *q);

#define NVME_IDENTIFY_NAMESPACE	 0
#define NVME_IDENTIFY_CONTROLLER 1
#define NVME_IDENTIFY_ACTIVE	 2

/* --- namespace.c --- */

/* Make a block device of @nsid, which @page describes. 0; -ENOTSUP: its format; -errno. */
int nvme_ns_add(struct nvme *n, uint32_t nsid, const uint8_t *page);
/* There may be completions. Interrupt. */
void nvme_ns_kick(struct nvme_ns *ns);
void nvme_ns_gone(struct nvme_ns *ns);
