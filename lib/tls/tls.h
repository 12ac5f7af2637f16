/* SPDX-License-Identifier: MIT */
/* What the parts of lib/tls/ share. */
#pragma once

#include <coracle/secure.h>
#include <coracle/tls.h>

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>
#include <pthread.h>
#include <stdatomic.h>

#define TLS_SESSIONS 4U /* that a client's context remembers */
#define TLS_HELD     6144U

/* A session to be resumed with the server @host. */
struct tls_saved {
	char *host; /* NULL: none */
	mbedtls_ssl_session session;
};

struct tls_context {
	atomic_uint refs;
	bool client, insecure;
	struct secure secure; /* for tls_secure() */
	mbedtls_ssl_config conf;
	mbedtls_x509_crt ca, cert;
	mbedtls_pk_context key;
	mbedtls_ssl_ticket_context ticket;
	const char **alpn; /* one piece with its strings */
	pthread_mutex_t lock;
	unsigned turn; /* whose place the next session takes, guarded by lock */
	struct tls_saved saved[TLS_SESSIONS]; /* guarded by lock */
};

struct tls {
	mbedtls_ssl_context ssl;
	struct tls_context *context;
	int fd;
	bool own_fd;
	bool established;
	bool ended;	   /* the other side declared it */
	bool certificates; /* were shown */
	bool dry;	   /* the socket has nothing to read */
	bool alerted;	   /* the other side knows why the handshake failed */
	int error;	   /* errno of the socket, when that is what failed */
	uint32_t events;   /* what the last EAGAIN waits for */
	size_t stuck;	   /* bytes in the record that could not be sent whole */
	char *host;
	/* What the handshake sends at once, until it has to wait: one segment instead of six. */
	unsigned char *held;
	size_t held_at, held_len;
	char reason[TLS_REASON_SIZE];
};

/* Of Mbed TLS, by our patch 0006: has the processor instructions for AES? */
int mbedtls_aes_is_fast(void);

/* system.c */

/* The kernel's generator, as Mbed TLS calls one. */
int tls_random(void *unused, unsigned char *out, size_t n);
/* Wait until the generator is seeded, a second at most. Returns 0 or -1. */
int tls_wait_entropy(void);

/* certs.c: 0, or an error of Mbed TLS with @reason filled in, or 1 if nothing can be added to it. */

int tls_load_certs(mbedtls_x509_crt *to, const char *from, char *reason);
int tls_load_key(mbedtls_pk_context *to, const char *from, char *reason);
/* A key, and a certificate for @name that it signs itself. */
int tls_make_cert(mbedtls_x509_crt *cert, mbedtls_pk_context *key, const char *name, char *reason);

/* context.c: a client's sessions. */

void tls_remember(struct tls *t);
void tls_recall(struct tls *t);

/* connect.c */

/* The whole handshake of a socket that does not block in that time, however slowly its bytes come.
 * Returns 0, or -1 and errno. */
int tls_shake_hands(struct tls *t, int timeout_ms);

/* secure.c */

extern const struct secure tls_as_secure;

/* reason.c */

/* What went wrong in @t, by Mbed TLS's @error; sets errno. Returns -1. */
int tls_fail(struct tls *t, int error);
/* In words, in @buf; the number for what is rare. */
void tls_describe(int error, char *buf, size_t size);
/* Called for each certificate of a chain: keeps the reason if it is not good. */
int tls_verify(void *tls, mbedtls_x509_crt *cert, int depth, uint32_t *flags);
