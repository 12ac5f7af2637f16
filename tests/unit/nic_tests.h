/* SPDX-License-Identifier: MIT */
/* Tests of receiving that hold for any MAC on a chip, behind boot(), frame() and halt() of its own test, with RX_RING. */
#pragma once

static void test_receive(void)
{
	boot();
	for (unsigned i = 0; i < 500; i++) {
		unsigned n = i == 0 ? 1 : i == 1 ? 1536 : test_below(1536) + 1;

		CHECK(frame(n));
		CHECK_EQ(poll(), 1);
		if (CHECK_EQ(got_count, 1)) {
			frame_is_right(got[0], n);
			/* 14 bytes on, the IP header lies on a multiple of 4. */
			CHECK(((uintptr_t)got[0]->payload + 14) % 4 == 0);
			CHECK(!got_csum[0]);
		}
		free_got();
	}
	CHECK(nic->rx_packets == 500 && nic->rx_dropped == 0 && nic->rx_errors == 0);
	CHECK_EQ(poll(), 0);
	halt();
}

static void test_slow_reader(void)
{
	unsigned size, dropped;

	boot();
	size = RX_RING->size;
	/* A ring of buffers stays with the reader, from then on it gets copies. */
	for (unsigned i = 0; i < 3 * size; i++) {
		CHECK(frame(200));
		CHECK_EQ(poll(), 1);
	}
	CHECK_EQ(got_count, 3 * size);
	CHECK(m.pbufs > 0 && RX_RING->used == size);
	m.no_copies = true;
	dropped = (unsigned)nic->rx_dropped;
	CHECK(frame(200));
	CHECK_EQ(poll(), 1);
	CHECK_EQ(nic->rx_dropped, dropped + 1);
	CHECK_EQ(RX_RING->used, size);
	m.no_copies = false;
	for (unsigned i = 0; i < got_count; i++) {
		frame_is_right(got[i], 200);
	}
	halt();
}
