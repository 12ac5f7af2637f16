/* SPDX-License-Identifier: MIT */
/* What both interfaces of virtio over PCI share. Spec: virtio 1.2, 4.1. */
#pragma once

#include <drivers/pci.h>
#include <drivers/virtio.h>
#include <drivers/virtq.h>

#define VIRTIO_PCI_QUEUES    8U	    /* as many as our drivers use, and more */
#define VIRTIO_PCI_NO_VECTOR 0xffff /* 4.1.4.3 */

struct virtio_pci {
	struct virtio_device v;
	struct pci_dev *d;
	uintptr_t common; /* of a legacy device: all its registers */
	uintptr_t isr, config;
	size_t config_size;
	uintptr_t notify_base;
	size_t notify_size;
	uint32_t notify_multiplier;
	uintptr_t notify[VIRTIO_PCI_QUEUES]; /* by queue */
	uint16_t config_vector, queue_vector;
	bool has_irq; /* a handler knows it: it must stay */
};

static inline struct virtio_pci *virtio_pci_of(struct virtio_device *v)
{
	return container_of(v, struct virtio_pci, v);
}

/* pci.c: take interrupts; the vectors that the device is to be told are then set. 0 or -errno. */
int virtio_pci_take_irqs(struct virtio_pci *p);
uint32_t virtio_pci_irq_ack(struct virtio_device *v);
void virtio_pci_notify(struct virtio_device *v, struct virtq *q);
void virtio_pci_read_config(struct virtio_device *v, unsigned off, void *buf, size_t n);
/* pci_legacy.c: find the registers. 0 or -errno. */
int virtio_pci_legacy_init(struct virtio_pci *p);
