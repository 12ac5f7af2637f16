/* SPDX-License-Identifier: MIT */
/* A WebSocket by TLS on port 443: /echo gives back what a client says, to that client alone, and "to all: "
 * and the rest to everybody. tests/system/test_https.py judges. */
#include "../../../apps/httpd/files.h"
#include "../../../apps/httpd/response.h"
#include "../../../apps/httpd/server.h"
#include "../../../apps/httpd/ws.h"
#include "../../../apps/httpsd/secure.h"

#include <coracle/tls.h>
#include <stdio.h>
#include <string.h>

static struct ws_channel channel;

static void heard(struct ws *w, const char *p, size_t n)
{
	if (n > 8 && memcmp(p, "to all: ", 8) == 0) {
		ws_broadcast(&channel, p + 8, n - 8);
	} else {
		ws_send(w, p, n);
	}
}

static void opened(struct ws *w)
{
	ws_send(w, "welcome", 7);
}

int main(void)
{
	static struct route route = { .path = "/echo", .upgrade = &ws_protocol, .arg = &channel };
	const struct tls_options o = { .cert = "/good.pem", .key = "/good.key" };
	char reason[TLS_REASON_SIZE];
	struct tls_context *context = tls_server_context(&o, reason);

	channel = (struct ws_channel){ .opened = opened, .heard = heard };
	if (context == NULL) {
		printf("%s\n", reason);
		return 1;
	}
	secure_init(context);
	response_add_route(&route);
	if (files_init("/www") != 0 || server_listen(443) != 0) {
		return 1;
	}
	printf("listening\n");
	server_run();
	return 0;
}
