/* SPDX-License-Identifier: MIT */
/* drivers/virtio/virtq.c against a device in this file that behaves, and one that lies.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtq.c */
#include "kernel.h"
#include "test.h"

#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/page.h>

#define F_NEXT	1
#define F_WRITE 2
#define TOKENS	32768U

/* --- the machine around the queue --------------------------------------------------------- */

static struct {
	unsigned max;	  /* entries that the device offers */
	int enable;	  /* what queue_enable() returns */
	unsigned allowed; /* allocations that still succeed */
	int held;	  /* allocations alive */
	unsigned notified, broken;
	/* the device's side */
	uint16_t avail, used;	/* next to look at; next to write */
	uint16_t heads[TOKENS]; /* taken from the avail ring and not yet used */
	unsigned taken;
} m;

static unsigned queue_max(struct virtio_device *v, unsigned i)
{
	(void)v;
	return i == 0 ? m.max : 0;
}

static int queue_enable(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	return m.enable;
}

static void notify(struct virtio_device *v, struct virtq *q)
{
	(void)v;
	(void)q;
	m.notified++;
}

/* Read to order accesses, no more. */
static uint8_t get_status(struct virtio_device *v)
{
	(void)v;
	return 15;
}

static const struct virtio_transport transport = { .get_status = get_status,
						   .queue_max = queue_max,
						   .queue_enable = queue_enable,
						   .notify = notify };
static struct virtio_device dev = { .ops = &transport, .name = "/virtio" };

bool virtio_has(const struct virtio_device *v, uint64_t feature)
{
	return (v->features & feature) != 0;
}

void virtio_broken(struct virtio_device *v, const char *what)
{
	(void)v;
	CHECK(what[0] != '\0');
	m.broken++;
}

static void *allocate(size_t n, size_t align)
{
	void *p = NULL;

	if (m.allowed > 0 && posix_memalign(&p, align, n) == 0) {
		m.allowed--;
		m.held++;
	}
	return p;
}

void *page_alloc(size_t n, size_t align)
{
	void *p = allocate(n * PAGE_SIZE, align * PAGE_SIZE);

	return p == NULL ? NULL : memset(p, 0xcc, n * PAGE_SIZE);
}

void page_free(void *p, size_t n)
{
	(void)n;
	m.held--;
	free(p);
}

void *kzalloc(size_t n)
{
	void *p = allocate(n, 16);

	return p == NULL ? NULL : memset(p, 0, n);
}

void kfree(void *p)
{
	m.held -= p != NULL;
	free(p);
}

static struct virtq *create(unsigned max, bool legacy, bool event_idx)
{
	memset(&m, 0, sizeof(m));
	m.max = max;
	m.allowed = ~0U;
	dev.legacy = legacy;
	dev.features = event_idx ? VIRTIO_F_EVENT_IDX : 0;
	return virtq_create(&dev, 0, max);
}

static void destroy(struct virtq *q)
{
	page_free(q->desc, q->pages);
	kfree(q->slots);
	kfree(q);
	CHECK_EQ(m.held, 0);
}

/* --- the device ------------------------------------------------------------------------------ */

static uint16_t *avail_event(struct virtq *q)
{
	return (uint16_t *)&q->used->ring[q->size];
}

/* Take what the driver has shown. Every chain must end and stay within the table. */
static void device_take(struct virtq *q)
{
	while (m.avail != q->avail->idx) {
		uint16_t head = q->avail->ring[m.avail++ % q->size];
		unsigned n = 1;

		for (uint16_t i = head; CHECK(i < q->size) && q->desc[i].flags & F_NEXT; n++) {
			i = q->desc[i].next;
			if (!CHECK(n <= q->size)) {
				return;
			}
		}
		m.heads[m.taken++] = head;
	}
}

static void device_put(struct virtq *q, uint32_t id, uint32_t len)
{
	q->used->ring[m.used % q->size] = (struct vring_used_elem){ id, len };
	q->used->idx = ++m.used;
}

