/* SPDX-License-Identifier: MIT */
/* The control queue of a network device: commands of a class, without data. Spec: virtio 1.2, 5.1.6.5. */
#pragma once

#include <drivers/virtq.h>

#define NET_CTRL_ANNOUNCE     3
#define NET_CTRL_ANNOUNCE_ACK 0

/* Embedded in the driver's structure; the owner's lock is held around every call. */
struct net_ctrl {
	struct virtq *q; /* NULL: the device has none */
	struct {
		uint8_t class, command;
	} head;
	uint8_t ack; /* the device's answer; nobody reads it */
	bool posted; /* it has the two above */
};

/* Queue @index is the device's control queue. 0 or -ENOMEM. */
int net_ctrl_start(struct net_ctrl *c, struct virtio_device *v, unsigned index);
/* Send the command and do not wait for the answer. While the device has not answered the last one, which
 * was the same (there is only one kind), nothing is sent. */
void net_ctrl_send(struct net_ctrl *c, uint8_t class, uint8_t command);
