/* SPDX-License-Identifier: MIT */
/* The few well-known services that programs ask for by name (IANA). */
#pragma once

#include <kernel/types.h>

struct service {
	const char *name, *proto;
	uint16_t port; /* host byte order */
};

/* @proto NULL: any. NULL: not in the table. */
const struct service *service_by_name(const char *name, const char *proto);
const struct service *service_by_port(uint16_t port, const char *proto);
