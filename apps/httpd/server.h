/* SPDX-License-Identifier: MIT */
/* The listening socket and the loop. */
#pragma once

#include <stdint.h>

/* Listen on @port, on IPv6 and IPv4 where there is both. Returns 0, or -1 and errno. */
int server_listen(uint16_t port);
/* Serve until a client may and does ask for the end. */
void server_run(void);
