/* SPDX-License-Identifier: MIT */
/* Services and protocols by name and number. */
#include "services.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

static const struct service services[] = {
	{ "echo", "tcp", 7 },		{ "echo", "udp", 7 },	  { "discard", "tcp", 9 },
	{ "discard", "udp", 9 },	{ "ftp", "tcp", 21 },	  { "ssh", "tcp", 22 },
	{ "telnet", "tcp", 23 },	{ "smtp", "tcp", 25 },	  { "domain", "tcp", 53 },
	{ "domain", "udp", 53 },	{ "bootps", "udp", 67 },  { "bootpc", "udp", 68 },
	{ "tftp", "udp", 69 },		{ "http", "tcp", 80 },	  { "ntp", "udp", 123 },
	{ "snmp", "udp", 161 },		{ "https", "tcp", 443 },  { "https", "udp", 443 },
	{ "syslog", "udp", 514 },	{ "mqtt", "tcp", 1883 },  { "coap", "udp", 5683 },
	{ "mdns", "udp", 5353 },	{ "redis", "tcp", 6379 }, { "http-alt", "tcp", 8080 },
	{ "secure-mqtt", "tcp", 8883 },
};

static const struct {
	const char *name;
	int number;
} protocols[] = {
	{ "ip", IPPROTO_IP },	{ "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP }, { "ipv6", IPPROTO_IPV6 }, { "ipv6-icmp", IPPROTO_ICMPV6 },
};

static char *no_aliases[] = { NULL };

static bool proto_is(const struct service *s, const char *proto)
{
	return proto == NULL || strcmp(s->proto, proto) == 0;
}

const struct service *service_by_name(const char *name, const char *proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (strcmp(services[i].name, name) == 0 && proto_is(&services[i], proto)) {
			return &services[i];
		}
	}
	return NULL;
}

const struct service *service_by_port(uint16_t port, const char *proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (services[i].port == port && proto_is(&services[i], proto)) {
			return &services[i];
		}
	}
	return NULL;
}

static struct servent *servent(const struct service *s)
{
	static struct servent e;

	if (s == NULL) {
		return NULL;
	}
	e.s_name = (char *)(uintptr_t)s->name;
	e.s_aliases = no_aliases;
	e.s_port = htons(s->port);
	e.s_proto = (char *)(uintptr_t)s->proto;
	return &e;
}

struct servent *getservbyname(const char *name, const char *proto)
{
	return servent(service_by_name(name, proto));
}

struct servent *getservbyport(int port, const char *proto)
{
	return servent(service_by_port(ntohs((uint16_t)port), proto));
}

static struct protoent *protoent(size_t i)
{
	static struct protoent e;

	if (i == ARRAY_SIZE(protocols)) {
		return NULL;
	}
	e.p_name = (char *)(uintptr_t)protocols[i].name;
	e.p_aliases = no_aliases;
	e.p_proto = protocols[i].number;
	return &e;
}

struct protoent *getprotobyname(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(protocols) && strcmp(protocols[i].name, name) != 0) {
		i++;
	}
	return protoent(i);
}

struct protoent *getprotobynumber(int number)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(protocols) && protocols[i].number != number) {
		i++;
	}
	return protoent(i);
}
