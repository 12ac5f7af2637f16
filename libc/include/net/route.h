/* SPDX-License-Identifier: MIT */
/* Routes, as SIOCADDRT and SIOCDELRT of <sys/ioctl.h> take them: the default gateway alone is one. */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#define RTF_UP	    0x0001
#define RTF_GATEWAY 0x0002
#define RTF_HOST    0x0004

struct rtentry {
	unsigned long rt_pad1;
	struct sockaddr rt_dst;
	struct sockaddr rt_gateway;
	struct sockaddr rt_genmask;
	unsigned short rt_flags;
	short rt_pad2;
	unsigned long rt_pad3;
	void *rt_pad4;
	short rt_metric;
	char *rt_dev; /* the interface's name; may be NULL */
	unsigned long rt_mtu;
	unsigned long rt_window;
	unsigned short rt_irtt;
};