/* Finish a chain in any order: writes all its room, says so. */
static void device_finish_one(struct virtq *q)
{
	unsigned k = test_below(m.taken);
	uint16_t head = m.heads[k], i = head;
	uint32_t room = 0;

	for (bool more = true; more; i = q->desc[i].next) {
		struct vring_desc d = q->desc[i];

		if (d.flags & F_WRITE) {
			memset((void *)d.addr, 0xdd, d.len);
			room += d.len;
		}
		more = d.flags & F_NEXT;
	}
	m.heads[k] = m.heads[--m.taken];
	device_put(q, head, room > 0 ? room - test_below(2) : 0);
}

/* --- the driver --------------------------------------------------------------------------------- */

static struct {
	bool posted;
	uint32_t room;
	uint8_t buf[4][8];
} tok[TOKENS];
static unsigned free_tokens[TOKENS], free_count, posted;

static void tokens(unsigned n)
{
	memset(tok, 0, sizeof(tok));
	posted = 0;
	free_count = n;
	for (unsigned i = 0; i < n; i++) {
		free_tokens[i] = i;
	}
}

/* Post a chain of @out and @in pieces. Returns virtq_push()'s result. */
static int post(struct virtq *q, unsigned out, unsigned in)
{
	unsigned t = free_tokens[free_count - 1];
	struct virtq_buf b[4];
	int r;

	tok[t].room = 0;
	for (unsigned i = 0; i < out + in; i++) {
		b[i] = (struct virtq_buf){ tok[t].buf[i], 1 + test_below(8) };
		tok[t].room += i >= out ? b[i].len : 0;
	}
	r = virtq_push(q, b, out, in, &tok[t]);
	if (r == 0) {
		tok[t].posted = true;
		free_count--;
		posted++;
	}
	return r;
}

static bool collect(struct virtq *q)
{
	uint32_t len = ~0U;
	void *p = virtq_pop(q, &len);
	unsigned t;

	if (p == NULL) {
		return false;
	}
	t = (unsigned)(((char *)p - (char *)tok) / (long)sizeof(tok[0]));
	CHECK(t < TOKENS && p == &tok[t] && tok[t].posted);
	CHECK(len <= tok[t].room);
	tok[t].posted = false;
	free_tokens[free_count++] = t;
	posted--;
	return true;
}

/* --- good devices ---------------------------------------------------------------------------------- */

static void exercise(unsigned size, bool legacy, bool event_idx, unsigned rounds)
{
	struct virtq *q = create(size, legacy, event_idx);
	unsigned done = 0;

	tokens(size);
	for (unsigned i = 0; i < rounds; i++) {
		unsigned pieces = test_below(MIN(size, 4U)) + 1, in = test_below(pieces + 1);
		unsigned burst = test_below(100) == 0 ? size : test_below(8);

		while (burst-- > 0 && free_count > 0) {
			unsigned before = q->free;
			int r = post(q, pieces - in, in);

			CHECK_EQ(r, before < pieces ? -ENOBUFS : 0);
			CHECK_EQ(q->free, before - (r == 0 ? pieces : 0));
		}
		virtq_publish(q);
		device_take(q);
		for (burst = test_below(8); burst > 0 && m.taken > 0; burst--) {
			device_finish_one(q);
		}
		while (test_below(20) != 0 && collect(q)) {
			done++;
		}
	}
	virtq_publish(q);
	device_take(q);
	while (m.taken > 0) {
		device_finish_one(q);
	}
	while (collect(q)) {
		done++;
	}
	CHECK_EQ(posted, 0);
	CHECK_EQ(q->free, size);
	CHECK(m.broken == 0 && !q->broken);
	CHECK(done > 65536 + 1000 || rounds < 60000); /* the indexes went round */
	destroy(q);
}

static void test_behaves(void)
{
	exercise(256, false, true, 60000);
	exercise(256, true, false, 60000);
	exercise(16, false, false, 60000);
	exercise(4, true, true, 60000);
	exercise(1, false, true, 150000);
	exercise(2, true, false, 150000);
	exercise(32768, false, true, 2000);
}

