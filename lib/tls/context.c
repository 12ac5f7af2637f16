/* SPDX-License-Identifier: MIT */
/* Contexts: how connections are to be made, and the sessions that they may resume. */
#include "tls.h"

#include <errno.h>
#include <kernel/log.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>

#define TICKET_SECONDS 86400U

/* A client of ours gets along with either; a server is told which by its client. */
static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

/* Where there are no instructions for AES it takes seven times as many of others as ChaCha20, and which of
 * its tables are in the cache tells about the key. */
static const int suites[2][10] = {
	{
		MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
		MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	},
	{
		MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
		MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
		MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	},
};

static int copy_alpn(struct tls_context *c, const char *const *names)
{
	size_t count = 0, bytes = 0;
	char *text;

	for (; names[count] != NULL; count++) {
		bytes += strlen(names[count]) + 1;
	}
	c->alpn = malloc((count + 1) * sizeof(*names) + bytes);
	if (c->alpn == NULL) {
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	}
	text = (char *)(c->alpn + count + 1);
	for (size_t i = 0; i < count; i++) {
		c->alpn[i] = strcpy(text, names[i]);
		text += strlen(text) + 1;
	}
	c->alpn[count] = NULL;
	return mbedtls_ssl_conf_alpn_protocols(&c->conf, c->alpn);
}

/* The certificate that we show, if we have one. */
static int load_own(struct tls_context *c, const struct tls_options *o, char *reason)
{
	if (o->cert == NULL && o->self_signed != NULL) {
		return tls_make_cert(&c->cert, &c->key, o->self_signed, reason);
	}
	if (o->cert == NULL && c->client) {
		return 0;
	}
	if (o->cert == NULL || o->key == NULL) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "a %s is missing",
			     o->cert == NULL ? "certificate" : "key");
		errno = EINVAL;
		return -1;
	}
	if (tls_load_certs(&c->cert, o->cert, reason) != 0 ||
	    tls_load_key(&c->key, o->key, reason) != 0) {
		return -1;
	}
	if (mbedtls_pk_check_pair(&c->cert.pk, &c->key, tls_random, NULL) != 0) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "the key does not belong to the certificate");
		errno = EINVAL;
		return -1;
	}
	return 0;
}

static int load_ca(struct tls_context *c, const struct tls_options *o, char *reason)
{
	bool wanted = c->client ? !o->insecure : o->ask_client;

	mbedtls_ssl_conf_authmode(&c->conf,
				  wanted ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
	if (!wanted) {
		return 0;
	}
	if (o->ca == NULL) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "nobody to trust: no CA was given");
		errno = EINVAL;
		return -1;
	}
	return tls_load_certs(&c->ca, o->ca, reason);
}

