/* SPDX-License-Identifier: MIT */
/* Where the network leaves its sockets for libc, which is in images without it as well. */
#include <kernel/socket.h>

int (*socket_inet)(int domain, int type, int protocol, struct file **out);