static void test_limits(void)
{
	struct virtq *q = create(4, false, false);
	struct virtq_buf b[5] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 }, { "e", 1 } };
	struct virtq_buf empty[2] = { { "a", 1 }, { "b", 0 } };
	uint32_t len;

	CHECK(virtq_pop(q, &len) == NULL && !virtq_has_used(q) && !virtq_publish(q));
	CHECK_EQ(virtq_push(q, b, 0, 0, b), -EINVAL);
	CHECK_EQ(virtq_push(q, b, 5, 0, b), -EINVAL);
	CHECK_EQ(virtq_push(q, b, 1, 0, NULL), -EINVAL);
	CHECK_EQ(virtq_push(q, empty, 1, 1, b), -EINVAL);
	CHECK_EQ(virtq_push(q, empty, 2, 0, b), -EINVAL);
	CHECK_EQ(q->free, 4);
	CHECK(!virtq_publish(q));
	CHECK_EQ(virtq_push(q, b, 2, 2, b), 0);
	CHECK_EQ(virtq_push(q, b, 1, 0, b), -ENOBUFS);
	CHECK_EQ(q->avail->idx, 0); /* not shown yet */
	CHECK(virtq_publish(q) && q->avail->idx == 1);
	device_take(q);
	CHECK_EQ(m.taken, 1);
	device_put(q, m.heads[0], 2);
	CHECK(virtq_has_used(q));
	CHECK(virtq_pop(q, &len) == b && len == 2 && q->free == 4);
	destroy(q);
}

static void test_layout(void)
{
	for (unsigned legacy = 0; legacy < 2; legacy++) {
		for (unsigned size = 1; size <= 1024; size *= 2) {
			struct virtq *q = create(size, legacy, false);
			size_t avail = 16UL * size, used = avail + 4 + 2UL * size + 2;

			/* 2.7.2: the parts of the legacy queue follow from its size. */
			CHECK(((uintptr_t)q->desc & 4095) == 0);
			CHECK_EQ((char *)q->avail - (char *)q->desc, avail);
			CHECK(((uintptr_t)q->used & (legacy ? 4095 : 3)) == 0);
			if (legacy) {
				CHECK_EQ((char *)q->used - (char *)q->desc, ALIGN_UP(used, 4096UL));
			}
			CHECK((char *)q->used >= (char *)q->desc + used);
			CHECK((char *)(avail_event(q) + 1) <=
			      (char *)q->desc + q->pages * PAGE_SIZE);
			CHECK(q->avail->idx == 0 && q->used->idx == 0 && *avail_event(q) == 0);
			destroy(q);
		}
	}
}

static void test_create(void)
{
	static const unsigned t[][3] = { { 256, 256, 256 }, { 256, 100, 64 }, { 100, 256, 64 },
					 { 1, 256, 1 },	    { 3, 3, 2 },      { ~0U, 70000, 32768 },
					 { 65536, 16, 16 } };

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct virtq *q;

		memset(&m, 0, sizeof(m));
		m.allowed = ~0U;
		m.max = t[i][0];
		q = virtq_create(&dev, 0, t[i][1]);
		if (CHECK(q != NULL)) {
			CHECK_EQ(q->size, t[i][2]);
			CHECK_EQ(q->free, t[i][2]);
			destroy(q);
		}
	}
}

static void test_create_fails(void)
{
	memset(&m, 0, sizeof(m));
	m.allowed = ~0U;
	CHECK(virtq_create(&dev, 0, 16) == NULL); /* no such queue */
	m.max = 16;
	CHECK(virtq_create(&dev, 1, 16) == NULL);
	m.enable = -EINVAL;
	CHECK(virtq_create(&dev, 0, 16) == NULL);
	CHECK_EQ(m.held, 0);
	m.enable = 0;
	for (unsigned i = 0; i < 3; i++) {
		m.allowed = i;
		CHECK(virtq_create(&dev, 0, 16) == NULL);
		CHECK_EQ(m.held, 0);
	}
}

/* --- doorbells and interrupts ------------------------------------------------------------------------ */

