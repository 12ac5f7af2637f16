/* SPDX-License-Identifier: MIT */
/* httpsd: httpd by HTTPS. See docs/tls.md.
 *
 *   httpsd [-r FOLDER] [-s PORT] [-p PORT] [-o PORT] [-c CERT -k KEY] [-n NAME] [-a CA] [-x]
 *     -r FOLDER  what to serve (default /www)
 *     -s PORT    HTTPS, default 443
 *     -p PORT    HTTP, which redirects to HTTPS; default 80, 0 for none
 *     -o PORT    where clients reach HTTPS, if not at -s
 *     -c, -k     certificate chain and key: a file, or "data:" and the DER in base64. The variables
 *                TLS_CERT and TLS_KEY say the same. Without: a certificate made at every start
 *     -n NAME    the name in that one, default localhost
 *     -a CA      clients have to show a certificate of this CA
 *     -x         POST /poweroff ends the program with status 0 */
#include "../httpd/files.h"
#include "../httpd/response.h"
#include "../httpd/server.h"
#include "../httpd/status.h"
#include "secure.h"

#include <coracle/tls.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

struct options {
	const char *root;
	uint16_t https, http, outside;
	struct tls_options tls;
};

static const char *const alpn[] = { "http/1.1", NULL };

static int read_port(uint16_t *to, const char *text)
{
	uint64_t port;

	if (!text_to_number(text, strlen(text), &port) || port > UINT16_MAX) {
		return -1;
	}
	*to = (uint16_t)port;
	return 0;
}

static int parse_options(struct options *o, int argc, char **argv)
{
	int c, bad = 0;

	while ((c = getopt(argc, argv, "r:s:p:o:c:k:n:a:x")) != -1) {
		switch (c) {
		case 'r':
			o->root = optarg;
			break;
		case 's':
			bad |= read_port(&o->https, optarg);
			break;
		case 'p':
			bad |= read_port(&o->http, optarg);
			break;
		case 'o':
			bad |= read_port(&o->outside, optarg);
			break;
		case 'c':
			o->tls.cert = optarg;
			break;
		case 'k':
			o->tls.key = optarg;
			break;
		case 'n':
			o->tls.self_signed = optarg;
			break;
		case 'a':
			o->tls.ca = optarg;
			o->tls.ask_client = true;
			break;
		case 'x':
			response_allow_poweroff();
			break;
		default:
			return -1;
		}
	}
	return optind < argc ? -1 : bad;
}

static int set_up(const struct options *o)
{
	char reason[TLS_REASON_SIZE];
	struct tls_context *context = tls_server_context(&o->tls, reason);

	if (context == NULL) {
		fprintf(stderr, "httpsd: %s\n", reason);
		return -1;
	}
	secure_init(context);
	status_add_route();
	if (files_init(o->root) != 0) {
		fprintf(stderr, "httpsd: cannot serve the folder %s: %s\n", o->root,
			strerror(errno));
		return -1;
	}
	if (server_listen(o->https) != 0 || (o->http != 0 && server_redirect(o->http) != 0)) {
		fprintf(stderr, "httpsd: cannot listen: %s\n", strerror(errno));
		return -1;
	}
	response_https_port(o->outside != 0 ? o->outside : o->https);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .root = "/www", .https = 443, .http = 80 };

	o.tls = (struct tls_options){ .cert = getenv("TLS_CERT"),
				      .key = getenv("TLS_KEY"),
				      .self_signed = "localhost",
				      .alpn = alpn };
	if (parse_options(&o, argc, argv) != 0) {
		fprintf(stderr, "usage: httpsd [-r FOLDER] [-s PORT] [-p PORT] [-o PORT] "
				"[-c CERT -k KEY] [-n NAME] [-a CA] [-x]\n");
		return EXIT_USAGE;
	}
	if (set_up(&o) != 0) {
		return EXIT_FAILURE;
	}
	if (o.tls.cert == NULL) {
		printf("httpsd: a certificate for %s, made for this run\n", o.tls.self_signed);
	}
	printf("httpsd: listening on port %u\n", o.https);
	server_run();
	return 0;
}
