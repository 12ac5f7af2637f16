/* SPDX-License-Identifier: MIT */
/* The listening socket and the loop. */
#pragma once

#include <stdint.h>

/* Listen on @port, on IPv6 and IPv4 where there is both. Returns 0, or -1 and errno. */
int server_listen(uint16_t port);
/* Call @fn whenever @fd can be read; it must take what makes it so. At most four of them. Returns 0,
 * or -1 and errno. After server_listen(). */
int server_watch(int fd, void (*fn)(int fd));
/* After server_listen(), in a server of HTTPS: on @port as well, without TLS, to send clients there. */
int server_redirect(uint16_t port);
/* Serve until a client may and does ask for the end. */
void server_run(void);
