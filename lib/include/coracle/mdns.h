/* SPDX-License-Identifier: MIT */
/* Services on the local link, found without a server: multicast DNS and DNS-SD (RFC 6762, 6763). In images with
 * `needs := net mdns`. The host's name is that of the boot arguments (hostname=), with -2, -3 ... behind it if
 * another machine on the link has it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Did the boot arguments ask for it (mdns=on)? For programs that do not of themselves. */
bool mdns_wanted(void);
/* Offer a service: mdns_publish(NULL, "_http", "_tcp", 80, NULL) is what browsers of a network show. The first
 * one switches mDNS on, unless the boot arguments say mdns=off. @name NULL: the host's. @texts: "key=value"
 * strings ended by NULL, or NULL. Everything is copied. Thread. 0, or -1 and errno: EINVAL (a name of over 63
 * bytes, another protocol), ENOSPC (four are there), ENOMEM, ENOTSUP (mdns=off). */
int mdns_publish(const char *name, const char *service, const char *proto, uint16_t port,
		 const char *const *texts);
