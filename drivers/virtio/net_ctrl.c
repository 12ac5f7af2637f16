/* SPDX-License-Identifier: MIT */
#include "net_ctrl.h"

#include <errno.h>

#define QUEUE_SIZE 4U /* one command of two pieces at a time */

int net_ctrl_start(struct net_ctrl *c, struct virtio_device *v, unsigned index)
{
	c->q = virtq_create(v, index, QUEUE_SIZE);
	if (c->q == NULL) {
		return -ENOMEM;
	}
	virtq_irq_off(c->q);
	return 0;
}

void net_ctrl_send(struct net_ctrl *c, uint8_t class, uint8_t command)
{
	struct virtq_buf b[] = { { &c->head, sizeof(c->head) }, { &c->ack, sizeof(c->ack) } };
	uint32_t len;

	if (c->q == NULL) {
		return;
	}
	if (c->posted && virtq_pop(c->q, &len) == NULL) {
		return; /* the device has not read the last one, which says the same */
	}
	c->head.class = class;
	c->head.command = command;
	c->posted = virtq_push(c->q, b, 1, 1, c) == 0;
	if (virtq_publish(c->q)) {
		virtq_kick(c->q);
	}
}
