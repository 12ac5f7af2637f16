/* SPDX-License-Identifier: MIT */
/* smp WORK [ADDRESS PORT]: httpd on the first CPU, and a thread on each other that does WORK (work.c);
 * GET /work tells how many rounds they did. smp lock: the core lock's own figure. */
#include "../../../apps/httpd/files.h"
#include "../../../apps/httpd/response.h"
#include "../../../apps/httpd/server.h"
#include "../../../apps/httpd/text.h"
#include "work.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tell(const struct request *r, struct text *body)
{
	(void)r;
	text_number(body, work_rounds());
	return 200;
}

int main(int argc, char **argv)
{
	static char room[32];
	static struct route route = { .path = "/work",
				      .type = "text/plain",
				      .make = tell,
				      .room = room,
				      .size = sizeof(room) };
	const struct work *w = argc > 1 ? work_find(argv[1]) : NULL;

	if (argc > 1 && strcmp(argv[1], "lock") == 0) {
		lock_measure();
		return 0;
	}
	if (argc > 3) {
		inet_pton(AF_INET, argv[2], &work_sink.sin_addr);
		work_sink.sin_port = htons((uint16_t)atoi(argv[3]));
	}
	response_add_route(&route);
	if (w == NULL || files_init("/www") != 0 || server_listen(80) != 0 || !work_start(w)) {
		perror("smp");
		return 1;
	}
	printf("httpd: listening\n");
	fflush(stdout);
	server_run();
	return 0;
}
