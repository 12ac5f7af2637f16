/* SPDX-License-Identifier: MIT */
/* Fuzzes what DHCPv6 servers say. */
#include "../../net/dhcp6msg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t duid[] = { 0, 3, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	struct dhcp6_answer a;

	if (dhcp6_parse(data, n, duid, sizeof(duid), 1, &a) &&
	    (a.server_len > DHCP6_DUID_MAX || a.dns_count > DHCP6_DNS_MAX ||
	     a.lease.preferred > a.lease.valid)) {
		abort();
	}
	return 0;
}
