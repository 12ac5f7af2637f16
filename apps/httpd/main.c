/* SPDX-License-Identifier: MIT */
/* httpd: a web server for a folder of files. Plain POSIX and epoll: runs on Linux as well.
 *
 *   httpd [-r FOLDER] [-p PORT] [-x]
 *     -r FOLDER  what to serve (default /www)
 *     -p PORT    default 80
 *     -x         POST /poweroff ends the program with status 0
 *
 * No stdio and no getopt(), which would bring all of printf() into the image. */
#include "files.h"
#include "response.h"
#include "server.h"
#include "status.h"

#ifdef __coracle__
#include <coracle/mdns.h>
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

struct options {
	const char *root;
	uint16_t port;
};

/* In one write(), so that nothing comes between. */
static void say(int fd, const char *what, const char *detail, uint64_t number)
{
	char buf[512];
	struct text t = text_in(buf, sizeof(buf) - 1);
	ssize_t ignored;

	text_str(&t, "httpd: ");
	text_str(&t, what);
	if (detail != NULL) {
		text_str(&t, detail);
	} else {
		text_number(&t, number);
	}
	*t.at++ = '\n';
	ignored = write(fd, buf, text_len(&t));
	(void)ignored;
}

static int parse_options(struct options *o, char **argv)
{
	for (char **arg = argv + 1; *arg != NULL; arg++) {
		uint64_t port;

		if (strcmp(*arg, "-x") == 0) {
			response_allow_poweroff();
		} else if (strcmp(*arg, "-r") == 0 && arg[1] != NULL) {
			o->root = *++arg;
		} else if (strcmp(*arg, "-p") == 0 && arg[1] != NULL) {
			arg++;
			if (!text_to_number(*arg, strlen(*arg), &port) || port > UINT16_MAX) {
				return -1;
			}
			o->port = (uint16_t)port;
		} else {
			return -1;
		}
	}
	return 0;
}

/* mdns=on: browsers of the link show us. */
static void be_found(uint16_t port)
{
#ifdef __coracle__
	if (mdns_wanted() && mdns_publish(NULL, "_http", "_tcp", port, NULL) != 0) {
		say(STDERR_FILENO, "cannot be found by mDNS: error ", NULL, (uint64_t)errno);
	}
#else
	(void)port;
#endif
}

int main(int argc, char **argv)
{
	struct options o = { .root = "/www", .port = 80 };
	const char *url = getenv("PUBLIC_URL");

	if (argc > 0 && parse_options(&o, argv) != 0) {
		say(STDERR_FILENO, "usage: httpd [-r FOLDER] [-p PORT] [-x]", "", 0);
		return EXIT_USAGE;
	}
	status_add_route();
	if (files_init(o.root) != 0) {
		say(STDERR_FILENO, "cannot serve the folder ", o.root, 0);
		return EXIT_FAILURE;
	}
	if (server_listen(o.port) != 0) {
		say(STDERR_FILENO, "cannot listen: error ", NULL, (uint64_t)errno);
		return EXIT_FAILURE;
	}
	if (url != NULL) {
		say(STDOUT_FILENO, url, "", 0);
	} else {
		say(STDOUT_FILENO, "listening on port ", NULL, o.port);
	}
	be_found(o.port);
	server_run();
	return 0;
}
