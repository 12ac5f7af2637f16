/* SPDX-License-Identifier: MIT */
/* virtio over PCI: the modern interface, by capabilities; one without them is legacy (pci_legacy.c). Where a structure lies
 * the device says: each is checked against its BAR before it is used. Spec: virtio 1.2, 4.1. */
#include "pci.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>

#define VENDOR	     0x1af4
#define ID_TRANSIT   0x1000 /* 4.1.2.1: transitional devices, to 0x103f */
#define ID_MODERN    0x1040 /* plus the type */
#define ID_END	     0x1080
#define CAUSE_QUEUE  1U
#define CAUSE_CONFIG 2U

/* 4.1.4: struct virtio_pci_cap */
#define CAP_LEN	       2
#define CAP_TYPE       3
#define CAP_BAR	       4
#define CAP_OFFSET     8
#define CAP_LENGTH     12
#define CAP_MULTIPLIER 16
enum { TYPE_COMMON = 1, TYPE_NOTIFY, TYPE_ISR, TYPE_DEVICE };

/* 4.1.4.3: struct virtio_pci_common_cfg */
#define C_DEVICE_FEATURE_SELECT 0
#define C_DEVICE_FEATURE	4
#define C_DRIVER_FEATURE_SELECT 8
#define C_DRIVER_FEATURE	12
#define C_CONFIG_VECTOR		16
#define C_NUM_QUEUES		18
#define C_STATUS		20
#define C_GENERATION		21
#define C_QUEUE_SELECT		22
#define C_QUEUE_SIZE		24
#define C_QUEUE_VECTOR		26
#define C_QUEUE_ENABLE		28
#define C_QUEUE_NOTIFY_OFF	30
#define C_QUEUE_DESC		32 /* low word; high at + 4 */
#define C_QUEUE_DRIVER		40
#define C_QUEUE_DEVICE		48
#define C_SIZE			56

static uintptr_t reg(struct virtio_device *v, unsigned r)
{
	return virtio_pci_of(v)->common + r;
}

/* --- the transport --------------------------------------------------------------------------------- */

static uint8_t get_status(struct virtio_device *v)
{
	return mmio_read8(reg(v, C_STATUS));
}

static void set_status(struct virtio_device *v, uint8_t status)
{
	mmio_write8(reg(v, C_STATUS), status);
}

static uint64_t get_features(struct virtio_device *v)
{
	uint64_t f;

	mmio_write32(reg(v, C_DEVICE_FEATURE_SELECT), 0);
	f = mmio_read32(reg(v, C_DEVICE_FEATURE));
	mmio_write32(reg(v, C_DEVICE_FEATURE_SELECT), 1);
	return f | (uint64_t)mmio_read32(reg(v, C_DEVICE_FEATURE)) << 32;
}

static void set_features(struct virtio_device *v, uint64_t f)
{
	mmio_write32(reg(v, C_DRIVER_FEATURE_SELECT), 0);
	mmio_write32(reg(v, C_DRIVER_FEATURE), (uint32_t)f);
	mmio_write32(reg(v, C_DRIVER_FEATURE_SELECT), 1);
	mmio_write32(reg(v, C_DRIVER_FEATURE), (uint32_t)(f >> 32));
}

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	if (i >= mmio_read16(reg(v, C_NUM_QUEUES)) || i >= VIRTIO_PCI_QUEUES) {
		return 0;
	}
	mmio_write16(reg(v, C_QUEUE_SELECT), (uint16_t)i);
	return mmio_read16(reg(v, C_QUEUE_SIZE));
}

static void write_address(struct virtio_device *v, unsigned r, const void *p)
{
	/* 4.1.3.1: fields of 64 bits are written by halves. */
	mmio_write32(reg(v, r), (uint32_t)(uintptr_t)p);
	mmio_write32(reg(v, r + 4), (uint32_t)((uintptr_t)p >> 32));
}

