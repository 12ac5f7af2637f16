/* SPDX-License-Identifier: MIT */
/* A thread for each connection to port 80, by IPv4 and IPv6. */
#include "faults.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK	(32 << 10)
#define BACKLOG 1024

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;

	transfer_serve(fd);
	close(fd);
	return NULL;
}

static int listen_on_80(void)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
	const int off = 0;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0 || listen(fd, BACKLOG) != 0) {
		return -1;
	}
	return fd;
}

int main(void)
{
	int listener = listen_on_80(), r;
	pthread_attr_t attr;
	pthread_t thread;

	transfer_init();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (listener < 0) {
		perror("listen");
		return 1;
	}
	printf("faults: listening\n");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0) {
			/* No memory or no descriptor: those of others come back. */
			printf("accept: %s\n", strerror(errno));
			fflush(stdout);
			usleep(100000);
			continue;
		}
		r = pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd);
		if (r != 0) {
			printf("thread: %s\n", strerror(r));
			fflush(stdout);
			close(fd);
		}
	}
}
