/* SPDX-License-Identifier: MIT */
/* Many bytes both ways, in large blocking calls, as iperf3 makes them. */
#include "netcard.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK (128 << 10)

static unsigned char block[BLOCK];

/* Byte @i of the pattern is a function of i mod 251: a lost or doubled piece shows. */
static void pattern(unsigned char *p, size_t n, uint64_t at)
{
	unsigned k = (unsigned)(at % 251);

	for (size_t i = 0; i < n; i++) {
		p[i] = (unsigned char)k;
		k = k == 250 ? 0 : k + 1;
	}
}

static uint64_t give(int fd, uint64_t n)
{
	uint64_t done = 0;

	while (done < n) {
		size_t len = n - done < BLOCK ? (size_t)(n - done) : BLOCK;
		ssize_t r;

		pattern(block, len, done);
		r = send(fd, block, len, 0);
		if (r != (ssize_t)len) {
			return done;
		}
		done += (uint64_t)r;
	}
	return done;
}

static uint64_t take(int fd, uint64_t n)
{
	static unsigned char want[BLOCK];
	uint64_t done = 0;

	while (done < n) {
		size_t len = n - done < BLOCK ? (size_t)(n - done) : BLOCK;
		ssize_t r = recv(fd, block, len, MSG_WAITALL);

		pattern(want, len, done);
		if (r != (ssize_t)len || memcmp(block, want, len) != 0) {
			return done;
		}
		done += (uint64_t)r;
	}
	return done;
}

/* The line that begins a connection. */
static int read_line(int fd, char *line, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && recv(fd, line + i, 1, 0) == 1 && line[i] != '\n') {
		i++;
	}
	line[i] = '\0';
	return i > 0;
}

/* False when this was the last. */
static int serve(int fd)
{
	char line[64];
	uint64_t n, done;

	if (!read_line(fd, line, sizeof(line))) {
		return 1;
	}
	n = strtoull(line + 4, NULL, 10);
	if (strncmp(line, "end ", 4) == 0) {
		printf("bulk: the last %llu bytes\n", (unsigned long long)give(fd, n));
		return 0;
	}
	done = strncmp(line, "get ", 4) == 0 ? give(fd, n) : take(fd, n);
	snprintf(line, sizeof(line), "done %llu\n", (unsigned long long)done);
	send(fd, line, strlen(line), 0);
	return 1;
}

int bulk_serve(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	int l = socket(AF_INET, SOCK_STREAM, 0), again = 1;

	if (bind(l, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(l, 16) != 0) {
		perror("bulk");
		return 1;
	}
	printf("bulk: listening\n");
	fflush(stdout);
	while (again) {
		int fd = accept(l, NULL, NULL);

		if (fd < 0) {
			perror("accept");
			return 1;
		}
		again = serve(fd);
		close(fd);
	}
	close(l);
	return 0;
}