/* 4.1.4.4: where the selected queue's doorbell is. */
static int find_doorbell(struct virtio_pci *p, unsigned index)
{
	uint64_t at = (uint64_t)mmio_read16(p->common + C_QUEUE_NOTIFY_OFF) * p->notify_multiplier;

	if (at + 2 > p->notify_size || (at & 1) != 0) {
		log_error("virtio %s: queue %u: its doorbell is outside", p->v.name, index);
		return -EINVAL;
	}
	p->notify[index] = p->notify_base + at;
	return 0;
}

static int queue_enable(struct virtio_device *v, struct virtq *q)
{
	struct virtio_pci *p = virtio_pci_of(v);

	mmio_write16(reg(v, C_QUEUE_SELECT), (uint16_t)q->index);
	mmio_write16(reg(v, C_QUEUE_SIZE), q->size);
	if (find_doorbell(p, q->index) != 0) {
		return -EINVAL;
	}
	mmio_write16(reg(v, C_QUEUE_VECTOR), p->queue_vector);
	if (mmio_read16(reg(v, C_QUEUE_VECTOR)) != p->queue_vector) {
		return -EIO; /* 4.1.5.1.2.1: it has no room for the vector */
	}
	write_address(v, C_QUEUE_DESC, q->desc);
	write_address(v, C_QUEUE_DRIVER, q->avail);
	write_address(v, C_QUEUE_DEVICE, q->used);
	mmio_write16(reg(v, C_QUEUE_ENABLE), 1);
	return mmio_read16(reg(v, C_QUEUE_ENABLE)) == 1 ? 0 : -EINVAL;
}

void virtio_pci_read_config(struct virtio_device *v, unsigned off, void *buf, size_t n)
{
	const struct virtio_pci *p = virtio_pci_of(v);
	uint8_t *to = buf;

	for (size_t i = 0; i < n; i++) {
		to[i] = off + i < p->config_size ? mmio_read8(p->config + off + i) : 0;
	}
}

static uint32_t config_generation(struct virtio_device *v)
{
	return mmio_read8(reg(v, C_GENERATION));
}

void virtio_pci_notify(struct virtio_device *v, struct virtq *q)
{
	mmio_write16(virtio_pci_of(v)->notify[q->index], (uint16_t)q->index);
}

/* Reading it is the acknowledgement (4.1.4.5). A vector that is there for queues and configuration tells of the latter
 * there, of queues nowhere. */
uint32_t virtio_pci_irq_ack(struct virtio_device *v)
{
	const struct virtio_pci *p = virtio_pci_of(v);
	uint32_t cause = mmio_read8(p->isr);

	return p->d->irq_kind == PCI_MSIX ? cause | CAUSE_QUEUE : cause;
}

/* --- interrupts ------------------------------------------------------------------------------------ */

static void queue_interrupt(void *arg)
{
	struct virtio_device *v = arg;

	if (v->on_used != NULL) {
		v->on_used(v);
	}
}

static void config_interrupt(void *arg)
{
	struct virtio_device *v = arg;

	if (v->on_config != NULL) {
		v->on_config(v);
	}
}

int virtio_pci_take_irqs(struct virtio_pci *p)
{
	int n = pci_irq_alloc(p->d, 2, false), r;
	bool two = n == 2;

	if (n < 0) {
		return n;
	}
	p->has_irq = true;
	if (p->d->irq_kind == PCI_MSIX) {
		p->config_vector = 0;
		p->queue_vector = two ? 1 : 0;
	}
	r = pci_irq_request(p->d, 0, two ? config_interrupt : virtio_interrupt, &p->v);
	return r != 0 || !two ? r : pci_irq_request(p->d, 1, queue_interrupt, &p->v);
}

static int take_irqs(struct virtio_device *v)
{
	struct virtio_pci *p = virtio_pci_of(v);
	int r = virtio_pci_take_irqs(p);

	if (r != 0) {
		return r;
	}
	mmio_write16(reg(v, C_CONFIG_VECTOR), p->config_vector);
	return mmio_read16(reg(v, C_CONFIG_VECTOR)) == p->config_vector ? 0 : -EIO;
}

