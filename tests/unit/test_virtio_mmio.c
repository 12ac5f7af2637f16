/* SPDX-License-Identifier: MIT */
/* drivers/virtio/virtio.c and mmio.c against a model of the registers, modern and legacy, that
 * minds the order of steps (virtio 1.2, 3.1.1 and 4.2) and can be told to misbehave.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtio.c
	drivers/virtio/virtq.c */
#include "../../drivers/virtio/mmio.c"

#include "kernel.h"
#include "test.h"

#include <kernel/page.h>
#include <sys/mman.h>

#define BASE  0xa000000UL
#define VER_1 (1ULL << 32)

/* --- the device ------------------------------------------------------------------- */

static struct {
	/* what it is */
	uint32_t magic, version, id, queue_max;
	uint64_t offers;
	size_t window;
	bool no_reset;	  /* status never reads 0 */
	bool no_features; /* FEATURES_OK does not stick */
	bool no_ready;	  /* a queue does not stay enabled */
	/* what was done to it */
	uint8_t status, history[32];
	unsigned changes, writes, bad;
	uint32_t dev_sel, drv_sel, queue_sel, page_size;
	uint64_t accepted;
	struct {
		uint32_t num, ready, pfn, align;
		uint64_t desc, driver, device;
	} q[2];
	unsigned doorbells;
	uint32_t cause, acked;
} m;

static struct {
	int irq_request, probe; /* what these return */
	irq_handler_t handler;
	void *handler_arg;
	struct virtio_device *v; /* what probe() got */
	unsigned on_used, on_config;
	int held;
	bool no_memory;
	bool high; /* RAM lies above 16 TiB */
} k;

static bool legacy(void)
{
	return m.version == 1;
}

static void write_status(uint32_t v)
{
	m.history[m.changes++ % 32] = (uint8_t)v;
	/* 2.1.1: bits are only ever added, but by the reset. */
	m.bad += v != 0 && (v & m.status) != m.status;
	m.status = (uint8_t)v;
	if (v == 0) {
		memset(m.q, 0, sizeof(m.q));
	}
	if (m.no_features) {
		m.status &= (uint8_t)~8U;
	}
}

static void write_features(uint32_t v)
{
	/* 3.1.1: after DRIVER, before FEATURES_OK. */
	m.bad += (m.status & 3) != 3 || (m.status & 8) != 0;
	m.bad += legacy() && m.drv_sel != 0;
	m.accepted |= (uint64_t)v << (m.drv_sel != 0 ? 32 : 0);
}

