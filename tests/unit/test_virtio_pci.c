/* SPDX-License-Identifier: MIT */
/* drivers/virtio/pci.c and pci_legacy.c against a model of both register layouts (virtio 1.2, 4.1.4.3 and 4.1.4.10) that
 * minds the order of steps and can be told to lie about where its structures are.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/pci.c drivers/virtio/pci_legacy.c
	drivers/virtio/virtio.c drivers/virtio/virtq.c */
#include "kernel.h"
#include "test.h"

#include <drivers/pci.h>
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CONFIG	   0x1000000UL
#define IO	   0x2000000UL
#define MEM	   0x3000000UL
#define COMMON	   0x0000
#define ISR	   0x1000
#define DEVICE	   0x2000
#define NOTIFY	   0x3000
#define NO_VECTOR  0xffff
#define MULTIPLIER 4U
#define RING	   8U

extern const struct pci_driver pci_drivers_start[];

static struct {
	uint8_t cfg[256];
	/* what it is */
	unsigned queue_size;
	uint16_t notify_off;
	int vectors; /* what pci_irq_alloc() gives; 0: a pin */
	bool no_vectors, no_ready, no_features;
	/* its registers */
	uint32_t dev_sel, drv_sel;
	uint64_t accepted;
	uint16_t config_vector, queue_sel;
	uint8_t status, isr;
	struct {
		uint16_t size, vector, enable;
		uint32_t pfn;
		uint64_t addr[3];
	} q[2];
	unsigned bell[2], bad, changes;
	uint8_t history[16];
	/* the kernel */
	irq_handler_t handler[2];
	void *arg[2];
	unsigned used, config;
	struct virtio_device *v;
	bool enabled;
	int held;
} m;

static struct pci_dev dev;
static struct virtq *queue[2];

/* --- the device ------------------------------------------------------------------------------------ */

static void write_status(uint8_t v)
{
	m.history[m.changes++ % 16] = v;
	m.bad += !m.enabled || (v != 0 && (v & m.status) != m.status);
	m.status = m.no_features ? v & 0xf7 : v;
}

static uint64_t common(unsigned r, unsigned size, bool write, uint64_t v)
{
	uint16_t i = m.queue_sel & 1;
	uint16_t *word;

	switch (r) {
	case 0:
		m.dev_sel = (uint32_t)v;
		return 0;
	case 4:
		return (uint32_t)((7 | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1) >>
				  (m.dev_sel != 0 ? 32 : 0));
	case 8:
		m.drv_sel = (uint32_t)v;
		return 0;
	case 12:
		m.accepted |= v << (m.drv_sel * 32);
		return 0;
	case 20:
		if (write) {
			write_status((uint8_t)v);
		}
		return m.status;
	case 21:
		return 9;
	case 18:
		return 2;
	case 30:
		return m.notify_off + i;
	default:
		break;
	}
	word = r == 16	 ? &m.config_vector
	       : r == 22 ? &m.queue_sel
	       : r == 24 ? &m.q[i].size
	       : r == 26 ? &m.q[i].vector
	       : r == 28 ? &m.q[i].enable
			 : NULL;
	if (word != NULL) {
		m.bad += size != 2;
		*word = write ? (uint16_t)v : *word;
		*word = m.no_vectors && (r == 16 || r == 26) ? NO_VECTOR : *word;
		m.q[i].enable = m.no_ready ? 0 : m.q[i].enable;
		return *word;
	}
	m.bad += !write || r < 32 || r >= 56 || size != 4 || m.q[i].enable != 0;
	if (r >= 32 && r < 56) {
		m.q[i].addr[(r - 32) / 8] |= v << ((r & 4) * 8);
	}
	return 0;
}

/* 4.1.4.10; vectors are there with MSI-X only. */
static uint64_t legacy(unsigned r, bool write, uint64_t v)
{
	uint16_t i = m.queue_sel & 1;
	unsigned device = m.vectors > 0 ? 24 : 20;

	if (r >= device) {
		return 0x40 + r - device;
	}
	switch (r) {
	case 0:
		return 7;
	case 4:
		m.accepted = v;
		return 0;
	case 8:
		m.q[i].pfn = write ? (m.no_ready ? 0 : (uint32_t)v) : m.q[i].pfn;
		return m.q[i].pfn;
	case 12:
		return m.queue_sel < 2 ? m.queue_size : 0;
	case 14:
		m.queue_sel = (uint16_t)v;
		return 0;
	case 16:
		m.bell[v & 1]++;
		return 0;
	case 18:
		if (write) {
			write_status((uint8_t)v);
		}
		return m.status;
	case 19:
		v = m.isr;
		m.isr = 0;
		return v;
	case 20:
		m.config_vector = write ? (uint16_t)v : m.config_vector;
		return m.no_vectors ? NO_VECTOR : m.config_vector;
	default:
		m.q[i].vector = write ? (uint16_t)v : m.q[i].vector;
		return m.q[i].vector;
	}
}

