/* SPDX-License-Identifier: MIT */
/* virtio in three parts: transport (mmio, PCI), virtqueue, device drivers.
 * Spec: Virtual I/O Device (VIRTIO) Version 1.2. */
#pragma once

#include <kernel/irq.h>
#include <kernel/types.h>

#define VIRTIO_F_ANY_LAYOUT    (1ULL << 27) /* legacy */
#define VIRTIO_F_INDIRECT_DESC (1ULL << 28)
#define VIRTIO_F_EVENT_IDX     (1ULL << 29)
#define VIRTIO_F_VERSION_1     (1ULL << 32)

enum {
	VIRTIO_ID_NET = 1,
	VIRTIO_ID_BLOCK = 2,
	VIRTIO_ID_CONSOLE = 3,
	VIRTIO_ID_RNG = 4,
	VIRTIO_ID_9P = 9
};

struct virtio_device;
struct virtq;

/* Transport. All thread or boot context unless said otherwise; status bits per 2.1. */
struct virtio_transport {
	uint8_t (*get_status)(struct virtio_device *v);
	void (*set_status)(struct virtio_device *v, uint8_t status);
	uint64_t (*get_features)(struct virtio_device *v);
	void (*set_features)(struct virtio_device *v, uint64_t f);
	/* Largest ring of queue @i; 0: no such queue. */
	unsigned (*queue_max)(struct virtio_device *v, unsigned i);
	int (*queue_enable)(struct virtio_device *v, struct virtq *q);
	/* Device configuration space: plain bytes, any alignment. */
	void (*read_config)(struct virtio_device *v, unsigned off, void *buf, size_t n);
	uint32_t (*config_generation)(struct virtio_device *v);
	/* Tell the device about queue q->index. Any context. */
	void (*notify)(struct virtio_device *v, struct virtq *q);
	/* Acknowledge: bit 0 used ring, bit 1 configuration change. Interrupt. */
	uint32_t (*irq_ack)(struct virtio_device *v);
	/* Have its interrupts, after the features; NULL: v->irq is the one there is. 0 or -errno. */
	int (*irq_request)(struct virtio_device *v);
};

struct virtio_device {
	const struct virtio_transport *ops;
	uint32_t id; /* device type */
	bool legacy; /* pre-1.0: guest-endian (little), header without num_buffers... */
	uint16_t
		ring_least; /* entries that a ring has, if the device has as many, whatever its user wants */
	uint64_t features; /* negotiated */
	int irq;
	const char *name; /* path of the tree node; for PCI segment, bus, device, function */
	const struct dt_node *node;	    /* for PCI the host bridge's */
	const struct virtio_driver *driver; /* NULL: none, and its interrupt was not requested */
	struct virtq *queues; /* (private) by virtq.sibling: all end with the device */
	/* Set by the driver before virtio_ready(); called in the interrupt. */
	void (*on_used)(struct virtio_device *v);   /* some used ring moved */
	void (*on_config)(struct virtio_device *v); /* configuration changed */
	void *priv;				    /* the driver's */
};

struct virtio_driver {
	const char *name;
	uint32_t id;
	uint64_t wanted; /* device features this driver understands */
	/* Which of the @offered among them to take, where one is of no use without another. NULL: all. */
	uint64_t (*choose)(struct virtio_device *v, uint64_t offered);
	/* Features are negotiated, FEATURES_OK set. Make queues, then virtio_ready(). 0 or -errno. */
	int (*probe)(struct virtio_device *v);
};

/* VIRTIO_DRIVER(net, VIRTIO_ID_NET, features, probe): one constant record in a linker section. More of its
 * fields may follow. */
#define VIRTIO_DRIVER(name_, id_, wanted_, probe_, ...)                                            \
	static const struct virtio_driver virtio_driver_##name_                                    \
		__attribute__((used, section(".virtio_drivers." #name_))) = {                      \
			.name = #name_, .id = id_, .wanted = wanted_, .probe = probe_, __VA_ARGS__ \
		}

/* A transport found a device: reset, negotiate, hand it to its driver. Returns 0, -ENODEV (no driver), -errno. */
int virtio_attach(struct virtio_device *v);
/* DRIVER_OK: the device may now use its rings. */
void virtio_ready(struct virtio_device *v);
/* The transport's interrupt handler calls this. */
void virtio_interrupt(void *v);
bool virtio_has(const struct virtio_device *v, uint64_t feature);
/* The device did something it may not: say so once, reset it, never touch it again. Any context. */
void virtio_broken(struct virtio_device *v, const char *what);