static void test_doorbell(void)
{
	struct virtq *q = create(8, false, false);
	static const struct {
		uint16_t from, n, event;
		bool want;
	} t[] = { { 0, 1, 0, true },	      { 0, 1, 1, false },      { 0, 1, 0xffff, false },
		  { 0, 4, 3, true },	      { 0, 4, 4, false },      { 0xfffe, 4, 0xffff, true },
		  { 0xfffe, 4, 1, true },     { 0xfffe, 4, 2, false }, { 0xfffe, 4, 0xfffd, false },
		  { 0x7fff, 2, 0x8000, true } };

	tokens(8);
	CHECK(post(q, 1, 0) == 0 && virtq_publish(q));
	q->used->flags = 1;
	CHECK(post(q, 1, 0) == 0 && !virtq_publish(q));
	q->used->flags = 0;
	CHECK(!virtq_publish(q)); /* nothing new */
	virtq_kick(q);
	CHECK_EQ(m.notified, 1);
	destroy(q);
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		q = create(8, false, true);
		tokens(8);
		q->avail_idx = q->published = q->kicked = q->avail->idx = t[i].from;
		for (unsigned k = 0; k < t[i].n; k++) {
			CHECK_EQ(post(q, 1, 0), 0);
		}
		*avail_event(q) = t[i].event;
		if (!CHECK_EQ(virtq_publish(q), t[i].want)) {
			printf("# from %u, %u more, event %u\n", t[i].from, t[i].n, t[i].event);
		}
		destroy(q);
	}
}

/* The device asked for a doorbell just as it was shown the index, and neither saw the other. */
static void test_lost_doorbell(void)
{
	for (unsigned event_idx = 0; event_idx < 2; event_idx++) {
		struct virtq *q = create(8, false, event_idx);

		tokens(8);
		for (unsigned i = 0; i < 70000; i++) {
			bool lost = test_below(3) == 0;

			q->used->flags = event_idx || !lost ? 0 : 1;
			*avail_event(q) = lost ? (uint16_t)(q->published - 1) : q->published;
			CHECK_EQ(post(q, 1, 0), 0);
			m.notified = 0;
			if (virtq_publish(q)) {
				CHECK(!lost);
				virtq_kick(q);
			}
			q->used->flags = 0;
			*avail_event(q) = (uint16_t)(q->published - 1);
			virtq_kick_missed(q);
			CHECK_EQ(m.notified, 1); /* once, then or now */
			virtq_kick_missed(q);
			CHECK_EQ(m.notified, 1);
			device_take(q);
			device_finish_one(q);
			CHECK(collect(q));
		}
		destroy(q);
	}
}

static void test_interrupts(void)
{
	for (unsigned event_idx = 0; event_idx < 2; event_idx++) {
		struct virtq *q = create(8, false, event_idx);
		uint16_t *event = &q->avail->ring[8];

		tokens(8);
		post(q, 0, 1);
		virtq_publish(q);
		device_take(q);
		virtq_irq_off(q);
		CHECK(event_idx ? (uint16_t)(*event - m.used) >= 32768 : q->avail->flags == 1);
		CHECK(!virtq_irq_on(q));
		CHECK(event_idx ? *event == m.used : q->avail->flags == 0);
		virtq_irq_off(q);
		device_finish_one(q);
		CHECK(virtq_irq_on(q)); /* there already: no interrupt will tell */
		CHECK(collect(q) && !virtq_irq_on(q));
		CHECK(event_idx ? *event == 1 : q->avail->flags == 0);
		CHECK(!event_idx || q->avail->flags == 0); /* 2.7.7.1: must be 0 with the feature */
		destroy(q);
	}
}

/* --- lies --------------------------------------------------------------------------------------------- */

enum lie {
	AHEAD,
	FAR_AHEAD,
	BACK,
	NOT_POSTED,
	BEYOND,
	FAR_BEYOND,
	NOT_A_HEAD,
	TWICE,
	TOO_LONG,
	TOO_LONG_FOR_READABLE,
	LIES
};

static void tell(struct virtq *q, enum lie lie)
{
	uint16_t head = m.heads[0], second = q->desc[head].next;

	switch (lie) {
	case AHEAD:
		q->used->idx = (uint16_t)(q->size - q->free + 1);
		break;
	case FAR_AHEAD:
		q->used->idx = 0x8000;
		break;
	case BACK:
		q->used->idx = 0xffff;
		break;
	case NOT_POSTED:
		device_put(q, q->head, 0);
		break;
	case BEYOND:
		device_put(q, q->size, 0);
		break;
	case FAR_BEYOND:
		device_put(q, 0x10000U + head, 0);
		break;
	case NOT_A_HEAD:
		device_put(q, second, 0);
		break;
	case TWICE:
		device_put(q, head, 0);
		device_put(q, head, 0);
		break;
	case TOO_LONG:
		device_put(q, head, tok[7].room + 1);
		break;
	default:
		device_put(q, m.heads[1], 1);
		break;
	}
}