static int set_tickets(struct tls_context *c)
{
	int r;

	if (c->client) {
		mbedtls_ssl_conf_session_tickets(&c->conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
		mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
			&c->conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
		return 0;
	}
	r = mbedtls_ssl_ticket_setup(&c->ticket, tls_random, NULL, MBEDTLS_CIPHER_AES_256_GCM,
				     TICKET_SECONDS);
	mbedtls_ssl_conf_session_tickets_cb(&c->conf, mbedtls_ssl_ticket_write,
					    mbedtls_ssl_ticket_parse, &c->ticket);
	return r;
}

/* What Mbed TLS is told; an error of its own. */
static int configure(struct tls_context *c, const struct tls_options *o)
{
	int r = mbedtls_ssl_config_defaults(
		&c->conf, c->client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

	if (r != 0) {
		return r;
	}
	mbedtls_ssl_conf_rng(&c->conf, tls_random, NULL);
	mbedtls_ssl_conf_groups(&c->conf, groups);
	mbedtls_ssl_conf_ciphersuites(&c->conf, suites[mbedtls_aes_is_fast() != 0]);
	if (o->tls12_only) {
		mbedtls_ssl_conf_max_tls_version(&c->conf, MBEDTLS_SSL_VERSION_TLS1_2);
	}
	if (o->tls13_only) {
		mbedtls_ssl_conf_min_tls_version(&c->conf, MBEDTLS_SSL_VERSION_TLS1_3);
	}
	r = o->alpn != NULL ? copy_alpn(c, o->alpn) : 0;
	return r != 0 ? r : set_tickets(c);
}

static int set_up(struct tls_context *c, const struct tls_options *o, char *reason)
{
	int r;

	if (tls_wait_entropy() != 0) {
		fmt_snprintf(reason, TLS_REASON_SIZE,
			     "no entropy: the machine has no rng-seed, virtio-rng, RNDR or Zkr");
		errno = EAGAIN;
		return -1;
	}
	r = psa_crypto_init() != PSA_SUCCESS ? MBEDTLS_ERR_SSL_ALLOC_FAILED : configure(c, o);
	if (r != 0) {
		tls_describe(r, reason, TLS_REASON_SIZE);
		errno = r == MBEDTLS_ERR_SSL_ALLOC_FAILED ? ENOMEM : EINVAL;
		return -1;
	}
	if (load_ca(c, o, reason) != 0 || load_own(c, o, reason) != 0) {
		return -1;
	}
	mbedtls_ssl_conf_ca_chain(&c->conf, c->ca.version != 0 ? &c->ca : NULL, NULL);
	if (c->cert.version != 0 && mbedtls_ssl_conf_own_cert(&c->conf, &c->cert, &c->key) != 0) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

static struct tls_context *context_new(const struct tls_options *o, bool client, char *reason)
{
	struct tls_context *c = calloc(1, sizeof(*c));
	char ignored[TLS_REASON_SIZE];
	int err;

	reason = reason != NULL ? reason : ignored;
	fmt_snprintf(reason, TLS_REASON_SIZE, "out of memory");
	if (c == NULL) {
		return NULL;
	}
	c->refs = 1;
	c->client = client;
	c->insecure = client && o->insecure;
	c->secure = tls_as_secure;
	mbedtls_ssl_config_init(&c->conf);
	mbedtls_x509_crt_init(&c->ca);
	mbedtls_x509_crt_init(&c->cert);
	mbedtls_pk_init(&c->key);
	mbedtls_ssl_ticket_init(&c->ticket);
	pthread_mutex_init(&c->lock, NULL);
	if (set_up(c, o, reason) == 0) {
		*reason = '\0';
		return c;
	}
	err = errno;
	tls_context_free(c);
	errno = err;
	return NULL;
}

struct tls_context *tls_client_context(const struct tls_options *o, char *reason)
{
	return context_new(o, true, reason);
}

struct tls_context *tls_server_context(const struct tls_options *o, char *reason)
{
	return context_new(o, false, reason);
}

static void forget(struct tls_saved *s)
{
	if (s->host != NULL) {
		mbedtls_ssl_session_free(&s->session);
		free(s->host);
		s->host = NULL;
	}
}

void tls_context_free(struct tls_context *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) > 1) {
		return;
	}
	for (unsigned i = 0; i < TLS_SESSIONS; i++) {
		forget(&c->saved[i]);
	}
	mbedtls_ssl_config_free(&c->conf);
	mbedtls_ssl_ticket_free(&c->ticket);
	mbedtls_x509_crt_free(&c->ca);
	mbedtls_x509_crt_free(&c->cert);
	mbedtls_pk_free(&c->key);
	pthread_mutex_destroy(&c->lock);
	free(c->alpn);
	free(c);
}

static struct tls_saved *find(struct tls_context *c, const char *host)
{
	for (unsigned i = 0; i < TLS_SESSIONS; i++) {
		if (c->saved[i].host != NULL && strcmp(c->saved[i].host, host) == 0) {
			return &c->saved[i];
		}
	}
	return NULL;
}

void tls_remember(struct tls *t)
{
	struct tls_context *c = t->context;
	mbedtls_ssl_session session;
	struct tls_saved *s;
	char *host;

	mbedtls_ssl_session_init(&session);
	/* TLS 1.2 gives it once, 1.3 with each ticket: a refusal is no news. */
	if (t->host == NULL || mbedtls_ssl_get_session(&t->ssl, &session) != 0) {
		mbedtls_ssl_session_free(&session);
		return;
	}
	host = strdup(t->host);
	if (host == NULL) {
		mbedtls_ssl_session_free(&session);
		return;
	}
	pthread_mutex_lock(&c->lock);
	s = find(c, host);
	if (s == NULL) {
		s = &c->saved[c->turn++ % TLS_SESSIONS];
	}
	forget(s);
	*s = (struct tls_saved){ .host = host, .session = session };
	pthread_mutex_unlock(&c->lock);
}

void tls_recall(struct tls *t)
{
	struct tls_context *c = t->context;
	struct tls_saved *s;

	pthread_mutex_lock(&c->lock);
	s = find(c, t->host);
	if (s != NULL) {
		mbedtls_ssl_set_session(&t->ssl, &s->session); /* copied; a refusal: a new one */
	}
	pthread_mutex_unlock(&c->lock);
}
