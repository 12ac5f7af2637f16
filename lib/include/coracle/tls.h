/* SPDX-License-Identifier: MIT */
/* TLS 1.2 and 1.3 over a stream socket, as client and as server. `needs := net tls` in app.mk.
 * Calls return as those on sockets do: -1 and errno, EAGAIN where a socket that does not block would
 * wait. EPROTO is a failure of TLS itself; tls_reason() then says in one line what was wrong.
 * A context may be used by all threads at once, a connection by one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_REASON_SIZE 192 /* bytes of a reason, its end included */

/* How a context is made. Certificates and keys are paths of files, PEM or DER, or "data:" and the
 * DER in base64, which fits into a boot argument. Nothing of it needs to outlive the call. */
struct tls_options {
	const char *ca;	  /* whom to trust; several in one PEM file */
	const char *cert; /* our own chain, our own certificate first */
	const char *key;  /* and its key, not encrypted */
	/* Protocols by preference, with NULL behind the last (ALPN); or NULL. Copied. */
	const char *const *alpn;
	bool tls12_only, tls13_only;
	/* Client: take any certificate whatever. Server: ask clients for one of `ca`, and insist. */
	bool insecure, ask_client;
	/* Server: without `cert` make a key and a certificate for itself now, with this name in it. */
	const char *self_signed;
};

struct secure;
struct tls_context; /* what connections share: certificates, the sessions to be resumed */
struct tls;	    /* a connection */

/* Make a context. NULL and errno if that fails, with the reason in @reason[TLS_REASON_SIZE], if
 * given. EAGAIN: the machine has no entropy, keys could be guessed.
 * Context: thread, may block on files and for entropy, a second at most. */
struct tls_context *tls_client_context(const struct tls_options *o, char *reason);
struct tls_context *tls_server_context(const struct tls_options *o, char *reason);
/* Connections keep it alive: it goes with the last of them. NULL is allowed. */
void tls_context_free(struct tls_context *c);

/* A connection over @fd, a connected stream socket (or one that is connecting), which stays the
 * caller's. @host: client: the name or address that the certificate must be for; server: NULL.
 * Nothing is sent yet. NULL and ENOMEM if there is no memory (some 36 KiB each). */
struct tls *tls_new(struct tls_context *c, int fd, const char *host);
/* Free it without a word to the other side; its socket is closed by whoever opened it. */
void tls_free(struct tls *t);

/* Greet and agree; again and again until 0. tls_read() and tls_write() do it by themselves. */
int tls_handshake(struct tls *t);
/* As recv(): 0 is the end, as the other side has declared it. If it has just gone, ECONNRESET.
 * More may be at hand than the socket tells: read until EAGAIN, or look at tls_pending(). */
ssize_t tls_read(struct tls *t, void *buf, size_t n);
/* As send(), at most one record (8 KiB). After EAGAIN the next call must bring the same bytes, which
 * may lie elsewhere by then. */
ssize_t tls_write(struct tls *t, const void *buf, size_t n);
/* Bytes that tls_read() has without the socket. */
size_t tls_pending(const struct tls *t);
/* After EAGAIN: EPOLLIN or EPOLLOUT (POLLIN, POLLOUT), whatever call it was. */
uint32_t tls_events(const struct tls *t);
/* Declare the end; then close the socket, or read until 0. */
int tls_shutdown(struct tls *t);

/* Resolve @host, connect, shake hands; nothing blocks for more than @timeout_ms, nor does any call
 * later (EAGAIN then). The socket is the connection's own. NULL, errno, @reason as above. */
struct tls *tls_connect(struct tls_context *c, const char *host, uint16_t port, unsigned timeout_ms,
			char *reason);
/* tls_shutdown(), close the socket, tls_free(). NULL is allowed. */
void tls_close(struct tls *t);

/* @c for the clients of HTTP, MQTT and syslog (secure.h). Lives as long as @c. */
const struct secure *tls_secure(struct tls_context *c);

int tls_fd(const struct tls *t);
/* In one line, what made the last call fail; "" if none did. Lives as long as @t. */
const char *tls_reason(const struct tls *t);
/* After the handshake: "TLSv1.3"; the cipher suite; the protocol of ALPN, or "". */
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);
const char *tls_alpn(const struct tls *t);
/* Was an earlier session resumed, without certificates? */
bool tls_resumed(const struct tls *t);
