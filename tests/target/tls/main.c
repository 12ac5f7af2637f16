/* SPDX-License-Identifier: MIT */
/* Both ends of TLS, told by arguments what to do; tests/system/test_tls.py judges.
 *
 *   tls connect HOST PORT [WORD...]   says TEXT and reads to the end, TIMES in a row
 *   tls serve PORT [WORD...]          gives back what it gets, one client after the other
 *
 * Words: ca=FILE cert=FILE key=FILE self=NAME alpn=NAME insecure ask v=12 v=13 and of connect:
 * name=NAME (the certificate's, if not HOST) say=TEXT times=N ms=TIMEOUT quiet (no lines but the sum). */
#include <arpa/inet.h>
#include <coracle/tls.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMEOUT_MS 30000
#define LINGER_US  500000

struct job {
	struct tls_options o;
	const char *alpn[2];
	const char *name, *say;
	int times, ms;
	bool quiet;
};

/* The value of @word if that is called @name, or NULL. */
static const char *value_of(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static void take_word(struct job *j, const char *word)
{
	const struct {
		const char *name, **to;
	} texts[] = {
		{ "ca", &j->o.ca },	 { "cert", &j->o.cert },
		{ "key", &j->o.key },	 { "self", &j->o.self_signed },
		{ "alpn", &j->alpn[0] }, { "name", &j->name },
		{ "say", &j->say },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *value = value_of(word, texts[i].name);

		if (value != NULL) {
			*texts[i].to = value;
		}
	}
	j->o.insecure |= strcmp(word, "insecure") == 0;
	j->o.ask_client |= strcmp(word, "ask") == 0;
	j->o.tls12_only |= strcmp(word, "v=12") == 0;
	j->o.tls13_only |= strcmp(word, "v=13") == 0;
	j->quiet |= strcmp(word, "quiet") == 0;
	if (value_of(word, "times") != NULL) {
		j->times = atoi(value_of(word, "times"));
	}
	if (value_of(word, "ms") != NULL) {
		j->ms = atoi(value_of(word, "ms"));
	}
}

static void take_words(struct job *j, char **words)
{
	*j = (struct job){ .say = "", .times = 1, .ms = TIMEOUT_MS };
	for (; *words != NULL; words++) {
		take_word(j, *words);
	}
	j->o.alpn = j->alpn[0] != NULL ? j->alpn : NULL;
}

static long free_memory(void)
{
	return sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

static void say_peer(const char *what, const struct tls *t)
{
	printf("%s %s %s resumed=%d alpn=%s\n", what, tls_version(t), tls_cipher(t), tls_resumed(t),
	       tls_alpn(t));
}

/* Why the last call failed, whether TLS or the socket says it. */
static void say_failure(const char *what, int err, const char *reason)
{
	printf("%s: %s (%s)\n", what, *reason != '\0' ? reason : strerror(err), strerror(err));
}

static int write_all(struct tls *t, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = tls_write(t, p, n);

		if (put < 0) {
			return -1;
		}
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* Let the other side close first: then no connection of ours stays in TIME_WAIT, and free memory tells
 * of what TLS itself has left behind. */
static void await_close(struct tls *t)
{
	char buf[256];

	if (t != NULL) {
		tls_shutdown(t);
		while (recv(tls_fd(t), buf, sizeof(buf), 0) > 0) {
		}
	}
}

/* --- connect --------------------------------------------------------------------------------- */

/* tls_connect() takes the name from the host; one socket of ours may be to another. */
static struct tls *connect_as(struct tls_context *c, const char *host, uint16_t port,
			      const struct job *j, char *reason)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct tls *t;

	inet_pton(AF_INET, host, &a.sin_addr);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		snprintf(reason, TLS_REASON_SIZE, "%s", strerror(errno));
		close(fd);
		return NULL;
	}
	t = tls_new(c, fd, j->name);
	if (t != NULL && tls_handshake(t) == 0) {
		return t;
	}
	snprintf(reason, TLS_REASON_SIZE, "%s", t != NULL ? tls_reason(t) : "no memory");
	tls_free(t);
	close(fd);
	return NULL;
}

/* Read to the end, and show the beginning of what came. */
static void read_to_end(struct tls *t, const struct job *j)
{
	char buf[4096], shown[401] = "";
	size_t n = 0;
	ssize_t got;

	while ((got = tls_read(t, buf, sizeof(buf))) > 0) {
		size_t room = n < sizeof(shown) - 1 ? sizeof(shown) - 1 - n : 0;

		memcpy(shown + sizeof(shown) - 1 - room, buf,
		       (size_t)got < room ? (size_t)got : room);
		n += (size_t)got;
	}
	if (j->quiet) {
		return;
	}
	printf("got %zu: %s\n", n, shown);
	if (got == 0) {
		printf("end\n");
	} else {
		say_failure("broken", errno, tls_reason(t));
	}
}

static int do_connect(char **argv)
{
	const char *host = argv[0];
	uint16_t port = (uint16_t)atoi(argv[1]);
	char reason[TLS_REASON_SIZE];
	struct tls_context *c;
	unsigned made = 0, resumed = 0;
	struct job j;

	take_words(&j, argv + 2);
	c = tls_client_context(&j.o, reason);
	if (c == NULL) {
		say_failure("no context", errno, reason);
		return 1;
	}
	for (int i = 0; i < j.times; i++) {
		struct tls *t = j.name != NULL ? connect_as(c, host, port, &j, reason)
					       : tls_connect(c, host, port, (unsigned)j.ms, reason);

		if (t == NULL) {
			say_failure("refused", errno, reason);
		} else {
			int fd = tls_fd(t);

			made++;
			resumed += tls_resumed(t);
			if (!j.quiet) {
				say_peer("connected", t);
			}
			if (write_all(t, j.say, strlen(j.say)) != 0 ||
			    write_all(t, "\r\n\r\n", 4) != 0) {
				say_failure("not sent", errno, tls_reason(t));
			}
			read_to_end(t, &j);
			await_close(t);
			tls_close(t);
			if (j.name != NULL) {
				close(fd);
			}
		}
		if (i == 0 || i == j.times / 2 || i == j.times - 1) {
			if (j.times > 1) {
				usleep(LINGER_US); /* the last acknowledgement frees the connection */
			}
			printf("free %ld\n", free_memory());
		}
	}
	tls_context_free(c);
	usleep(LINGER_US); /* what is on its way, an alert maybe, would end with the machine */
	printf("made %u resumed %u\n", made, resumed);
	return 0;
}

/* --- serve ----------------------------------------------------------------------------------- */

static void serve_one(struct tls_context *c, int fd, const struct job *j)
{
	struct timeval limit = { .tv_sec = j->ms / 1000, .tv_usec = j->ms % 1000 * 1000 };
	struct tls *t = tls_new(c, fd, NULL);
	char buf[4096];
	ssize_t n = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (t == NULL) {
		say_failure("refused", errno, "");
	} else if (tls_handshake(t) != 0) {
		say_failure("refused", errno, tls_reason(t));
	} else {
		say_peer("client", t);
		while ((n = tls_read(t, buf, sizeof(buf))) > 0 &&
		       write_all(t, buf, (size_t)n) == 0) {
		}
		if (n == 0) {
			printf("end\n");
		} else {
			say_failure("broken", errno, tls_reason(t));
		}
	}
	await_close(t);
	tls_close(t);
	close(fd);
	printf("free %ld\n", free_memory());
}

static int do_serve(char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(argv[0])) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char reason[TLS_REASON_SIZE];
	struct tls_context *c;
	struct job j;

	take_words(&j, argv + 1);
	c = tls_server_context(&j.o, reason);
	if (c == NULL) {
		say_failure("no context", errno, reason);
		return 1;
	}
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 10) != 0) {
		return 1;
	}
	printf("listening\n");
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0) {
			serve_one(c, client, &j);
		}
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 3 && strcmp(argv[1], "connect") == 0) {
		return do_connect(argv + 2);
	}
	return argc > 2 && strcmp(argv[1], "serve") == 0 ? do_serve(argv + 2) : 2;
}
