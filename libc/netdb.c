/* SPDX-License-Identifier: MIT */
/* Names of hosts and services. net/ resolves host names (DNS); addresses have no names here. */
#define _GNU_SOURCE
#include "libc.h"

#include <arpa/inet.h>
#include <kernel/log.h>
#include <net/if.h>
#include <net/net.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services.h"

#define ADDRS_MAX 8 /* of one name */

__thread int __h_errno;

/* --- addresses of a host --------------------------------------------------------------------- */

static void put_v4(struct sockaddr_storage *ss, const void *addr)
{
	struct sockaddr_in *a = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	a->sin_family = AF_INET;
	memcpy(&a->sin_addr, addr, sizeof(a->sin_addr));
}

static void put_v6(struct sockaddr_storage *ss, const void *addr, uint32_t scope)
{
	struct sockaddr_in6 *a = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	a->sin6_family = AF_INET6;
	memcpy(&a->sin6_addr, addr, sizeof(a->sin6_addr));
	a->sin6_scope_id = scope;
}

/* Both families' any or loopback address, as @family wants. */
static int own_addrs(int family, bool any, struct sockaddr_storage *out)
{
	in_addr_t v4 = htonl(any ? INADDR_ANY : INADDR_LOOPBACK);
	int n = 0;

	if (family != AF_INET6) {
		put_v4(&out[n++], &v4);
	}
	if (family != AF_INET) {
		put_v6(&out[n++], any ? &in6addr_any : &in6addr_loopback, 0);
	}
	return n;
}

/* An IPv6 literal, maybe with "%interface". */
static bool read_scoped(const char *host, struct sockaddr_storage *out)
{
	const char *percent = strchr(host, '%');
	char text[INET6_ADDRSTRLEN];
	size_t n = percent != NULL ? (size_t)(percent - host) : strlen(host);
	struct in6_addr a;
	uint32_t scope = 0;
	char *end;

	if (n >= sizeof(text)) {
		return false;
	}
	memcpy(text, host, n);
	text[n] = '\0';
	if (inet_pton(AF_INET6, text, &a) != 1) {
		return false;
	}
	if (percent != NULL) {
		scope = if_nametoindex(percent + 1);
		if (scope == 0) {
			scope = (uint32_t)strtoul(percent + 1, &end, 10);
			if (scope == 0 || *end != '\0') {
				return false;
			}
		}
	}
	put_v6(out, &a, scope);
	return true;
}

/* A literal: returns 1, 0 if it is none, EAI_ADDRFAMILY when of the wrong family. */
static int literal(const char *host, int family, struct sockaddr_storage *out)
{
	struct in_addr a;

	if (inet_aton(host, &a) != 0) {
		put_v4(out, &a);
		return family == AF_INET6 ? EAI_ADDRFAMILY : 1;
	}
	if (read_scoped(host, out)) {
		return family == AF_INET ? EAI_ADDRFAMILY : 1;
	}
	return 0;
}

static int resolve_error(int error)
{
	switch (error) {
	case -ENOENT:
		return EAI_NONAME;
	case -ENOMEM:
		return EAI_MEMORY;
	case -EINVAL:
		return EAI_NONAME;
	default:
		return EAI_AGAIN;
	}
}

/* Addresses of @host, at most ADDRS_MAX: their number, or EAI_*. */
static int host_addrs(const char *host, int family, int flags, struct sockaddr_storage *out)
{
	int n = literal(host, family, out);

	if (n != 0) {
		return n;
	}
	if ((flags & AI_NUMERICHOST) != 0) {
		return EAI_NONAME;
	}
	if (strcmp(host, "localhost") == 0) {
		return own_addrs(family, false, out);
	}
	n = net_resolve(host, family, out, ADDRS_MAX);
	return n > 0 ? n : resolve_error(n == 0 ? -ENOENT : n);
}

