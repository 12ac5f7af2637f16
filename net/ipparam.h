/* SPDX-License-Identifier: MIT */
/* `ip=` of the bootargs, in Linux's syntax:
 * ip=<client>:<server>:<gateway>:<netmask>:<hostname>:<device>:<autoconf>:<dns0>:<dns1>:<ntp0>
 * Spec: Linux Documentation/admin-guide/nfs/nfsroot.rst. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ip_param {
	uint32_t client, gateway, netmask, dns[2], ntp; /* network byte order; 0: not given */
	char hostname[64];
	char device[16];
	bool dhcp; /* ask for what client does not give */
	bool off;  /* no IPv4 at all */
};

/* Pure: @text may be NULL (DHCP). False when malformed; @out then means DHCP. */
bool ip_param_parse(const char *text, struct ip_param *out);
