/* SPDX-License-Identifier: MIT */
/* Certificates and keys: from files, from text, and made by ourselves. */
#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <kernel/log.h>
#include <mbedtls/base64.h>
#include <mbedtls/ecp.h>
#include <mbedtls/platform_util.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA	 "data:"
#define MAX_FILE (1U << 20) /* the largest bundle of CAs is a quarter of that */
#define DER_ROOM 1024U

/* Bytes with a 0 behind them, which PEM wants counted in. */
struct blob {
	unsigned char *p;
	size_t n;
};

static void blob_free(struct blob *b)
{
	if (b->p != NULL) {
		mbedtls_platform_zeroize(b->p, b->n);
		free(b->p);
	}
}

static int read_all(int fd, struct blob *b)
{
	struct stat st;
	size_t at = 0;
	ssize_t n = 1;

	if (fstat(fd, &st) != 0) {
		return -1;
	}
	if (st.st_size > MAX_FILE) {
		errno = EFBIG;
		return -1;
	}
	b->n = (size_t)st.st_size;
	b->p = calloc(1, b->n + 1);
	while (b->p != NULL && at < b->n && n > 0) {
		n = read(fd, b->p + at, b->n - at);
		at += n > 0 ? (size_t)n : 0;
	}
	b->n = at;
	return b->p == NULL || n < 0 ? -1 : 0;
}

static int blob_read(struct blob *b, const char *path, char *reason)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status = -1;

	*b = (struct blob){ NULL, 0 };
	if (fd >= 0) {
		status = read_all(fd, b);
		close(fd);
	}
	if (status != 0) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "cannot read %s: %s", path, strerror(errno));
	}
	return status;
}

static int blob_decode(struct blob *b, const char *text, char *reason)
{
	size_t len = strlen(text);

	b->n = 0;
	b->p = calloc(1, len + 1);
	if (b->p == NULL ||
	    mbedtls_base64_decode(b->p, len, &b->n, (const unsigned char *)text, len) != 0) {
		fmt_snprintf(reason, TLS_REASON_SIZE, "what follows \"data:\" is not base64");
		errno = EINVAL;
		return -1;
	}
	return 0; /* NOLINT(clang-analyzer-unix.Malloc): blob_free() has it */
}

static int blob_load(struct blob *b, const char *from, char *reason)
{
	size_t skip = strlen(DATA);

	return strncmp(from, DATA, skip) == 0 ? blob_decode(b, from + skip, reason)
					      : blob_read(b, from, reason);
}

/* How many bytes to tell Mbed TLS: the 0 at the end as well if it is PEM. */
static size_t blob_len(const struct blob *b)
{
	return b->n + (strstr((const char *)b->p, "-----BEGIN ") != NULL ? 1 : 0);
}

/* For messages: base64 would fill them. */
static const char *name_of(const char *from)
{
	return strncmp(from, DATA, strlen(DATA)) == 0 ? "data:..." : from;
}

static int no_good(const char *from, const char *what, int error, char *reason)
{
	char why[80];

	tls_describe(error, why, sizeof(why));
	fmt_snprintf(reason, TLS_REASON_SIZE, "%s: %s: %s", name_of(from), what, why);
	errno = EINVAL;
	return -1;
}

int tls_load_certs(mbedtls_x509_crt *to, const char *from, char *reason)
{
	struct blob b;
	int r = blob_load(&b, from, reason);

	if (r == 0) {
		/* A positive result counts those of a bundle that are of kinds unknown here. */
		r = mbedtls_x509_crt_parse(to, b.p, blob_len(&b));
		if (r < 0 || to->version == 0) {
			r = no_good(from, "no certificate in it can be used", r, reason);
		} else {
			r = 0;
		}
	}
	blob_free(&b);
	return r;
}

int tls_load_key(mbedtls_pk_context *to, const char *from, char *reason)
{
	struct blob b;
	int r = blob_load(&b, from, reason);

	if (r == 0) {
		r = mbedtls_pk_parse_key(to, b.p, blob_len(&b), NULL, 0, tls_random, NULL);
		if (r != 0) {
			r = no_good(from, "no key in it can be used", r, reason);
		}
	}
	blob_free(&b);
	return r;
}

static int make_key(mbedtls_pk_context *key)
{
	int r = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));

	return r != 0 ? r
		      : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key),
					    tls_random, NULL);
}

/* The dates are wide: the clock may not be set yet. */
static int fill_in(mbedtls_x509write_cert *w, mbedtls_pk_context *key, const char *name)
{
	mbedtls_x509_san_list san = {
		.node = { .type = MBEDTLS_X509_SAN_DNS_NAME,
			  .san.unstructured_name = { .len = strlen(name),
						     .p = (unsigned char *)(uintptr_t)name } },
	};
	unsigned char serial[16];
	char subject[80];
	int r;

	arc4random_buf(serial, sizeof(serial));
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 1); /* positive, of this length */
	fmt_snprintf(subject, sizeof(subject), "CN=%s", name);
	mbedtls_x509write_crt_set_version(w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(w, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(w, key);
	mbedtls_x509write_crt_set_issuer_key(w, key);
	r = mbedtls_x509write_crt_set_subject_name(w, subject);
	if (r == 0) {
		r = mbedtls_x509write_crt_set_issuer_name(w, subject);
	}
	if (r == 0) {
		r = mbedtls_x509write_crt_set_serial_raw(w, serial, sizeof(serial));
	}
	if (r == 0) {
		r = mbedtls_x509write_crt_set_validity(w, "20200101000000", "20491231235959");
	}
	if (r == 0) {
		r = mbedtls_x509write_crt_set_basic_constraints(w, 0, -1);
	}
	if (r == 0) {
		r = mbedtls_x509write_crt_set_subject_alternative_name(w, &san);
	}
	return r;
}

int tls_make_cert(mbedtls_x509_crt *cert, mbedtls_pk_context *key, const char *name, char *reason)
{
	unsigned char der[DER_ROOM]; /* written from its end */
	mbedtls_x509write_cert w;
	int r;

	mbedtls_x509write_crt_init(&w);
	r = make_key(key);
	if (r == 0) {
		r = fill_in(&w, key, name);
	}
	if (r == 0) {
		r = mbedtls_x509write_crt_der(&w, der, sizeof(der), tls_random, NULL);
	}
	if (r > 0) {
		r = mbedtls_x509_crt_parse(cert, der + sizeof(der) - r, (size_t)r);
	}
	mbedtls_x509write_crt_free(&w);
	return r == 0 ? 0 : no_good(name, "no certificate could be made", r, reason);
}
