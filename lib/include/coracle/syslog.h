/* SPDX-License-Identifier: MIT */
/* syslog() to a server as well: RFC 5424 over UDP (RFC 5426), TCP (RFC 6587, octet counting) or TLS
 * (RFC 5425). Messages wait in memory for a server that is away. */
#pragma once

#include <coracle/secure.h>
#include <stdint.h>

struct syslog_server {
	const char
		*url; /* udp://HOST, tcp://HOST or tls://HOST, with ":PORT" if not 514, 514, 6514 */
	const char *host;	     /* our name in the messages; NULL: gethostname() */
	const char *app;	     /* if openlog() gave none; NULL: "-" */
	const struct secure *secure; /* for tls: */
	size_t room;		     /* bytes of memory for what waits; 0: 32 KiB */
};

struct syslog_counts {
	uint64_t sent;
	uint64_t lost; /* there was no room */
	unsigned waiting;
	unsigned connects; /* to the server, or sockets for UDP */
};

/* Begin, once in a program's life: what syslog() is given from now on goes to the server too, in order.
 * When messages were lost the server is told how many. Over TCP what the network had taken when the
 * connection broke may be lost: the protocol has no answers. Returns 0, -EINVAL (the URL), -EALREADY,
 * -ENOMEM, -EAGAIN. The strings must last. */
int syslog_start(const struct syslog_server *to);
void syslog_count(struct syslog_counts *out);

/* One message as RFC 5424 has it. @seconds and @us: the wall clock; before 2020 it is taken for not set
 * and left out. Returns its length; what does not fit into @room is cut. For tests. */
size_t syslog_format(char *buf, size_t room, int priority, int64_t seconds, int us,
		     const char *host, const char *app, const char *text);
