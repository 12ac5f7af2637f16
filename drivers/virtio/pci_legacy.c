/* SPDX-License-Identifier: MIT */
/* virtio over PCI as it was before 1.0: all registers in the first BAR, I/O space, rings as long as the device says.
 * Spec: virtio 1.2, 4.1.4.10. */
#include "pci.h"

#include <errno.h>
#include <kernel/log.h>

#define RING_MOST	  32768 /* 2.7 */
#define R_DEVICE_FEATURES 0
#define R_DRIVER_FEATURES 4
#define R_QUEUE_PFN	  8
#define R_QUEUE_SIZE	  12
#define R_QUEUE_SELECT	  14
#define R_QUEUE_NOTIFY	  16
#define R_STATUS	  18
#define R_ISR		  19
#define R_CONFIG	  20 /* without MSI-X; else vectors come first */
#define R_CONFIG_VECTOR	  20
#define R_QUEUE_VECTOR	  22
#define R_CONFIG_MSIX	  24

static uintptr_t reg(struct virtio_device *v, unsigned r)
{
	return virtio_pci_of(v)->common + r;
}

static uint8_t get_status(struct virtio_device *v)
{
	return mmio_read8(reg(v, R_STATUS));
}

static void set_status(struct virtio_device *v, uint8_t status)
{
	mmio_write8(reg(v, R_STATUS), status);
}

static uint64_t get_features(struct virtio_device *v)
{
	return mmio_read32(reg(v, R_DEVICE_FEATURES));
}

static void set_features(struct virtio_device *v, uint64_t f)
{
	mmio_write32(reg(v, R_DRIVER_FEATURES), (uint32_t)f);
}

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	unsigned n;

	if (i >= VIRTIO_PCI_QUEUES) {
		return 0;
	}
	mmio_write16(reg(v, R_QUEUE_SELECT), (uint16_t)i);
	n = mmio_read16(reg(v, R_QUEUE_SIZE));
	return (n & (n - 1)) == 0 ? n : 0; /* 2.7: both sides lay it out by this number */
}

static int set_vector(struct virtio_device *v, unsigned r, uint16_t vector)
{
	if (virtio_pci_of(v)->d->irq_kind != PCI_MSIX) {
		return 0; /* there is no such register */
	}
	mmio_write16(reg(v, r), vector);
	return mmio_read16(reg(v, r)) == vector ? 0 : -EIO;
}

static int queue_enable(struct virtio_device *v, struct virtq *q)
{
	struct virtio_pci *p = virtio_pci_of(v);
	uint64_t pfn = (uintptr_t)q->desc >> PAGE_SHIFT;

	mmio_write16(reg(v, R_QUEUE_SELECT), (uint16_t)q->index);
	if (pfn > UINT32_MAX || q->size != mmio_read16(reg(v, R_QUEUE_SIZE)) ||
	    set_vector(v, R_QUEUE_VECTOR, p->queue_vector) != 0) {
		return -EINVAL;
	}
	p->notify[q->index] = reg(v, R_QUEUE_NOTIFY);
	mmio_write32(reg(v, R_QUEUE_PFN), (uint32_t)pfn);
	return mmio_read32(reg(v, R_QUEUE_PFN)) != 0 ? 0 : -EINVAL;
}

static uint32_t config_generation(struct virtio_device *v)
{
	(void)v;
	return 0;
}

static int take_irqs(struct virtio_device *v)
{
	struct virtio_pci *p = virtio_pci_of(v);
	uint64_t size = p->d->bar[0].size;
	int r = virtio_pci_take_irqs(p);
	unsigned at = p->d->irq_kind == PCI_MSIX ? R_CONFIG_MSIX : R_CONFIG;

	p->config = reg(v, at);
	p->config_size = size > at ? size - at : 0;
	return r != 0 ? r : set_vector(v, R_CONFIG_VECTOR, p->config_vector);
}

static const struct virtio_transport legacy_transport = {
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.queue_max = queue_max,
	.queue_enable = queue_enable,
	.read_config = virtio_pci_read_config,
	.config_generation = config_generation,
	.notify = virtio_pci_notify,
	.irq_ack = virtio_pci_irq_ack,
	.irq_request = take_irqs,
};

int virtio_pci_legacy_init(struct virtio_pci *p)
{
	if (p->d->bar[0].size < R_CONFIG_MSIX) {
		return -ENODEV;
	}
	p->common = pci_map(p->d, 0, 0, p->d->bar[0].size);
	p->isr = p->common + R_ISR;
	p->v.ops = &legacy_transport;
	p->v.legacy = true;
	p->v.ring_least = RING_MOST;
	return p->common == 0 ? -ENODEV : 0;
}