static const struct virtio_transport pci_transport = {
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

/* --- capabilities ---------------------------------------------------------------------------------- */

/* One that makes sense (4.1.4): of the right size, within a BAR that decodes memory. */
static bool is_sound(const struct pci_dev *d, unsigned cap, uint32_t min, uint32_t align)
{
	uint32_t bar = pci_read8(d, cap + CAP_BAR), off = pci_read32(d, cap + CAP_OFFSET);
	uint32_t len = pci_read32(d, cap + CAP_LENGTH);

	return pci_read8(d, cap + CAP_LEN) >= CAP_MULTIPLIER && bar < PCI_BARS &&
	       d->bar[bar].addr != 0 && !d->bar[bar].io && len >= min && off % align == 0 &&
	       off <= d->bar[bar].size && len <= d->bar[bar].size - off;
}

static uintptr_t map_cap(const struct pci_dev *d, unsigned cap, size_t *size)
{
	*size = pci_read32(d, cap + CAP_LENGTH);
	return pci_map(d, pci_read8(d, cap + CAP_BAR), pci_read32(d, cap + CAP_OFFSET), *size);
}

/* 4.1.4.1: the first of each type that can be used. */
static void take_cap(struct virtio_pci *p, unsigned cap)
{
	const struct pci_dev *d = p->d;
	size_t size;

	switch (pci_read8(d, cap + CAP_TYPE)) {
	case TYPE_COMMON:
		if (p->common == 0 && is_sound(d, cap, C_SIZE, 4)) {
			p->common = map_cap(d, cap, &size);
		}
		break;
	case TYPE_NOTIFY:
		if (p->notify_base == 0 && is_sound(d, cap, 2, 2)) {
			p->notify_base = map_cap(d, cap, &p->notify_size);
			p->notify_multiplier = pci_read32(d, cap + CAP_MULTIPLIER);
		}
		break;
	case TYPE_ISR:
		if (p->isr == 0 && is_sound(d, cap, 1, 1)) {
			p->isr = map_cap(d, cap, &size);
		}
		break;
	case TYPE_DEVICE:
		if (p->config == 0 && is_sound(d, cap, 1, 4)) {
			p->config = map_cap(d, cap, &p->config_size);
		}
		break;
	default:
		break; /* of another time */
	}
}

static int modern_init(struct virtio_pci *p)
{
	unsigned cap = pci_cap(p->d, 0, PCI_CAP_VNDR);

	for (unsigned i = 0; i < PCI_CAPS_MAX && cap != 0; i++) {
		take_cap(p, cap);
		cap = pci_cap(p->d, cap, PCI_CAP_VNDR);
	}
	if (p->common == 0 || p->notify_base == 0 || p->isr == 0) {
		return -ENODEV;
	}
	p->v.ops = &pci_transport;
	return 0;
}

/* --- set-up ---------------------------------------------------------------------------------------- */

static int find_interface(struct virtio_pci *p)
{
	bool transitional = p->d->device < ID_MODERN;
	int r = modern_init(p);

	if (r != 0 && transitional) {
		r = virtio_pci_legacy_init(p);
	}
	if (r != 0) {
		log_error("virtio %s: no interface that makes sense", p->d->name);
		return -EINVAL;
	}
	p->v.id = transitional ? pci_read16(p->d, PCI_SUBSYSTEM) : p->d->device - ID_MODERN;
	return 0;
}

static int virtio_pci_probe(struct pci_dev *d)
{
	struct virtio_pci *p;
	int r;

	if (d->device < ID_TRANSIT || d->device >= ID_END) {
		return -ENODEV;
	}
	p = kzalloc(sizeof(*p));
	if (p == NULL) {
		return -ENOMEM;
	}
	p->d = d;
	p->v.name = d->name;
	p->v.node = pci_host_node(d);
	p->v.irq = -1;
	p->config_vector = p->queue_vector = VIRTIO_PCI_NO_VECTOR;
	r = find_interface(p);
	if (r == 0) {
		pci_enable(d);
		r = virtio_attach(&p->v);
	}
	if (r != 0 && !p->has_irq) {
		kfree(p);
	}
	return r;
}

static const struct pci_match virtio_match[] = { { VENDOR, PCI_ANY, 0, 0 }, { 0 } };

PCI_DRIVER(virtio, virtio_match, virtio_pci_probe);