static void write_queue(unsigned r, uint32_t v)
{
	uint32_t i = m.queue_sel;

	if (i > 1) {
		m.bad++;
		return;
	}
	m.bad += (m.status & 4) != 0 || (!legacy() && (m.status & 8) == 0);
	m.bad += m.q[i].ready != 0;
	switch (r) {
	case R_QUEUE_NUM:
		m.q[i].num = v;
		break;
	case R_QUEUE_ALIGN:
		m.q[i].align = v;
		break;
	case R_QUEUE_PFN:
		m.bad += m.page_size != 4096 || m.q[i].align != 4096 || m.q[i].num == 0;
		m.q[i].pfn = m.no_ready ? 0 : v;
		break;
	case R_QUEUE_READY:
		m.bad += m.q[i].num == 0 || m.q[i].desc == 0 || m.q[i].device == 0;
		m.q[i].ready = m.no_ready ? 0 : v;
		break;
	default: {
		uint64_t *a = r < R_QUEUE_DRIVER   ? &m.q[i].desc
			      : r < R_QUEUE_DEVICE ? &m.q[i].driver
						   : &m.q[i].device;

		*a |= (uint64_t)v << ((r & 4) != 0 ? 32 : 0);
	}
	}
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	unsigned r = (unsigned)(a - BASE);

	m.writes++;
	m.bad += size != 4 || r >= R_CONFIG || r + 4 > m.window;
	switch (r) {
	case R_DEVICE_FEAT_SEL:
		m.dev_sel = (uint32_t)v;
		break;
	case R_DRIVER_FEAT_SEL:
		m.drv_sel = (uint32_t)v;
		break;
	case R_DRIVER_FEATURES:
		write_features((uint32_t)v);
		break;
	case R_GUEST_PAGE_SIZE:
		m.bad += !legacy();
		m.page_size = (uint32_t)v;
		break;
	case R_QUEUE_SEL:
		m.queue_sel = (uint32_t)v;
		break;
	case R_QUEUE_NOTIFY:
		/* 3.1.1: not before DRIVER_OK. */
		m.bad += (m.status & 4) == 0 || v > 1;
		m.doorbells++;
		break;
	case R_INTERRUPT_ACK:
		m.acked |= (uint32_t)v;
		m.cause &= (uint32_t)~v;
		break;
	case R_STATUS:
		write_status((uint32_t)v);
		break;
	default:
		write_queue(r, (uint32_t)v);
		break;
	}
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	unsigned r = (unsigned)(a - BASE);

	m.bad += r >= m.window || (r < R_CONFIG && size != 4);
	if (r >= R_CONFIG) {
		return r & 0xff;
	}
	switch (r) {
	case R_MAGIC:
		return m.magic;
	case R_VERSION:
		return m.version;
	case R_DEVICE_ID:
		return m.id;
	case R_DEVICE_FEATURES:
		return (uint32_t)(m.offers >> (m.dev_sel != 0 ? 32 : 0));
	case R_QUEUE_NUM_MAX:
		return m.queue_sel <= 1 ? m.queue_max : 0;
	case R_QUEUE_PFN:
		return m.q[m.queue_sel & 1].pfn;
	case R_QUEUE_READY:
		return m.q[m.queue_sel & 1].ready;
	case R_INTERRUPT_STATUS:
		return m.cause;
	case R_STATUS:
		return m.no_reset ? m.status | 0x40U : m.status;
	case R_CONFIG_GENERATION:
		return 5;
	default:
		m.bad++;
		return 0;
	}
}

/* --- the kernel ------------------------------------------------------------------- */

/* Low, since a legacy device takes a frame number of 32 bits. */
void *page_alloc(size_t n, size_t align)
{
	static unsigned calls;
	uintptr_t where = k.high ? 0 : 0x40000000U + (calls++ % 256) * 0x100000U;
	void *p = mmap((void *)where, n * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(align == 1 && p != MAP_FAILED);
	k.held++;
	return p;
}

void page_free(void *p, size_t n)
{
	k.held--;
	munmap(p, n * PAGE_SIZE);
}

void *kzalloc(size_t n)
{
	k.held += !k.no_memory;
	return k.no_memory ? NULL : calloc(1, n);
}

void kfree(void *p)
{
	k.held -= p != NULL;
	free(p);
}

uintptr_t dev_mmio(struct device *dev, unsigned i, size_t *size)
{
	(void)dev;
	*size = m.window;
	return i == 0 && m.window > 0 ? BASE : 0;
}

int dev_irq(struct device *dev, unsigned i)
{
	return i == 0 ? (int)(long)dev->node : -ENOENT;
}

int irq_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	(void)name;
	CHECK_EQ(irq, 33);
	k.handler = fn;
	k.handler_arg = arg;
	return k.irq_request;
}

static void on_used(struct virtio_device *v)
{
	CHECK(v == k.v);
	k.on_used++;
}

static void on_config(struct virtio_device *v)
{
	CHECK(v == k.v);
	k.on_config++;
}

static struct virtq *queue[2];

static int probe(struct virtio_device *v)
{
	k.v = v;
	if (k.probe != 0) {
		return k.probe;
	}
	queue[0] = virtq_create(v, 0, 8);
	queue[1] = virtq_create(v, 1, 8);
	if (queue[0] == NULL || queue[1] == NULL) {
		return -ENOMEM;
	}
	v->on_used = on_used;
	v->on_config = on_config;
	virtio_ready(v);
	return 0;
}

VIRTIO_DRIVER(test, 42, 5, probe);

/* A device that does all right. */
static void device(uint32_t version)
{
	memset(&m, 0, sizeof(m));
	memset(&k, 0, sizeof(k));
	memset(env.logged, 0, sizeof(env.logged));
	queue[0] = queue[1] = NULL;
	m.magic = MAGIC;
	m.version = version;
	m.id = 42;
	m.queue_max = 64;
	m.offers = 7 | VIRTIO_F_EVENT_IDX | VIRTIO_F_ANY_LAYOUT | (version == 2 ? VER_1 : 0);
	m.window = 0x200;
}

