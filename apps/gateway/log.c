/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <coracle/syslog.h>
#include <coracle/tls.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

int log_start(void)
{
	struct syslog_server to = { .url = config.syslog, .host = config.name, .app = "gateway" };
	struct tls_options o = { .ca = config.syslog_ca[0] != '\0' ? config.syslog_ca : NULL };
	int r;

	openlog("gateway", LOG_CONS, LOG_DAEMON);
	if (config.syslog[0] == '\0') {
		return 0;
	}
	if (strncmp(config.syslog, "tls:", 4) == 0) {
		char reason[TLS_REASON_SIZE];
		struct tls_context *c = tls_client_context(&o, reason);

		if (c == NULL) {
			fprintf(stderr, "gateway: syslog_ca: %s\n", reason);
			return -1;
		}
		to.secure = tls_secure(c);
	}
	r = syslog_start(&to);
	if (r != 0) {
		fprintf(stderr, "gateway: syslog = %s: %s; write tls://HOST:PORT\n", config.syslog,
			strerror(-r));
		return -1;
	}
	return 0;
}
