/* SPDX-License-Identifier: MIT */
/* The running machine in figures, for the status page. */
#pragma once

#include "text.h"

/* What the server counts. */
struct stats {
	uint64_t boot_us;     /* monotonic time at which the server began to listen */
	uint64_t requests;    /* answered, the malformed included */
	uint64_t connections; /* open */
};

extern struct stats stats;

/* GET /status.json: one JSON object. */
void status_add_route(void);