static int start(void)
{
	static struct device dev = { .name = "/virtio_mmio@a000000", .node = (void *)33 };

	return mmio_probe(&dev, mmio_match);
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
	if (k.v != NULL) {
		kfree(container_of(k.v, struct virtio_mmio, v));
	}
}

/* --- tests ------------------------------------------------------------------------ */

static void test_modern(void)
{
	static const uint8_t steps[] = { 0, 1, 3, 11, 15 };

	device(2);
	CHECK_EQ(start(), 0);
	CHECK(m.changes == sizeof(steps) && memcmp(m.history, steps, sizeof(steps)) == 0);
	CHECK_EQ(m.accepted, 5 | VIRTIO_F_EVENT_IDX | VER_1);
	CHECK(!k.v->legacy && k.v->features == m.accepted && k.v->id == 42 && k.v->irq == 33);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(m.q[i].ready == 1 && m.q[i].num == 8);
		CHECK(m.q[i].desc == (uintptr_t)queue[i]->desc);
		CHECK(m.q[i].driver == (uintptr_t)queue[i]->avail);
		CHECK(m.q[i].device == (uintptr_t)queue[i]->used);
	}
	CHECK_EQ(k.v->ops->config_generation(k.v), 5);
	virtq_kick(queue[1]);
	CHECK_EQ(m.doorbells, 1);
	CHECK_EQ(m.bad, 0);
	stop();
}

static void test_legacy(void)
{
	static const uint8_t steps[] = { 0, 1, 3, 7 };

	device(1);
	m.offers |= 0xffULL << 32; /* a legacy device has no such bits */
	CHECK_EQ(start(), 0);
	CHECK(m.changes == sizeof(steps) && memcmp(m.history, steps, sizeof(steps)) == 0);
	CHECK_EQ(m.accepted, 5 | VIRTIO_F_EVENT_IDX | VIRTIO_F_ANY_LAYOUT);
	CHECK(k.v->legacy && k.v->ops->config_generation(k.v) == 0);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(m.q[i].num == 8 && (uint64_t)m.q[i].pfn << 12 == (uintptr_t)queue[i]->desc);
	}
	CHECK_EQ(m.bad, 0);
	stop();
}

static void expect_failure(int want, bool failed_bit, unsigned errors, const char *what)
{
	bool ok = CHECK_EQ(start(), want);

	ok &= CHECK_EQ((m.status & 128) != 0, failed_bit);
	ok &= CHECK((m.status & 4) == 0);
	ok &= CHECK_EQ(env.logged[3], errors);
	ok &= CHECK_EQ(m.bad, 0);
	if (!ok) {
		printf("# %s\n", what);
	}
	stop();
}

static void test_not_ours(void)
{
	device(2);
	m.magic = 0;
	expect_failure(-ENODEV, false, 0, "no magic");
	CHECK_EQ(m.writes, 0);
	device(2);
	m.id = 0;
	expect_failure(-ENODEV, false, 0, "an empty slot");
	CHECK_EQ(m.writes, 0);
	device(2);
	m.id = 43;
	expect_failure(-ENODEV, false, 0, "no driver");
	CHECK_EQ(k.held, 0);
	device(3);
	expect_failure(-ENODEV, false, 1, "version 3");
	CHECK_EQ(m.writes, 0);
	device(0);
	expect_failure(-ENODEV, false, 1, "version 0");
	device(2);
	m.window = 0xff;
	expect_failure(-EINVAL, false, 0, "a window without all registers");
	device(2);
	m.window = 0;
	expect_failure(-EINVAL, false, 0, "no window");
	device(2);
	k.no_memory = true;
	expect_failure(-ENOMEM, false, 0, "no memory");
}