/* With AI_V4MAPPED: IPv4 addresses as IPv6 ones. */
static void map_v4(struct sockaddr_storage *list, int n)
{
	uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };

	for (int i = 0; i < n; i++) {
		memcpy(mapped + 12, &((struct sockaddr_in *)&list[i])->sin_addr, 4);
		put_v6(&list[i], mapped, 0);
	}
}

/* --- getaddrinfo ----------------------------------------------------------------------------- */

static const struct {
	int type, protocol;
} kinds[] = { { SOCK_STREAM, IPPROTO_TCP }, { SOCK_DGRAM, IPPROTO_UDP }, { SOCK_RAW, 0 } };

static bool kind_wanted(size_t i, const struct addrinfo *h)
{
	return (h->ai_socktype == 0 ? kinds[i].type != SOCK_RAW || h->ai_protocol == 0
				    : h->ai_socktype == kinds[i].type) &&
	       (h->ai_protocol == 0 || kinds[i].protocol == 0 ||
		h->ai_protocol == kinds[i].protocol);
}

/* Port in network order, or -1: @name is a number, or a service of @protocol. */
static int port_of(const char *name, int protocol, int flags)
{
	const struct service *s;
	unsigned long v;
	char *end;

	if (name == NULL) {
		return 0;
	}
	v = strtoul(name, &end, 10);
	if (*name >= '0' && *name <= '9' && *end == '\0') {
		return v <= 65535 ? htons((uint16_t)v) : -1;
	}
	s = (flags & AI_NUMERICSERV) != 0
		    ? NULL
		    : service_by_name(name, protocol == IPPROTO_UDP ? "udp" : "tcp");
	return s == NULL ? -1 : htons(s->port);
}

/* One entry and its address (and the name behind them) in one block. */
static struct addrinfo *entry(const struct sockaddr_storage *ss, size_t kind, int protocol,
			      uint16_t port, const char *canon)
{
	size_t name = canon == NULL ? 0 : strlen(canon) + 1;
	struct addrinfo *a = calloc(1, sizeof(*a) + sizeof(*ss) + name);

	if (a == NULL) {
		return NULL;
	}
	a->ai_family = ss->ss_family;
	a->ai_socktype = kinds[kind].type;
	a->ai_protocol = kinds[kind].protocol != 0 ? kinds[kind].protocol : protocol;
	a->ai_addr = (struct sockaddr *)(a + 1);
	memcpy(a->ai_addr, ss, sizeof(*ss));
	if (a->ai_family == AF_INET) {
		a->ai_addrlen = sizeof(struct sockaddr_in);
		((struct sockaddr_in *)a->ai_addr)->sin_port = port;
	} else {
		a->ai_addrlen = sizeof(struct sockaddr_in6);
		((struct sockaddr_in6 *)a->ai_addr)->sin6_port = port;
	}
	if (canon != NULL) {
		a->ai_canonname = (char *)(a + 1) + sizeof(*ss);
		memcpy(a->ai_canonname, canon, name);
	}
	return a;
}

/* Every address with every kind of socket that is wanted. */
static int make_list(const struct sockaddr_storage *list, int n, const char *service,
		     const struct addrinfo *h, const char *canon, struct addrinfo **out)
{
	struct addrinfo *first = NULL, **tail = &first;
	bool port_known = false;

	for (int i = 0; i < n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			int port = port_of(service, kinds[k].protocol, h->ai_flags);

			if (!kind_wanted(k, h) || port < 0) {
				continue;
			}
			port_known = true;
			*tail = entry(&list[i], k, h->ai_protocol, (uint16_t)port,
				      first == NULL ? canon : NULL);
			if (*tail == NULL) {
				freeaddrinfo(first);
				return EAI_MEMORY;
			}
			tail = &(*tail)->ai_next;
		}
	}
	*out = first;
	return port_known ? 0 : EAI_SERVICE;
}

