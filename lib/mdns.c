/* SPDX-License-Identifier: MIT */
#include <coracle/mdns.h>
#include <errno.h>
#include <net/mdns.h>

bool mdns_wanted(void)
{
	return net_mdns_wanted();
}

int mdns_publish(const char *name, const char *service, const char *proto, uint16_t port,
		 const char *const *texts)
{
	int r = net_mdns_publish(name, service, proto, port, texts);

	if (r < 0) {
		errno = -r;
		return -1;
	}
	return 0;
}
