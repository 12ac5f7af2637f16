/* SPDX-License-Identifier: MIT */
/* Entropy device: one read at boot, another whenever that has come. Spec: virtio 1.2, 5.4. */
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/rand.h>
#include <string.h>

#define CHUNK 64U

struct virtio_rng {
	struct virtq *q;
	uint8_t buf[CHUNK];
};

static void rng_request(struct virtio_rng *r)
{
	struct virtq_buf b = { r->buf, CHUNK };

	if (virtq_push(r->q, &b, 0, 1, r) == 0 && virtq_publish(r->q)) {
		virtq_kick(r->q);
	}
}

static void rng_used(struct virtio_device *v)
{
	struct virtio_rng *r = v->priv;
	uint32_t n;

	/* One chunk is 512 bits: no more is asked for. Snapshots will ask again (VMGenID). */
	if (virtq_pop(r->q, &n) != NULL) {
		rand_add(r->buf, n, n * 8);
		memset(r->buf, 0, sizeof(r->buf));
	}
}

static int rng_probe(struct virtio_device *v)
{
	struct virtio_rng *r = kzalloc(sizeof(*r));

	if (r == NULL) {
		return -ENOMEM;
	}
	v->priv = r;
	r->q = virtq_create(v, 0, 4);
	if (r->q == NULL) {
		kfree(r);
		return -ENOMEM;
	}
	v->on_used = rng_used;
	virtq_irq_on(r->q);
	virtio_ready(v);
	rng_request(r);
	return 0;
}

VIRTIO_DRIVER(rng, VIRTIO_ID_RNG, 0, rng_probe);