static uint64_t access(uintptr_t a, unsigned size, bool write, uint64_t v)
{
	unsigned r = (unsigned)(a & 0xffff);

	m.bad += (a & (size - 1)) != 0;
	if (a - CONFIG < 256) {
		v = 0;
		memcpy(&v, m.cfg + r, size);
		return v;
	}
	if (a - IO < 64) {
		return legacy(r, write, v);
	}
	if (a - MEM >= 0x4000) {
		m.bad++;
		return 0;
	}
	switch (r & 0xf000) {
	case COMMON:
		return common(r, size, write, v);
	case ISR:
		v = m.isr;
		m.isr = 0;
		return v;
	case DEVICE:
		m.bad += size != 1 || r >= DEVICE + 8;
		return r & 0xff;
	default:
		m.bad += !write || size != 2 || r % MULTIPLIER != 0 || v > 1;
		m.bell[v & 1] += r == NOTIFY + MULTIPLIER * (m.notify_off + v);
		return 0;
	}
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	return access(a, size, false, 0);
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	access(a, size, true, v);
}

/* --- the kernel ------------------------------------------------------------------------------------ */

unsigned pci_cap(const struct pci_dev *d, unsigned after, uint8_t id)
{
	(void)d;
	for (unsigned at = m.cfg[after == 0 ? 0x34 : after + 1]; at != 0; at = m.cfg[at + 1]) {
		if (m.cfg[at] == id) {
			return at;
		}
	}
	return 0;
}

uintptr_t pci_map(const struct pci_dev *d, unsigned i, uint64_t off, uint64_t size)
{
	CHECK(i < PCI_BARS && d->bar[i].addr != 0 && size > 0 && off + size <= d->bar[i].size);
	return d->bar[i].addr + off;
}

void pci_enable(struct pci_dev *d)
{
	(void)d;
	m.enabled = true;
}

const struct dt_node *pci_host_node(const struct pci_dev *d)
{
	return (const struct dt_node *)d;
}

int pci_irq_alloc(struct pci_dev *d, unsigned n, bool msi)
{
	CHECK(n == 2 && !msi);
	d->irq_kind = m.vectors > 0 ? PCI_MSIX : PCI_INTX;
	return m.vectors > 0 ? m.vectors : m.vectors == 0 ? 1 : -ENOENT;
}

int pci_irq_request(struct pci_dev *d, unsigned i, irq_handler_t fn, void *arg)
{
	(void)d;
	m.handler[i] = fn;
	m.arg[i] = arg;
	return 0;
}

int irq_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	(void)fn;
	(void)arg;
	CHECK(name == NULL);
	return irq;
}