static int check_hints(const char *host, const char *service, const struct addrinfo *h)
{
	size_t k = 0;

	if (host == NULL && service == NULL) {
		return EAI_NONAME;
	}
	if ((h->ai_flags & ~(AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL |
			     AI_ADDRCONFIG | AI_NUMERICSERV)) != 0 ||
	    (host == NULL && (h->ai_flags & AI_CANONNAME) != 0)) {
		return EAI_BADFLAGS;
	}
	if (h->ai_family != AF_UNSPEC && h->ai_family != AF_INET && h->ai_family != AF_INET6) {
		return EAI_FAMILY;
	}
	while (k < ARRAY_SIZE(kinds) && !kind_wanted(k, h)) {
		k++;
	}
	return k < ARRAY_SIZE(kinds) ? 0 : EAI_SOCKTYPE;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
	static const struct addrinfo none;
	const struct addrinfo *h = hints != NULL ? hints : &none;
	struct sockaddr_storage list[ADDRS_MAX];
	int n = check_hints(host, service, h);

	if (n != 0) {
		return n;
	}
	if (host == NULL) {
		n = own_addrs(h->ai_family, (h->ai_flags & AI_PASSIVE) != 0, list);
	} else {
		n = host_addrs(host, h->ai_family, h->ai_flags, list);
		if (n < 0 && h->ai_family == AF_INET6 && (h->ai_flags & AI_V4MAPPED) != 0) {
			n = host_addrs(host, AF_INET, h->ai_flags, list);
			map_v4(list, n);
		}
	}
	if (n < 0) {
		return n;
	}
	return make_list(list, n, service, h, (h->ai_flags & AI_CANONNAME) != 0 ? host : NULL, out);
}

void freeaddrinfo(struct addrinfo *a)
{
	while (a != NULL) {
		struct addrinfo *next = a->ai_next;

		free(a);
		a = next;
	}
}

const char *gai_strerror(int error)
{
	static const char *const text[] = {
		[-EAI_BADFLAGS] = "Bad flags",
		[-EAI_NONAME] = "Name or service not known",
		[-EAI_AGAIN] = "Temporary failure in name resolution",
		[-EAI_FAIL] = "Name resolution failed",
		[-EAI_NODATA] = "No address for this name",
		[-EAI_FAMILY] = "Address family not supported",
		[-EAI_SOCKTYPE] = "Socket type not supported",
		[-EAI_SERVICE] = "Service not known for this socket type",
		[-EAI_ADDRFAMILY] = "Host has no address of this family",
		[-EAI_MEMORY] = "Out of memory",
		[-EAI_SYSTEM] = "System error",
		[-EAI_OVERFLOW] = "Buffer too small",
	};

	if (error == 0) {
		return "Success";
	}
	return error < 0 && error >= EAI_OVERFLOW ? text[-error] : "Unknown error";
}

/* --- getnameinfo ----------------------------------------------------------------------------- */

static int host_text(const struct sockaddr *a, char *host, socklen_t n)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], name[IF_NAMESIZE];

	if (a->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, text, sizeof(text));
	} else {
		inet_ntop(AF_INET6, &a6->sin6_addr, text, sizeof(text));
		if (a6->sin6_scope_id != 0 && if_indextoname(a6->sin6_scope_id, name) != NULL) {
			strlcat(text, "%", sizeof(text));
			strlcat(text, name, sizeof(text));
		}
	}
	return strlcpy(host, text, n) < n ? 0 : EAI_OVERFLOW;
}

static int service_text(uint16_t port, char *service, socklen_t n, int flags)
{
	const struct service *s = NULL;
	char text[8];

	if ((flags & NI_NUMERICSERV) == 0) {
		s = service_by_port(ntohs(port), (flags & NI_DGRAM) != 0 ? "udp" : "tcp");
	}
	fmt_snprintf(text, sizeof(text), "%u", ntohs(port));
	return strlcpy(service, s != NULL ? s->name : text, n) < n ? 0 : EAI_OVERFLOW;
}

