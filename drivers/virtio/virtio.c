/* SPDX-License-Identifier: MIT */
/* Bringing a device up, whatever its transport. Spec: virtio 1.2, 3.1; 3.1.2 for legacy. */
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/log.h>

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER	   2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_FAILED	   128

extern const struct virtio_driver virtio_drivers_start[], virtio_drivers_end[];

static const struct virtio_driver *driver_for(uint32_t id)
{
	for (const struct virtio_driver *d = virtio_drivers_start; d < virtio_drivers_end; d++) {
		if (d->id == id) {
			return d;
		}
	}
	return NULL;
}

static void add_status(struct virtio_device *v, uint8_t bits)
{
	v->ops->set_status(v, v->ops->get_status(v) | bits);
}

static int reset(struct virtio_device *v)
{
	v->ops->set_status(v, 0);
	/* 4.2.3.1 (mmio) needs no wait, 4.1.4.3.2 (PCI) does; a device that never ends it is refused. */
	for (unsigned i = 0; i < 1000000; i++) {
		if (v->ops->get_status(v) == 0) {
			return 0;
		}
	}
	log_error("virtio %s: reset does not end", v->name);
	return -ETIMEDOUT;
}

static int negotiate(struct virtio_device *v)
{
	uint64_t common = VIRTIO_F_EVENT_IDX |
			  (v->legacy ? VIRTIO_F_ANY_LAYOUT : VIRTIO_F_VERSION_1);

	v->features = v->ops->get_features(v) & (v->driver->wanted | common);
	if (v->driver->choose != NULL) {
		v->features = v->driver->choose(v, v->features);
	}
	if (!v->legacy && !virtio_has(v, VIRTIO_F_VERSION_1)) {
		log_error("virtio %s: modern device without VERSION_1", v->name);
		return -EINVAL;
	}
	v->ops->set_features(v, v->features);
	if (v->legacy) {
		return 0;
	}
	add_status(v, STATUS_FEATURES_OK);
	if ((v->ops->get_status(v) & STATUS_FEATURES_OK) == 0) {
		log_error("virtio %s: features %lx not accepted", v->name, v->features);
		return -EINVAL;
	}
	return 0;
}

/* 3.1.1 up to where the driver goes on. */
static int start(struct virtio_device *v)
{
	int r = reset(v);

	if (r != 0) {
		return r;
	}
	add_status(v, STATUS_ACKNOWLEDGE);
	add_status(v, STATUS_DRIVER);
	r = negotiate(v);
	if (r == 0) {
		r = v->ops->irq_request != NULL ? v->ops->irq_request(v)
						: irq_request(v->irq, virtio_interrupt, v, v->name);
	}
	if (r != 0) {
		add_status(v, STATUS_FAILED);
	}
	return r;
}

int virtio_attach(struct virtio_device *v)
{
	int r;

	v->driver = driver_for(v->id);
	if (v->driver == NULL) {
		log_debug("virtio %s: no driver for device type %u", v->name, v->id);
		return -ENODEV;
	}
	r = start(v);
	if (r != 0) {
		v->driver = NULL;
		return r;
	}
	r = v->driver->probe(v);
	if (r != 0) {
		add_status(v, STATUS_FAILED);
	}
	return r;
}

void virtio_ready(struct virtio_device *v)
{
	add_status(v, STATUS_DRIVER_OK);
}

void virtio_interrupt(void *arg)
{
	struct virtio_device *v = arg;
	uint32_t cause = v->ops->irq_ack(v);

	if ((cause & 1) != 0 && v->on_used != NULL) {
		v->on_used(v);
	}
	if ((cause & 2) != 0 && v->on_config != NULL) {
		v->on_config(v);
	}
}

bool virtio_has(const struct virtio_device *v, uint64_t feature)
{
	return (v->features & feature) != 0;
}

void virtio_broken(struct virtio_device *v, const char *what)
{
	log_error("virtio %s (%s): broken: %s; switched off", v->name, v->driver->name, what);
	for (struct virtq *q = v->queues; q != NULL; q = q->sibling) {
		q->broken = true;
	}
	v->ops->set_status(v, 0);
}
