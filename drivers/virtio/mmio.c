/* SPDX-License-Identifier: MIT */
/* virtio over MMIO, modern (version 2) and legacy (version 1).
 * Spec: virtio 1.2, 4.2.2 and 4.2.4. */
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/log.h>

#define R_MAGIC		    0x000
#define R_VERSION	    0x004
#define R_DEVICE_ID	    0x008
#define R_DEVICE_FEATURES   0x010
#define R_DEVICE_FEAT_SEL   0x014
#define R_DRIVER_FEATURES   0x020
#define R_DRIVER_FEAT_SEL   0x024
#define R_GUEST_PAGE_SIZE   0x028 /* legacy */
#define R_QUEUE_SEL	    0x030
#define R_QUEUE_NUM_MAX	    0x034
#define R_QUEUE_NUM	    0x038
#define R_QUEUE_ALIGN	    0x03c /* legacy */
#define R_QUEUE_PFN	    0x040 /* legacy */
#define R_QUEUE_READY	    0x044
#define R_QUEUE_NOTIFY	    0x050
#define R_INTERRUPT_STATUS  0x060
#define R_INTERRUPT_ACK	    0x064
#define R_STATUS	    0x070
#define R_QUEUE_DESC	    0x080 /* low word; high at + 4 */
#define R_QUEUE_DRIVER	    0x090
#define R_QUEUE_DEVICE	    0x0a0
#define R_CONFIG_GENERATION 0x0fc
#define R_CONFIG	    0x100

#define MAGIC 0x74726976 /* "virt" */

struct virtio_mmio {
	struct virtio_device v;
	uintptr_t base;
	size_t size;
};

static uintptr_t reg(struct virtio_device *v, unsigned r)
{
	return container_of(v, struct virtio_mmio, v)->base + r;
}

static uint8_t get_status(struct virtio_device *v)
{
	return (uint8_t)mmio_read32(reg(v, R_STATUS));
}

static void set_status(struct virtio_device *v, uint8_t status)
{
	mmio_write32(reg(v, R_STATUS), status);
}

static uint64_t get_features(struct virtio_device *v)
{
	uint64_t f;

	mmio_write32(reg(v, R_DEVICE_FEAT_SEL), 0);
	f = mmio_read32(reg(v, R_DEVICE_FEATURES));
	if (!v->legacy) {
		mmio_write32(reg(v, R_DEVICE_FEAT_SEL), 1);
		f |= (uint64_t)mmio_read32(reg(v, R_DEVICE_FEATURES)) << 32;
	}
	return f;
}

static void set_features(struct virtio_device *v, uint64_t f)
{
	mmio_write32(reg(v, R_DRIVER_FEAT_SEL), 0);
	mmio_write32(reg(v, R_DRIVER_FEATURES), (uint32_t)f);
	if (!v->legacy) {
		mmio_write32(reg(v, R_DRIVER_FEAT_SEL), 1);
		mmio_write32(reg(v, R_DRIVER_FEATURES), (uint32_t)(f >> 32));
	}
}

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	mmio_write32(reg(v, R_QUEUE_SEL), i);
	return mmio_read32(reg(v, R_QUEUE_NUM_MAX));
}

static void write_address(struct virtio_device *v, unsigned r, const void *p)
{
	mmio_write32(reg(v, r), (uint32_t)(uintptr_t)p);
	mmio_write32(reg(v, r + 4), (uint32_t)((uintptr_t)p >> 32));
}

