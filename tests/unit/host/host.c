/* SPDX-License-Identifier: MIT */
/* State of the host's CPU (host.h). */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

struct host host = { .self = &host_thread };

void host_require(bool ok, const char *what)
{
	if (!ok) {
		printf("# host: %s\n", what);
		fflush(stdout);
		abort();
	}
}
