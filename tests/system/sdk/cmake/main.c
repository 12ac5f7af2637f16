/* SPDX-License-Identifier: MIT */
/* A server with a thread for its one client: what comes in goes back the other way round. */
#include "answer.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *arg)
{
	char text[100];
	int fd = *(int *)arg;
	ssize_t n = recv(fd, text, sizeof(text), 0);

	if (n > 0) {
		answer(text, (size_t)n);
		send(fd, text, (size_t)n, 0);
	}
	close(fd);
	return NULL;
}

static int self_test(void)
{
	char text[] = "abc";

	answer(text, 3);
	return strcmp(text, "cba") == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	pthread_t t;
	int fd, client;

	if (argc > 1 && strcmp(argv[1], "--answer") == 0) {
		return self_test();
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 1) != 0) {
		perror("echoes");
		return 1;
	}
	puts("echoes: listening");
	client = accept(fd, NULL, NULL);
	if (client < 0 || pthread_create(&t, NULL, serve, &client) != 0) {
		perror("echoes");
		return 1;
	}
	pthread_join(t, NULL);
	return 5;
}