static int queue_enable(struct virtio_device *v, struct virtq *q)
{
	mmio_write32(reg(v, R_QUEUE_SEL), q->index);
	mmio_write32(reg(v, R_QUEUE_NUM), q->size);
	if (v->legacy) {
		if ((uintptr_t)q->desc >> PAGE_SHIFT > UINT32_MAX) {
			return -EINVAL;
		}
		mmio_write32(reg(v, R_QUEUE_ALIGN), (uint32_t)PAGE_SIZE);
		mmio_write32(reg(v, R_QUEUE_PFN), (uint32_t)((uintptr_t)q->desc >> PAGE_SHIFT));
		return mmio_read32(reg(v, R_QUEUE_PFN)) != 0 ? 0 : -EINVAL;
	}
	write_address(v, R_QUEUE_DESC, q->desc);
	write_address(v, R_QUEUE_DRIVER, q->avail);
	write_address(v, R_QUEUE_DEVICE, q->used);
	mmio_write32(reg(v, R_QUEUE_READY), 1);
	return mmio_read32(reg(v, R_QUEUE_READY)) == 1 ? 0 : -EINVAL;
}

static void read_config(struct virtio_device *v, unsigned off, void *buf, size_t n)
{
	const struct virtio_mmio *m = container_of(v, struct virtio_mmio, v);
	uint8_t *to = buf;

	for (size_t i = 0; i < n; i++) {
		/* 4.2.2.2: a window that ends too early reads as zeros. */
		to[i] = R_CONFIG + off + i < m->size ? mmio_read8(m->base + R_CONFIG + off + i) : 0;
	}
}

static uint32_t config_generation(struct virtio_device *v)
{
	return v->legacy ? 0 : mmio_read32(reg(v, R_CONFIG_GENERATION));
}

static void notify(struct virtio_device *v, struct virtq *q)
{
	mmio_write32(reg(v, R_QUEUE_NOTIFY), q->index);
}

static uint32_t irq_ack(struct virtio_device *v)
{
	uint32_t cause = mmio_read32(reg(v, R_INTERRUPT_STATUS));

	mmio_write32(reg(v, R_INTERRUPT_ACK), cause);
	return cause;
}

static const struct virtio_transport mmio_transport = {
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.queue_max = queue_max,
	.queue_enable = queue_enable,
	.read_config = read_config,
	.config_generation = config_generation,
	.notify = notify,
	.irq_ack = irq_ack,
};

static int mmio_attach(struct device *dev, uintptr_t base, size_t size, uint32_t version)
{
	struct virtio_mmio *m = kzalloc(sizeof(*m));
	int r;

	if (m == NULL) {
		return -ENOMEM;
	}
	m->base = base;
	m->size = size;
	m->v.ops = &mmio_transport;
	m->v.id = mmio_read32(base + R_DEVICE_ID);
	m->v.legacy = version == 1;
	m->v.name = dev->name;
	m->v.node = dev->node;
	m->v.irq = dev_irq(dev, 0);
	if (m->v.irq < 0) {
		r = m->v.irq;
		goto free_device;
	}
	if (m->v.legacy) {
		mmio_write32(base + R_GUEST_PAGE_SIZE, (uint32_t)PAGE_SIZE);
	}
	r = virtio_attach(&m->v);
	if (r == 0) {
		return 0;
	}
free_device:
	/* Once its interrupt is requested the device must stay: a late one still finds it. */
	if (m->v.driver == NULL) {
		kfree(m);
	}
	return r;
}

static int mmio_probe(struct device *dev, const struct dt_match *match)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	uint32_t version;

	(void)match;
	if (base == 0 || size < R_CONFIG) {
		return -EINVAL;
	}
	/* QEMU describes every slot, most of them empty (device id 0, 4.2.3.1.1). */
	if (mmio_read32(base + R_MAGIC) != MAGIC || mmio_read32(base + R_DEVICE_ID) == 0) {
		return -ENODEV;
	}
	version = mmio_read32(base + R_VERSION);
	if (version != 1 && version != 2) {
		log_error("virtio %s: unknown version %u", dev->name, version);
		return -ENODEV;
	}
	return mmio_attach(dev, base, size, version);
}

static const struct dt_match mmio_match[] = { { "virtio,mmio", 0 }, { NULL, 0 } };

DRIVER(STAGE_BUS, virtio_mmio, mmio_match, mmio_probe);
