/* SPDX-License-Identifier: MIT */
/* Multicast DNS (RFC 6762): this machine answers to NAME.local on its links, and for the services that the
 * application offers (DNS-SD, RFC 6763). In images with `needs := mdns`. */
#pragma once

#include <kernel/types.h>

#define NET_MDNS_TEXTS 8 /* of a service */

/* As `mdns=` says: on from the start, off for good, or (without it) on with the first service. */
bool net_mdns_wanted(void);
/* Offer "@name.@service.@proto.local" at @port on every interface. @name NULL: the host's. @proto: "_tcp" or
 * "_udp". @texts: "key=value" of its TXT record, ended by NULL; NULL: none. Everything is copied. Thread.
 * 0; -EINVAL: a name is too long, or no such protocol; -ENOSPC: there are four already; -ENOMEM; -ENOTSUP: mdns=off. */
int net_mdns_publish(const char *name, const char *service, const char *proto, uint16_t port,
		     const char *const *texts);
