/* SPDX-License-Identifier: MIT */
/* kvd: keys and values, and SQL, over HTTP. docs/kvd.md says how to use it.
 *
 *   DB=PATH    the database: a file, or a disk or partition (/dev/vda1)
 *   KVD_PORT=  default 80 */
#include "../httpd/files.h"
#include "../httpd/response.h"
#include "../httpd/server.h"
#include "../httpd/status.h"
#include "kvd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_hello(void)
{
	const char *url = getenv("PUBLIC_URL");

	printf("kvd: %s, %lld keys\n", db_path(), (long long)db_value("select count(*) from kv"));
	if (url != NULL) {
		printf("kvd: %s\n"
		       "     curl -T FILE %skv/name\n"
		       "     curl %skv/name\n"
		       "     curl -d 'select key, length(value) from kv' %ssql\n",
		       url, url, url, url);
	}
	printf("kvd: listening\n");
	fflush(stdout);
}

int main(void)
{
	const char *text = getenv("KVD_PORT");
	uint64_t port = 80;

	if (text != NULL &&
	    (!text_to_number(text, strlen(text), &port) || port == 0 || port > UINT16_MAX)) {
		fprintf(stderr, "kvd: KVD_PORT=%s is no port\n", text);
		return EXIT_FAILURE;
	}
	if (db_start() != 0) {
		return EXIT_FAILURE;
	}
	kv_start();
	batch_start();
	sql_start();
	status_add_route();
	metrics_start();
	if (files_init("/www") != 0 || server_listen((uint16_t)port) != 0) {
		fprintf(stderr, "kvd: cannot serve on port %u: %s\n", (unsigned)port,
			strerror(errno));
		return EXIT_FAILURE;
	}
	group_start();
	say_hello();
	server_run();
	return 0;
}
