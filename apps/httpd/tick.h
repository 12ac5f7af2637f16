/* SPDX-License-Identifier: MIT */
/* The time, taken once a round of the server's loop, and the same for all that the round does. */
#pragma once

#include "text.h"

struct tick {
	uint64_t ms;	   /* monotonic */
	uint32_t stamp;	   /* changes whenever `date` does; never 0 */
	size_t date_len;   /* TEXT_DATE_LEN, or 0 as long as nobody has set the clock */
	uint64_t renew_ms; /* (private) when `date` is next looked at */
	char date[TEXT_DATE_LEN];
};

extern struct tick tick;

void tick_take(void);
/* Microseconds of the monotonic clock, now. */
uint64_t tick_us(void);