/* Low, since a legacy device takes a frame number of 32 bits. */
void *page_alloc(size_t n, size_t align)
{
	static unsigned calls;
	void *p = mmap((void *)(0x40000000UL + (calls++ % 256) * 0x100000U), n * PAGE_SIZE,
		       PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(align == 1 && p != MAP_FAILED);
	return p;
}

void page_free(void *p, size_t n)
{
	munmap(p, n * PAGE_SIZE);
}

void *kzalloc(size_t n)
{
	m.held++;
	return calloc(1, n);
}

void kfree(void *p)
{
	m.held -= p != NULL;
	free(p);
}

static void on_used(struct virtio_device *v)
{
	m.used += v == m.v;
}

static void on_config(struct virtio_device *v)
{
	m.config += v == m.v;
}

static int probe(struct virtio_device *v)
{
	m.v = v;
	queue[0] = virtq_create(v, 0, RING);
	queue[1] = virtq_create(v, 1, RING);
	if (queue[0] == NULL || queue[1] == NULL) {
		return -ENOMEM;
	}
	v->on_used = on_used;
	v->on_config = on_config;
	virtio_ready(v);
	return 0;
}

VIRTIO_DRIVER(test, 42, 5, probe);

/* --- a device -------------------------------------------------------------------------------------- */

static void put32(unsigned r, uint32_t v)
{
	memcpy(m.cfg + r, &v, 4);
}

/* A structure's capability at @at; the next one follows it. */
static void put_cap(unsigned at, uint8_t type, uint8_t bar, uint32_t off, uint32_t len)
{
	m.cfg[at] = PCI_CAP_VNDR;
	m.cfg[at + 1] = (uint8_t)(at + 24);
	m.cfg[at + 2] = 20;
	m.cfg[at + 3] = type;
	m.cfg[at + 4] = bar;
	put32(at + 8, off);
	put32(at + 12, len);
	put32(at + 16, MULTIPLIER);
}

static void new_device(bool modern)
{
	memset(&m, 0, sizeof(m));
	memset(env.logged, 0, sizeof(env.logged));
	memset(&dev, 0, sizeof(dev));
	memset(queue, 0, sizeof(queue));
	strcpy(dev.name, "0000:00:01.0");
	dev.vendor = 0x1af4;
	dev.device = modern ? 0x1040 + 42 : 0x1005;
	dev.config = CONFIG;
	dev.bar[0] = (struct pci_bar){ .addr = IO, .size = 64, .io = true };
	dev.bar[4] = (struct pci_bar){ .addr = MEM, .size = 0x4000 };
	m.cfg[PCI_SUBSYSTEM] = 42;
	m.queue_size = 64;
	m.q[0].size = m.q[1].size = 64;
	m.vectors = 2;
	if (modern) {
		m.cfg[0x34] = 0x40;
		put_cap(0x40, 1, 4, COMMON, 56);
		put_cap(0x58, 3, 4, ISR, 1);
		put_cap(0x70, 4, 4, DEVICE, 8);
		put_cap(0x88, 2, 4, NOTIFY, 0x1000);
		m.cfg[0x89] = 0;
	}
}

static int start(void)
{
	return pci_drivers_start[0].probe(&dev);
}

static void stop(void)
{
	for (unsigned i = 0; i < 2; i++) {
		if (queue[i] != NULL) {
			page_free(queue[i]->desc, queue[i]->pages);
			kfree(queue[i]->slots);
			kfree(queue[i]);
		}
	}
	if (m.v != NULL && m.held == 1) {
		kfree(m.v); /* the first member of what the transport has */
	}
	CHECK_EQ(m.held, 0);
}

/* --- tests ----------------------------------------------------------------------------------------- */

static void test_modern(void)
{
	static const uint8_t steps[] = { 0, 1, 3, 11, 15 };

	new_device(true);
	m.notify_off = 5;
	CHECK_EQ(start(), 0);
	CHECK(m.changes == sizeof(steps) && memcmp(m.history, steps, sizeof(steps)) == 0);
	CHECK_EQ(m.accepted, 5 | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1);
	CHECK(!m.v->legacy && m.v->id == 42 && strcmp(m.v->name, "0000:00:01.0") == 0);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(m.q[i].enable == 1 && m.q[i].size == RING && m.q[i].vector == 1);
		CHECK(m.q[i].addr[0] == (uintptr_t)queue[i]->desc);
		CHECK(m.q[i].addr[1] == (uintptr_t)queue[i]->avail);
		CHECK(m.q[i].addr[2] == (uintptr_t)queue[i]->used);
		virtq_kick(queue[i]);
	}
	CHECK(m.bell[0] == 1 && m.bell[1] == 1 && m.config_vector == 0);
	CHECK_EQ(m.v->ops->config_generation(m.v), 9);
	CHECK_EQ(m.bad, 0);
	stop();
}

static void test_legacy(void)
{
	static const uint8_t steps[] = { 0, 1, 3, 7 };
	uint8_t b[2];

	for (int vectors = 0; vectors <= 2; vectors++) {
		new_device(false);
		m.vectors = vectors;
		CHECK_EQ(start(), 0);
		CHECK(m.changes == sizeof(steps) && memcmp(m.history, steps, sizeof(steps)) == 0);
		CHECK(m.v->legacy && m.accepted == 5);
		for (unsigned i = 0; i < 2; i++) {
			/* As long as the device says, whatever the driver wants. */
			CHECK(queue[i]->size == 64 &&
			      (uint64_t)m.q[i].pfn << 12 == (uintptr_t)queue[i]->desc);
			CHECK_EQ(m.q[i].vector, vectors == 0 ? 0 : vectors - 1);
			virtq_kick(queue[i]);
		}
		m.v->ops->read_config(m.v, 1, b, 2);
		CHECK(b[0] == 0x41 && b[1] == 0x42);
		CHECK(m.bell[0] == 1 && m.bell[1] == 1 && m.bad == 0);
		stop();
	}
}

static void test_transitional(void)
{
	new_device(true);
	dev.device = 0x1000;
	CHECK(start() == 0 && !m.v->legacy && m.v->id == 42 && m.bad == 0);
	stop();
}

