/* SPDX-License-Identifier: MIT */
/* sendfile() of a file in the image to a socket: the bytes go from where they lie, whole and in order. */
#include "inet.h"

#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMES 200

struct reader {
	int fd;
	const char *want; /* again and again */
	size_t len, got;
	bool right;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	char buf[3001];
	ssize_t n;

	r->right = true;
	while ((n = read(r->fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			r->right &= buf[i] == r->want[r->got++ % r->len];
		}
	}
	return NULL;
}

static void send_times(int file, int to, size_t len, unsigned times)
{
	struct pollfd p = { .fd = to, .events = POLLOUT };

	while (times > 0) {
		off_t at = 0;

		while (at < (off_t)len) {
			ssize_t n = sendfile(to, file, &at, len - (size_t)at);

			if (n < 0 && errno == EAGAIN) {
				poll(&p, 1, -1);
			} else if (n <= 0) {
				return;
			}
		}
		times--;
	}
}

void test_sendfile(int family)
{
	int file = open("/stream.c", O_RDONLY), fds[2];
	struct reader r = { .fd = -1 };
	struct stat st;
	pthread_t t;
	char *all;
	off_t at;

	fstat(file, &st);
	all = malloc((size_t)st.st_size);
	is(pread(file, all, (size_t)st.st_size, 0), st.st_size, "the file is there");
	for (int nonblock = 0; nonblock < 2; nonblock++) {
		stream_pair(family, fds);
		fcntl(fds[0], F_SETFL, nonblock != 0 ? O_NONBLOCK : 0);
		r = (struct reader){ .fd = fds[1], .want = all, .len = (size_t)st.st_size };
		pthread_create(&t, NULL, read_all, &r);
		send_times(file, fds[0], (size_t)st.st_size, TIMES);
		shutdown(fds[0], SHUT_WR);
		pthread_join(t, NULL);
		is(r.got, (size_t)st.st_size * TIMES, "all bytes arrive, %s",
		   nonblock != 0 ? "without blocking" : "blocking");
		ok(r.right, "and they are the file's");
		close(fds[0]);
		close(fds[1]);
	}
	/* Between bytes that are copied, from the middle, and beyond the end. */
	stream_pair(family, fds);
	at = 10;
	is(write(fds[0], "<", 1), 1, "a byte before");
	is(sendfile(fds[0], file, &at, 5), 5, "five bytes from the middle");
	is(at, 15, "the offset moves on");
	is(write(fds[0], ">", 1), 1, "a byte behind");
	at = st.st_size;
	is(sendfile(fds[0], file, &at, 5), 0, "nothing at the end");
	{
		char buf[8] = "";
		size_t n = 0;

		while (n < 7) {
			n += (size_t)read(fds[1], buf + n, 7 - n);
		}
		ok(buf[0] == '<' && memcmp(buf + 1, all + 10, 5) == 0 && buf[6] == '>',
		   "in their order");
	}
	close(fds[1]);
	at = 0;
	for (int i = 0; i < 100 && sendfile(fds[0], file, &at, 5) > 0; i++) {
		at = 0;
		usleep(1000);
	}
	fails(sendfile(fds[0], file, &at, 5), EPIPE, "to a connection that is gone");
	close(fds[0]);
	close(file);
	free(all);
}