static void test_lies(void)
{
	for (unsigned lie = 0; lie < LIES; lie++) {
		struct virtq *q = create(8, false, lie % 2);
		uint32_t len = 77;
		void *p;

		tokens(8);
		CHECK(post(q, 1, 2) == 0 && post(q, 2, 0) == 0);
		virtq_publish(q);
		device_take(q);
		CHECK_EQ(m.taken, 2);
		tell(q, (enum lie)lie);
		if (lie == TWICE) {
			CHECK(collect(q)); /* the first time it was true */
		}
		p = virtq_pop(q, &len);
		if (!CHECK(p == NULL) || !CHECK(q->broken) || !CHECK_EQ(m.broken, 1)) {
			printf("# lie %u\n", lie);
		}
		CHECK_EQ(len, 77);
		CHECK(virtq_pop(q, &len) == NULL && !virtq_has_used(q) && m.broken == 1);
		CHECK_EQ(post(q, 1, 0), -ENOBUFS);
		virtq_kick(q);
		CHECK_EQ(m.notified, 0);
		destroy(q);
	}
}

/* The driver keeps its own books: what a device writes over its tables changes nothing. */
static void test_scribbles(void)
{
	struct virtq *q = create(64, false, true);
	unsigned done = 0;

	tokens(64);
	for (unsigned i = 0; i < 20000; i++) {
		while (post(q, test_below(3) + 1, test_below(2)) == 0) {
		}
		virtq_publish(q);
		device_take(q);
		for (unsigned n = test_below(m.taken) + 1; n > 0; n--) {
			device_finish_one(q);
		}
		memset(q->desc, (int)test_random(), sizeof(*q->desc) * q->size);
		for (unsigned k = 0; k < q->size; k++) {
			q->desc[k].next = (uint16_t)test_random();
		}
		memset(q->avail->ring, (int)test_random(), 2UL * q->size);
		while (collect(q)) {
			done++;
		}
		/* What the device still has was scribbled over with the rest: give it up. */
		while (m.taken > 0) {
			device_put(q, m.heads[--m.taken], 0);
		}
		while (collect(q)) {
			done++;
		}
	}
	CHECK(!q->broken && q->free == 64 && done > 65536);
	destroy(q);
}

/* A used ring full of noise: never a token twice, never one that is not posted, never too long. */
static void test_noise(void)
{
	unsigned survived = 0;

	for (unsigned i = 0; i < 30000; i++) {
		struct virtq *q = create(16, i % 2, i % 3 == 0);
		unsigned got = 0;

		tokens(16);
		q->used_idx = m.used = q->used->idx = (uint16_t)test_random();
		for (unsigned n = test_below(10) + 1; n > 0; n--) {
			post(q, test_below(2) + 1, test_below(3));
		}
		virtq_publish(q);
		for (unsigned k = 0; k < 16; k++) {
			q->used->ring[k].id = test_below(10) == 0 ? (uint32_t)test_random()
								  : test_below(16);
			q->used->ring[k].len = test_below(10) == 0 ? (uint32_t)test_random() : 0;
		}
		q->used->idx =
			(uint16_t)(m.used + (test_below(10) == 0 ? test_random() : test_below(8)));
		while (collect(q) && got <= 16) {
			got++;
		}
		CHECK(got <= 16);
		CHECK_EQ(m.broken, q->broken);
		survived += !q->broken;
		destroy(q);
	}
	CHECK(survived > 100 && survived < 29000);
}

static const struct test tests[] = {
	{ "every chain comes back once, whole, in any order, for several rounds of the indexes",
	  test_behaves },
	{ "empty, full, and chains that cannot be", test_limits },
	{ "the rings lie where the specification wants them, legacy and modern", test_layout },
	{ "sizes: the largest power of two that both sides allow", test_create },
	{ "no queue, no memory, refused: nothing is kept", test_create_fails },
	{ "a doorbell exactly when the device asks for one", test_doorbell },
	{ "a doorbell that got lost is made up for, once", test_lost_doorbell },
	{ "interrupts on and off; what came before is noticed", test_interrupts },
	{ "each lie breaks the queue: no token, no doorbell, said once", test_lies },
	{ "a device that writes over descriptors and the avail ring", test_scribbles },
	{ "30,000 used rings full of noise", test_noise },
};
TEST_MAIN(tests)