int getnameinfo(const struct sockaddr *restrict a, socklen_t len, char *restrict host,
		socklen_t host_len, char *restrict service, socklen_t service_len, int flags)
{
	bool v4 = len >= sizeof(struct sockaddr_in) && a->sa_family == AF_INET;
	bool v6 = len >= sizeof(struct sockaddr_in6) && a->sa_family == AF_INET6;
	int r = 0;

	if (!v4 && !v6) {
		return EAI_FAMILY;
	}
	if ((flags & NI_NAMEREQD) != 0 && host != NULL && host_len > 0) {
		return EAI_NONAME;
	}
	if (host != NULL && host_len > 0) {
		r = host_text(a, host, host_len);
	}
	if (r == 0 && service != NULL && service_len > 0) {
		/* The port is at the same place in both families. */
		r = service_text(((const struct sockaddr_in *)a)->sin_port, service, service_len,
				 flags);
	}
	return r;
}

/* --- the calls of 4.3BSD --------------------------------------------------------------------- */

struct host_room {
	char *addrs[ADDRS_MAX + 1];
	char *aliases[1];
	uint8_t bytes[ADDRS_MAX][16];
	char name[];
};

static int h_error(int eai)
{
	return eai == EAI_NONAME || eai == EAI_ADDRFAMILY ? HOST_NOT_FOUND
	       : eai == EAI_AGAIN			  ? TRY_AGAIN
							  : NO_RECOVERY;
}

static int fill_host(const char *name, int family, struct hostent *h, struct host_room *room)
{
	struct sockaddr_storage list[ADDRS_MAX];
	size_t len = family == AF_INET ? 4 : 16;
	int n = host_addrs(name, family, 0, list);

	if (n < 0) {
		return h_error(n);
	}
	for (int i = 0; i < n; i++) {
		const void *from = family == AF_INET
					   ? (void *)&((struct sockaddr_in *)&list[i])->sin_addr
					   : (void *)&((struct sockaddr_in6 *)&list[i])->sin6_addr;

		room->addrs[i] = memcpy(room->bytes[i], from, len);
	}
	room->addrs[n] = NULL;
	room->aliases[0] = NULL;
	strcpy(room->name, name);
	*h = (struct hostent){ .h_name = room->name,
			       .h_aliases = room->aliases,
			       .h_addrtype = family,
			       .h_length = (int)len,
			       .h_addr_list = room->addrs };
	return 0;
}

struct hostent *gethostbyname2(const char *name, int family)
{
	static struct hostent host;
	static union {
		struct host_room room;
		char space[sizeof(struct host_room) + 256];
	} u;

	if (strlen(name) > 255 || (family != AF_INET && family != AF_INET6)) {
		h_errno = NO_RECOVERY;
		return NULL;
	}
	h_errno = fill_host(name, family, &host, &u.room);
	return h_errno == 0 ? &host : NULL;
}

struct hostent *gethostbyname(const char *name)
{
	return gethostbyname2(name, AF_INET);
}

int gethostbyname_r(const char *restrict name, struct hostent *restrict h, char *restrict buf,
		    size_t n, struct hostent **restrict out, int *restrict error)
{
	size_t skip = -(uintptr_t)buf % _Alignof(struct host_room);

	*out = NULL;
	if (n < skip + sizeof(struct host_room) + strlen(name) + 1) {
		*error = NETDB_INTERNAL;
		return ERANGE;
	}
	*error = fill_host(name, AF_INET, h, (struct host_room *)(void *)(buf + skip));
	*out = *error == 0 ? h : NULL;
	return 0;
}

struct hostent *gethostbyaddr(const void *addr, socklen_t len, int family)
{
	(void)addr, (void)len, (void)family;
	h_errno = HOST_NOT_FOUND;
	return NULL;
}

const char *hstrerror(int error)
{
	static const char *const text[] = { "Success", "Unknown host", "Host name lookup failure",
					    "Name resolution failed", "No address for this name" };

	return error >= 0 && error <= NO_DATA ? text[error] : "Unknown error";
}

void herror(const char *what)
{
	bool named = what != NULL && *what != '\0';

	fprintf(stderr, "%s%s%s\n", named ? what : "", named ? ": " : "", hstrerror(h_errno));
}
