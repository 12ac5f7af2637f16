/* SPDX-License-Identifier: MIT */
/* The last samples of each input, in a ring. */
#include "gateway.h"

#include <time.h>

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void put_milli(struct text *t, int64_t milli)
{
	if (milli < 0) {
		text_put(t, "-", 1);
		milli = -milli;
	}
	text_fixed(t, (uint64_t)milli);
}

void history_add(struct input *in, int64_t milli)
{
	in->last = (struct sample){ now_ms(), milli };
	in->ring[in->count % HISTORY_LEN] = in->last;
	in->count++;
	pages_tell(in);
	broker_tell(in);
}

unsigned history_count(const struct input *in)
{
	return in->count < HISTORY_LEN ? (unsigned)in->count : HISTORY_LEN;
}

const struct sample *history_at(const struct input *in, unsigned i)
{
	uint64_t first = in->count < HISTORY_LEN ? 0 : in->count % HISTORY_LEN;

	return &in->ring[(first + i) % HISTORY_LEN];
}
