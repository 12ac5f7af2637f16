/* SPDX-License-Identifier: MIT */
/* What the files of this test share. */
#pragma once

#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void test_names(void);
void test_rights(void);
void test_signals(void);
void test_threads(void);

static inline short events_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };

	poll(&p, 1, 0);
	return p.revents;
}

/* The address of @path; one that begins with '@' is abstract. Returns its length. */
static inline socklen_t address(struct sockaddr_un *a, const char *path)
{
	size_t n = strlen(path);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, path, n);
	if (path[0] == '@') {
		a->sun_path[0] = '\0';
		n--;
	}
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
}