static void test_refusals(void)
{
	device(2);
	m.no_features = true;
	expect_failure(-EINVAL, true, 1, "FEATURES_OK does not stick");
	device(2);
	m.offers &= ~VER_1;
	expect_failure(-EINVAL, true, 1, "modern without VERSION_1");
	device(2);
	m.no_reset = true;
	expect_failure(-ETIMEDOUT, false, 1, "the reset does not end");
	device(2);
	k.probe = -EIO;
	expect_failure(-EIO, true, 0, "the driver gives up");
	device(2);
	k.irq_request = -EBUSY;
	expect_failure(-EBUSY, true, 0, "the interrupt is taken");
	for (uint32_t version = 1; version <= 2; version++) {
		device(version);
		m.queue_max = 0;
		expect_failure(-ENOMEM, true, 2, "no queues");
		device(version);
		m.no_ready = true;
		expect_failure(-ENOMEM, true, 2, "queues are not accepted");
	}
}

static void test_legacy_high(void)
{
	char probe_high;

	if ((uintptr_t)&probe_high >> 44 == 0) {
		test_skip("this host's memory is all low");
		return;
	}
	device(1);
	k.high = true;
	expect_failure(-ENOMEM, true, 2, "a frame number of more than 32 bits");
	CHECK(m.q[0].pfn == 0 && m.q[1].pfn == 0);
}

/* What failed before the interrupt was requested leaves nothing behind. */
static void test_no_leak(void)
{
	device(2);
	m.no_features = true;
	start();
	CHECK_EQ(k.held, 0);
	device(2);
	m.no_reset = true;
	start();
	CHECK_EQ(k.held, 0);
}

static void test_interrupt(void)
{
	device(2);
	start();
	for (uint32_t cause = 0; cause < 4; cause++) {
		k.on_used = k.on_config = 0;
		m.cause = cause;
		m.acked = 0;
		k.handler(k.handler_arg);
		CHECK(k.on_used == (cause & 1) && k.on_config == cause >> 1);
		CHECK(m.cause == 0 && m.acked == cause);
	}
	/* A driver without handlers, and causes that nobody knows. */
	k.v->on_used = k.v->on_config = NULL;
	m.cause = 0xffffffff;
	k.handler(k.handler_arg);
	CHECK_EQ(m.cause, 0);
	stop();
}

static void test_config(void)
{
	uint8_t b[16];

	device(2);
	m.window = 0x108;
	start();
	memset(b, 0xee, sizeof(b));
	k.v->ops->read_config(k.v, 3, b, 3);
	CHECK(b[0] == 3 && b[2] == 5 && b[3] == 0xee);
	k.v->ops->read_config(k.v, 6, b, 8);
	CHECK(b[0] == 6 && b[1] == 7 && b[2] == 0 && b[7] == 0);
	k.v->ops->read_config(k.v, 100, b, 2);
	CHECK(b[0] == 0 && b[1] == 0);
	CHECK_EQ(m.bad, 0);
	stop();
}

/* A device that lied in one queue is off; its other queues leave it alone as well. */
static void test_broken(void)
{
	struct virtq_buf b = { "x", 1 };
	uint32_t len;

	device(2);
	start();
	CHECK_EQ(virtq_push(queue[1], &b, 1, 0, &b), 0);
	virtq_publish(queue[1]);
	queue[0]->used->idx = 9;
	CHECK(virtq_pop(queue[0], &len) == NULL && queue[0]->broken);
	CHECK_EQ(m.status, 0);
	CHECK_EQ(env.logged[3], 1);
	virtq_kick(queue[0]);
	virtq_kick(queue[1]);
	CHECK_EQ(m.doorbells, 0);
	CHECK(virtq_push(queue[1], &b, 1, 0, &b) == -ENOBUFS);
	queue[1]->used->idx = 7;
	CHECK(virtq_pop(queue[1], &len) == NULL && !virtq_has_used(queue[1]));
	CHECK_EQ(env.logged[3], 1);
	stop();
}

static const struct test tests[] = {
	{ "a modern device is brought up in the order of 3.1.1", test_modern },
	{ "a legacy device: page size, frame number, no FEATURES_OK", test_legacy },
	{ "what is not a device, or has no driver, is left alone", test_not_ours },
	{ "a device that refuses is given up, marked FAILED, and said why", test_refusals },
	{ "a legacy queue where its frame number cannot point is refused", test_legacy_high },
	{ "a device that was given up early leaves no memory behind", test_no_leak },
	{ "interrupts: both causes, acknowledged once", test_interrupt },
	{ "configuration: bytes at any offset, zeros beyond the window", test_config },
	{ "a device that lied is reset and never touched again", test_broken },
};
TEST_MAIN(tests)