static void test_interrupts(void)
{
	new_device(true);
	start();
	m.handler[0](m.arg[0]);
	CHECK(m.config == 1 && m.used == 0);
	m.handler[1](m.arg[1]);
	CHECK(m.config == 1 && m.used == 1);
	stop();
	/* One vector for all: the register tells of the configuration. */
	new_device(true);
	m.vectors = 1;
	start();
	m.handler[0](m.arg[0]);
	CHECK(m.used == 1 && m.config == 0);
	m.isr = 2;
	m.handler[0](m.arg[0]);
	CHECK(m.used == 2 && m.config == 1 && m.q[0].vector == 0);
	stop();
	/* A pin, which others may share: nothing of ours, nothing done. */
	new_device(true);
	m.vectors = 0;
	start();
	m.handler[0](m.arg[0]);
	CHECK(m.used == 0 && m.config == 0 && m.q[0].vector == NO_VECTOR);
	m.isr = 3;
	m.handler[0](m.arg[0]);
	CHECK(m.used == 1 && m.config == 1);
	stop();
}

static void test_config(void)
{
	uint8_t b[12];

	new_device(true);
	start();
	m.v->ops->read_config(m.v, 3, b, 12);
	CHECK(b[0] == 3 && b[4] == 7 && b[5] == 0 && b[11] == 0 && m.bad == 0);
	stop();
}

/* Structures that are not where they are said to be: not used; the first that makes sense is. */
static void test_bad_caps(void)
{
	static const struct {
		uint8_t bar;
		uint32_t off, len;
	} bad[] = { { 4, 0, 55 },	  { 4, 0x3fe0, 56 }, { 4, 0xfffffff0, 56 },
		    { 4, 2, 56 },	  { 0, 0, 56 },	     { 1, 0, 56 },
		    { 6, 0, 56 },	  { 255, 0, 56 },    { 4, 0x4000, 56 },
		    { 4, 0, 0xffffffff }, { 4, 0, 0 } };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		new_device(true);
		put_cap(0x40, 1, bad[i].bar, bad[i].off, bad[i].len);
		CHECK(start() == -EINVAL && env.logged[3] == 1 && m.bad == 0 && m.changes == 0);
		stop();
		/* With a good one behind it. */
		put_cap(0xa0, 1, 4, COMMON, 56);
		m.cfg[0xa1] = 0;
		m.cfg[0x89] = 0xa0;
		CHECK(start() == 0 && m.bad == 0);
		stop();
	}
	for (unsigned at = 0x40; at <= 0x88; at += 24) {
		new_device(true);
		m.cfg[at + 3] = 77; /* of a type that nobody knows */
		CHECK_EQ(start(),
			 at == 0x70 ? 0 : -EINVAL); /* its configuration is not needed by all */
		stop();
		new_device(true);
		m.cfg[at + 2] = 15;
		CHECK_EQ(start(), at == 0x70 ? 0 : -EINVAL);
		stop();
	}
}

static void refused(int want)
{
	CHECK_EQ(start(), want);
	CHECK(m.bad == 0 && (m.status & 4) == 0);
	if (m.v == NULL && m.handler[0] != NULL) {
		free(m.arg[0]); /* it stays, as a handler knows it */
		m.held--;
	}
	stop();
}

static void test_refusals(void)
{
	new_device(true);
	m.notify_off = 0x400; /* its doorbell is behind the structure */
	refused(-ENOMEM);
	new_device(true);
	m.notify_off = 0xfff0;
	refused(-ENOMEM);
	new_device(true);
	m.no_vectors = true;
	refused(-EIO);
	new_device(true);
	m.no_ready = true;
	refused(-ENOMEM);
	new_device(true);
	m.no_features = true;
	refused(-EINVAL);
	new_device(true);
	m.vectors = -1;
	refused(-ENOENT);
	new_device(true);
	dev.device = 0x1040 + 41;
	refused(-ENODEV);
	new_device(true);
	dev.device = 0x1110; /* of the same vendor */
	refused(-ENODEV);
	for (unsigned i = 0; i < 4; i++) {
		new_device(false);
		m.queue_size = (unsigned[]){ 0, 48, 65535, 64 }[i]; /* not to be agreed about */
		m.no_ready = i == 3;
		refused(-ENOMEM);
	}
	new_device(false);
	dev.bar[0].size = 16;
	refused(-EINVAL);
}

static const struct test tests[] = {
	{ "a modern device is brought up in the order of 3.1.1", test_modern },
	{ "a legacy device: frame numbers, whole rings, vectors", test_legacy },
	{ "a transitional device is taken as modern", test_transitional },
	{ "interrupts: two vectors, one, a pin", test_interrupts },
	{ "configuration: zeros beyond what there is", test_config },
	{ "structures that are not where they are said to be", test_bad_caps },
	{ "a device that refuses or lies is given up", test_refusals },
};
TEST_MAIN(tests)
