/* SPDX-License-Identifier: MIT */
/* drivers/virtio/virtq.c with a device that behaves: chains, rings, doorbells, interrupts.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtq.c */
#include "virtq_env.h"

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

/* --- doorbells and interrupts ----------------------------------------------------- */

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
};
TEST_MAIN(tests)
