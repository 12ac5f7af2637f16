/* SPDX-License-Identifier: MIT */
/* Chains whose descriptors lie in a table of their own and take one entry of the ring. Spec: virtio 1.2, 2.7.5.3. */
#include <drivers/virtq.h>
#include <errno.h>

#define DESC_F_NEXT	1
#define DESC_F_WRITE	2
#define DESC_F_INDIRECT 4

int virtq_push_indirect(struct virtq *q, struct vring_desc *table, const struct virtq_buf *bufs,
			unsigned out, unsigned in, void *token)
{
	unsigned n = out + in;
	struct virtq_buf one = { table, (uint32_t)(n * sizeof(*table)) };
	uint16_t head = q->head;
	uint32_t room = 0;
	int r;

	for (unsigned k = 0; k < n; k++) {
		if (bufs[k].len == 0) {
			return -EINVAL;
		}
		table[k] = (struct vring_desc){
			.addr = (uintptr_t)bufs[k].addr,
			.len = bufs[k].len,
			.flags = (uint16_t)((k + 1 < n ? DESC_F_NEXT : 0) |
					    (k >= out ? DESC_F_WRITE : 0)),
			.next = (uint16_t)(k + 1),
		};
		room += k >= out ? bufs[k].len : 0;
	}
	r = virtq_push(q, &one, 1, 0, token);
	if (r == 0) {
		/* Nothing of it is shown to the device before virtq_publish(). */
		q->desc[head].flags = DESC_F_INDIRECT;
		q->slots[head].room = room;
	}
	return r;
}
