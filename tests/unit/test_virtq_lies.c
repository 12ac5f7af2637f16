/* SPDX-License-Identifier: MIT */
/* drivers/virtio/virtq.c with a device that lies: nothing it says is believed.
 * sources: tests/unit/test.c tests/unit/host/kernel.c drivers/virtio/virtq.c */
#include "virtq_env.h"

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
	{ "each lie breaks the queue: no token, no doorbell, said once", test_lies },
	{ "a device that writes over descriptors and the avail ring", test_scribbles },
	{ "30,000 used rings full of noise", test_noise },
};
TEST_MAIN(tests)
