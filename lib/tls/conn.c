/* SPDX-License-Identifier: MIT */
/* Connections: Mbed TLS over a socket, with the results that sockets have. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "tls.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)MBEDTLS_SSL_OUT_CONTENT_LEN)
#define DRAIN_MAX  32768U

/* --- the socket ------------------------------------------------------------------------------ */

static int send_now(struct tls *t, const unsigned char *p, size_t n)
{
	ssize_t sent;

	do {
		sent = send(t->fd, p, n, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0) {
		return (int)sent;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	}
	t->error = errno;
	return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* Send what is held back. 0, or an error of Mbed TLS. */
static int flush(struct tls *t)
{
	while (t->held_at < t->held_len) {
		int n = send_now(t, t->held + t->held_at, t->held_len - t->held_at);

		if (n < 0) {
			return n;
		}
		t->held_at += (size_t)n;
	}
	t->held_at = t->held_len = 0;
	return 0;
}

/* Of a handshake's records only an alert has two bytes. An encrypted one says that it is data, and has its
 * kind and a tag behind them. */
static bool is_alert(const unsigned char *p, size_t n)
{
	return n == 5 + 2 || (n == 5 + 2 + 1 + 16 && p[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA);
}

static int bio_send(void *ctx, const unsigned char *p, size_t n)
{
	struct tls *t = ctx;

	if (t->held == NULL) {
		return send_now(t, p, n);
	}
	t->alerted |= is_alert(p, n);
	if (n > TLS_HELD - t->held_len) {
		int r = flush(t);

		if (r != 0) {
			return r;
		}
	}
	n = n < TLS_HELD - t->held_len ? n : TLS_HELD - t->held_len;
	memcpy(t->held + t->held_len, p, n);
	t->held_len += n;
	return (int)n;
}

static int bio_recv(void *ctx, unsigned char *p, size_t n)
{
	struct tls *t = ctx;
	int r = t->held_len > 0 ? flush(t) : 0;
	ssize_t got;

	if (r != 0) {
		return r;
	}
	do {
		got = recv(t->fd, p, n, 0);
	} while (got < 0 && errno == EINTR);
	if (got >= 0) {
		return (int)got;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		t->dry = true;
		return MBEDTLS_ERR_SSL_WANT_READ;
	}
	t->error = errno;
	return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* --- making one ------------------------------------------------------------------------------ */

static int set_up(struct tls *t, const char *host)
{
	struct tls_context *c = t->context;

	if (mbedtls_ssl_setup(&t->ssl, &c->conf) != 0) {
		return -1;
	}
	mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
	mbedtls_ssl_set_verify(&t->ssl, tls_verify, t);
	if (!c->client || host == NULL) {
		return c->client ? mbedtls_ssl_set_hostname(&t->ssl, NULL) : 0;
	}
	t->host = strdup(host);
	if (t->host == NULL || mbedtls_ssl_set_hostname(&t->ssl, host) != 0) {
		return -1;
	}
	tls_recall(t);
	return 0;
}

struct tls *tls_new(struct tls_context *c, int fd, const char *host)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		return NULL;
	}
	t->context = c;
	t->fd = fd;
	atomic_fetch_add(&c->refs, 1);
	mbedtls_ssl_init(&t->ssl);
	t->held = malloc(TLS_HELD);
	if (t->held == NULL || set_up(t, host) != 0) {
		tls_free(t);
		errno = ENOMEM;
		return NULL;
	}
	return t;
}

void tls_free(struct tls *t)
{
	if (t == NULL) {
		return;
	}
	mbedtls_ssl_free(&t->ssl);
	tls_context_free(t->context);
	free(t->host);
	free(t->held);
	free(t);
}

/* --- using it -------------------------------------------------------------------------------- */

/* Mbed TLS tells the other side of most of what it refuses, but not of all. */
static void say_why(struct tls *t, int r)
{
	unsigned char alert = MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;

	if (t->error != 0 || t->alerted || r == MBEDTLS_ERR_SSL_CONN_EOF ||
	    r == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE || r == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		return;
	}
	if (r == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION) {
		alert = MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
	} else if (r == MBEDTLS_ERR_SSL_DECODE_ERROR || r == MBEDTLS_ERR_SSL_INVALID_RECORD) {
		alert = MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
	} else if (r == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER) {
		alert = MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
	} else if (r == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE) {
		alert = MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
	} else if (-r >= 0x2080 && -r <= 0x2fff) { /* X.509 and what lies below */
		alert = MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
	}
	mbedtls_ssl_send_alert_message(&t->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
}

/* To close a socket with unread data resets the connection, and the alert may be lost with it. */
static void drain(struct tls *t)
{
	char buf[512];
	unsigned rounds = DRAIN_MAX / sizeof(buf);

	while (rounds-- > 0 && recv(t->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
	}
}

/* -1 and errno for @r, an error of Mbed TLS. */
static int result(struct tls *t, int r)
{
	if (r == MBEDTLS_ERR_SSL_WANT_READ || r == MBEDTLS_ERR_SSL_WANT_WRITE) {
		t->events = r == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT;
		errno = EAGAIN;
		return -1;
	}
	if (!t->established) {
		say_why(t, r);
		flush(t);
		drain(t);
	}
	return tls_fail(t, r);
}

/* Only a session that is resumed goes without certificates. */
static int handshake_steps(struct tls *t)
{
	int r = 0;

	while (r == 0 && !mbedtls_ssl_is_handshake_over(&t->ssl)) {
		t->certificates |= t->ssl.state == MBEDTLS_SSL_SERVER_CERTIFICATE;
		r = mbedtls_ssl_handshake_step(&t->ssl);
	}
	return r == 0 ? flush(t) : r;
}

int tls_handshake(struct tls *t)
{
	int r;

	if (t->established) {
		return 0;
	}
	r = handshake_steps(t);
	if (r != 0) {
		return result(t, r);
	}
	free(t->held);
	t->held = NULL;
	t->established = true;
	if (t->context->client && !t->context->insecure) {
		tls_remember(t);
	}
	return 0;
}

ssize_t tls_read(struct tls *t, void *buf, size_t n)
{
	int r;

	if (tls_handshake(t) != 0) {
		return -1;
	}
	if (t->ended || n == 0) {
		return 0;
	}
	/* A ticket is first found, which is no wait for the socket, and then read. */
	do {
		t->dry = false;
		r = mbedtls_ssl_read(&t->ssl, buf, n);
		if (r == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET && !t->context->insecure) {
			tls_remember(t);
		}
	} while (r == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
		 (r == MBEDTLS_ERR_SSL_WANT_READ && !t->dry));
	if (r == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		t->ended = true;
		return 0;
	}
	return r > 0 ? r : result(t, r == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : r);
}

ssize_t tls_write(struct tls *t, const void *buf, size_t n)
{
	int r;

	if (tls_handshake(t) != 0) {
		return -1;
	}
	if (n == 0) {
		return 0;
	}
	if (n < t->stuck) {
		errno = EINVAL; /* Mbed TLS would take less for sent than is in the record */
		return -1;
	}
	r = mbedtls_ssl_write(&t->ssl, buf, t->stuck > 0 ? t->stuck : n);
	t->stuck = 0;
	if (r == MBEDTLS_ERR_SSL_WANT_WRITE) {
		t->stuck = n < RECORD_MAX ? n : RECORD_MAX;
	}
	return r >= 0 ? r : result(t, r);
}

int tls_shutdown(struct tls *t)
{
	int r;

	if (!t->established) {
		return 0; /* there is nothing yet that could be cut off */
	}
	r = mbedtls_ssl_close_notify(&t->ssl);
	return r == 0 ? 0 : result(t, r);
}

size_t tls_pending(const struct tls *t)
{
	return mbedtls_ssl_get_bytes_avail(&t->ssl);
}

uint32_t tls_events(const struct tls *t)
{
	return t->events;
}

int tls_fd(const struct tls *t)
{
	return t->fd;
}

const char *tls_reason(const struct tls *t)
{
	return t->reason;
}

const char *tls_version(const struct tls *t)
{
	return mbedtls_ssl_get_version(&t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
	const char *name = mbedtls_ssl_get_ciphersuite(&t->ssl);

	return name != NULL ? name : "";
}

const char *tls_alpn(const struct tls *t)
{
	const char *name = mbedtls_ssl_get_alpn_protocol(&t->ssl);

	return name != NULL ? name : "";
}

bool tls_resumed(const struct tls *t)
{
	return t->established && !t->certificates;
}
