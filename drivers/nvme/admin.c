/* SPDX-License-Identifier: MIT */
/* Admin commands, one at a time, waited for by looking. Spec: NVM Express Base 1.4, 5. */
#include "nvme.h"

#include <errno.h>
#include <kernel/log.h>
#include <kernel/time.h>

#define OP_CREATE_SQ	0x01
#define OP_CREATE_CQ	0x05
#define OP_IDENTIFY	0x06
#define OP_SET_FEATURES 0x09
#define FEATURE_QUEUES	0x07
#define CONTIGUOUS	1U
#define INTERRUPTS	2U
#define WAIT_NS		(5 * NS_PER_SEC)

static int wait_answer(struct nvme *n, struct nvme_completion *c)
{
	uint64_t deadline = time_after(WAIT_NS);

	while (!nvme_queue_pop(&n->admin, c)) {
		if (time_now() >= deadline) {
			return -ETIMEDOUT;
		}
		arch_relax();
	}
	nvme_queue_taken(&n->admin);
	return 0;
}

static int admin(struct nvme *n, struct nvme_command *cmd, uint32_t *result)
{
	struct nvme_completion c;
	int r;

	cmd->id = (uint16_t)n->admin.tail;
	nvme_queue_push(&n->admin, cmd);
	nvme_queue_show(&n->admin);
	r = wait_answer(n, &c);
	if (r == 0 && c.id == cmd->id && c.sq_id == 0 && c.status >> 1 == 0) {
		*result = c.result;
		return 0;
	}
	if (r != 0) {
		log_error("nvme %s: admin command %02x: no answer", n->d->name, cmd->opcode);
		return r;
	}
	log_error("nvme %s: admin command %02x: status %x%s", n->d->name, cmd->opcode,
		  c.status >> 1, c.id == cmd->id ? "" : " of another");
	return -EIO;
}

int nvme_identify(struct nvme *n, unsigned what, uint32_t nsid, void *page)
{
	struct nvme_command c = {
		.opcode = OP_IDENTIFY, .nsid = nsid, .prp1 = (uintptr_t)page, .dw10 = what
	};
	uint32_t result;

	return admin(n, &c, &result);
}

int nvme_set_queues(struct nvme *n, unsigned want)
{
	struct nvme_command c = { .opcode = OP_SET_FEATURES,
				  .dw10 = FEATURE_QUEUES,
				  .dw11 = (want - 1) << 16 | (want - 1) };
	uint32_t result;
	int r = admin(n, &c, &result);

	/* 5.21.1.7: both counts from 0. */
	return r != 0 ? r : (int)(MIN(result & 0xffff, result >> 16) + 1);
}

int nvme_create_queues(struct nvme *n, const struct nvme_queue *q)
{
	uint32_t size = (q->size - 1) << 16 | q->id, result;
	struct nvme_command cq = { .opcode = OP_CREATE_CQ,
				   .prp1 = (uintptr_t)q->cq,
				   .dw10 = size,
				   .dw11 = CONTIGUOUS | INTERRUPTS }; /* by vector 0 */
	struct nvme_command sq = { .opcode = OP_CREATE_SQ,
				   .prp1 = (uintptr_t)q->sq,
				   .dw10 = size,
				   .dw11 = q->id << 16 | CONTIGUOUS };
	int r = admin(n, &cq, &result);

	return r != 0 ? r : admin(n, &sq, &result);
}
