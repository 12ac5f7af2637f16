/* SPDX-License-Identifier: MIT */
/* Why it failed, in one line that tells what to do about it. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "tls.h"

#include <errno.h>
#include <kernel/log.h>
#include <mbedtls/oid.h>
#include <string.h>
#include <time.h>

#define NAME_ROOM 64U
#define PLAUSIBLE 1577836800 /* 1 January 2020: a clock before that was never set */
#define USAGE	  (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)
#define WEAK \
	(MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)

struct text_of {
	int code;
	const char *text;
};

/* RFC 8446, 6; RFC 5246, 7.2. */
static const struct text_of alerts[] = {
	{ 10, "unexpected message" },
	{ 20, "bad record MAC" },
	{ 40, "handshake failure: nothing that both support" },
	{ 42, "bad certificate" },
	{ 43, "unsupported certificate" },
	{ 44, "certificate revoked" },
	{ 45, "certificate expired" },
	{ 46, "certificate unknown" },
	{ 47, "illegal parameter" },
	{ 48, "unknown CA" },
	{ 49, "access denied" },
	{ 50, "decode error" },
	{ 51, "decrypt error" },
	{ 70, "protocol version" },
	{ 71, "insufficient security" },
	{ 80, "internal error" },
	{ 86, "inappropriate fallback" },
	{ 109, "missing extension" },
	{ 112, "unrecognised name" },
	{ 116, "certificate required" },
	{ 120, "no application protocol in common" },
};

static const struct text_of errors[] = {
	{ MBEDTLS_ERR_SSL_ALLOC_FAILED, "out of memory" },
	{ MBEDTLS_ERR_X509_ALLOC_FAILED, "out of memory" },
	{ MBEDTLS_ERR_PK_ALLOC_FAILED, "out of memory" },
	{ MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "a message of a length that cannot be" },
	{ MBEDTLS_ERR_SSL_CONN_EOF, "the other side closed the connection without saying so" },
	{ MBEDTLS_ERR_SSL_INVALID_RECORD, "the other side does not speak TLS" },
	{ MBEDTLS_ERR_SSL_UNEXPECTED_RECORD, "a record of the wrong kind" },
	{ MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "a message at the wrong time" },
	{ MBEDTLS_ERR_SSL_INVALID_MAC, "a record was damaged or forged" },
	{ MBEDTLS_ERR_SSL_DECODE_ERROR, "a message cannot be understood" },
	{ MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, "a message says what is not allowed" },
	{ MBEDTLS_ERR_SSL_BAD_CERTIFICATE, "a certificate cannot be read" },
	{ MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, "the client showed no certificate" },
	{ MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, "no version of TLS that both speak" },
	{ MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, "nothing that both support" },
	{ MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, "no application protocol in common" },
	{ MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED, "no certificate that the client can use" },
	{ MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, "the other side closed the connection" },
	{ MBEDTLS_ERR_X509_INVALID_FORMAT, "it is not a certificate" },
	{ MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG,
	  "a certificate is signed in a way that is not taken (SHA-1?)" },
	{ MBEDTLS_ERR_PK_KEY_INVALID_FORMAT, "it is not a key" },
	{ MBEDTLS_ERR_PK_PASSWORD_REQUIRED, "it is encrypted" },
};

static const char *look_up(const struct text_of *t, size_t n, int code)
{
	for (size_t i = 0; i < n; i++) {
		if (t[i].code == code) {
			return t[i].text;
		}
	}
	return NULL;
}

void tls_describe(int error, char *buf, size_t size)
{
	const char *text = look_up(errors, sizeof(errors) / sizeof(errors[0]), error);

	/* Its errors are a sum of a module's, in the upper bits, and one of what that called. */
	if (text == NULL) {
		text = look_up(errors, sizeof(errors) / sizeof(errors[0]), -(-error & 0x7f80));
	}
	if (text != NULL) {
		fmt_snprintf(buf, size, "%s", text);
	} else {
		fmt_snprintf(buf, size, "error -0x%04x of Mbed TLS", (unsigned)-error);
	}
}

/* A client of TLS 1.3 may refuse before it encrypts what it sends, and Mbed TLS takes that for damage.
 * Nobody vouches for such an alert, but the connection has failed anyhow. Spec: RFC 8446, 6 and 5.1 */
static const unsigned char *plain_alert(const struct tls *t, int error)
{
	const unsigned char *head = t->ssl.in_hdr;

	return error == MBEDTLS_ERR_SSL_INVALID_MAC && !t->established && head != NULL &&
			       head[0] == MBEDTLS_SSL_MSG_ALERT && head[3] == 0 && head[4] == 2
		       ? head + 5
		       : NULL;
}

static void describe_alert(struct tls *t, int number)
{
	const char *text = look_up(alerts, sizeof(alerts) / sizeof(alerts[0]), number);

	fmt_snprintf(t->reason, sizeof(t->reason), "the other side refused: %s (alert %d)",
		     text != NULL ? text : "unknown alert", number);
}

/* --- certificates ---------------------------------------------------------------------------- */

static void copy_printable(char *to, size_t room, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < room - 1; i++) {
		to[i] = (char)(p[i] >= ' ' && p[i] <= '~' && p[i] != '"' ? p[i] : '?');
	}
	to[i] = '\0';
}

