/* SPDX-License-Identifier: MIT */
/* Address of a local socket: a path, or after a NUL an abstract name. */
#pragma once

#include <sys/socket.h>

struct sockaddr_un {
	sa_family_t sun_family;
	char sun_path[108];
};

#define SUN_LEN(p) (offsetof(struct sockaddr_un, sun_path) + __builtin_strlen((p)->sun_path))