/* The first name that it is for, or else its common name. */
static void name_of(const mbedtls_x509_crt *cert, bool host, char *buf)
{
	const mbedtls_asn1_named_data *n = mbedtls_asn1_find_named_data(
		&cert->subject, MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN));
	const mbedtls_asn1_buf *san = &cert->subject_alt_names.buf;

	if (host && san->p != NULL &&
	    (san->tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_X509_SAN_DNS_NAME) {
		copy_printable(buf, NAME_ROOM, san->p, san->len);
	} else if (n != NULL) {
		copy_printable(buf, NAME_ROOM, n->val.p, n->val.len);
	} else {
		strcpy(buf, "without a name");
	}
}

/* A machine without a clock begins in 1970, where no certificate is valid yet: say which it is. */
static void describe_date(struct tls *t, const char *name, const char *what,
			  const mbedtls_x509_time *d)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	fmt_snprintf(t->reason, sizeof(t->reason),
		     "certificate refused: \"%s\" %s %04d-%02d-%02d; our clock %s %04d-%02d-%02d",
		     name, what, d->year, d->mon, d->day,
		     now < PLAUSIBLE ? "is not set, it says" : "says", tm.tm_year + 1900,
		     tm.tm_mon + 1, tm.tm_mday);
}

/* What a certificate itself is no good for, whoever signed it. */
static const struct text_of faults[] = {
	{ MBEDTLS_X509_BADCERT_BAD_MD, "is signed by a hash that is too weak" },
	{ MBEDTLS_X509_BADCERT_BAD_PK, "has a key of a kind that is not taken" },
	{ MBEDTLS_X509_BADCERT_BAD_KEY, "has a key that is too short, or of an odd curve" },
	{ MBEDTLS_X509_BADCERT_KEY_USAGE, "is not for signing handshakes" },
	{ MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "is not for this end of a connection" },
};

/* @name: NULL if there is but one that it can be. */
static void describe_fault(struct tls *t, const char *name, uint32_t flags)
{
	const char *what = "is not fit for this";

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if ((flags & (uint32_t)faults[i].code) != 0) {
			what = faults[i].text;
			break;
		}
	}
	if (name != NULL) {
		fmt_snprintf(t->reason, sizeof(t->reason), "certificate refused: \"%s\" %s (0x%x)",
			     name, what, (unsigned)flags);
	} else {
		fmt_snprintf(t->reason, sizeof(t->reason), "certificate refused: it %s (0x%x)",
			     what, (unsigned)flags);
	}
}

static bool is_self_signed(const mbedtls_x509_crt *cert)
{
	return cert->issuer_raw.len == cert->subject_raw.len &&
	       memcmp(cert->issuer_raw.p, cert->subject_raw.p, cert->issuer_raw.len) == 0;
}

int tls_verify(void *tls, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
	struct tls *t = tls;
	char name[NAME_ROOM], issuer[NAME_ROOM] = "?";
	const mbedtls_asn1_named_data *by;

	if (*flags == 0 || t->reason[0] != '\0') {
		return 0;
	}
	name_of(cert, (*flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0, name);
	by = mbedtls_asn1_find_named_data(&cert->issuer, MBEDTLS_OID_AT_CN,
					  MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN));
	if (by != NULL) {
		copy_printable(issuer, sizeof(issuer), by->val.p, by->val.len);
	}
	/* Weak ones are not looked up among those that are trusted: the fault comes first. */
	if ((*flags & WEAK) != 0) {
		describe_fault(t, name, *flags);
	} else if ((*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0 && depth == 0 &&
		   is_self_signed(cert)) {
		fmt_snprintf(t->reason, sizeof(t->reason),
			     "certificate refused: \"%s\" is self-signed, and not one of our CAs",
			     name);
	} else if ((*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
		fmt_snprintf(t->reason, sizeof(t->reason),
			     "certificate refused: unknown CA \"%s\", which signed \"%s\"", issuer,
			     name);
	} else if ((*flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
		describe_date(t, name, "expired on", &cert->valid_to);
	} else if ((*flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
		describe_date(t, name, "is not valid before", &cert->valid_from);
	} else if ((*flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
		fmt_snprintf(t->reason, sizeof(t->reason),
			     "certificate refused: wrong name: it is for \"%s\", not for \"%s\"",
			     name, t->host != NULL ? t->host : "");
	} else {
		describe_fault(t, name, *flags);
	}
	return 0;
}

/* --- in all ---------------------------------------------------------------------------------- */

/* What a certificate is for is looked at after tls_verify(). */
static uint32_t usage_faults(const struct tls *t)
{
	return t->ssl.session_negotiate != NULL ? t->ssl.session_negotiate->verify_result & USAGE
						: 0;
}

int tls_fail(struct tls *t, int error)
{
	if (t->error != 0) {
		fmt_snprintf(t->reason, sizeof(t->reason), "%s", strerror(t->error));
		errno = t->error;
		return -1;
	}
	if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		describe_alert(t, t->ssl.in_msg[1]);
	} else if (plain_alert(t, error) != NULL) {
		describe_alert(t, plain_alert(t, error)[1]);
	} else if (error == MBEDTLS_ERR_SSL_BAD_CERTIFICATE && usage_faults(t) != 0) {
		describe_fault(t, NULL, usage_faults(t));
	} else if (error != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || t->reason[0] == '\0') {
		tls_describe(error, t->reason, sizeof(t->reason));
	}
	errno = error == MBEDTLS_ERR_SSL_ALLOC_FAILED ? ENOMEM
		: error == MBEDTLS_ERR_SSL_CONN_EOF   ? ECONNRESET
						      : EPROTO;
	return -1;
}
