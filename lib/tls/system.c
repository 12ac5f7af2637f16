/* SPDX-License-Identifier: MIT */
/* What Mbed TLS wants of the system: random numbers. */
#include "tls.h"

#include <errno.h>
#include <psa/crypto.h>
#include <sys/random.h>
#include <unistd.h>

#define WAIT_STEP_US 10000U
#define WAIT_STEPS   100U

int tls_random(void *unused, unsigned char *out, size_t n)
{
	(void)unused;
	arc4random_buf(out, n);
	return 0;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
					     uint8_t *out, size_t n, size_t *len)
{
	(void)context;
	arc4random_buf(out, n);
	*len = n;
	return PSA_SUCCESS;
}

int tls_wait_entropy(void)
{
	unsigned char byte;

	for (unsigned i = 0; i < WAIT_STEPS; i++) {
		if (getrandom(&byte, 1, GRND_NONBLOCK) == 1) {
			return 0;
		}
		usleep(WAIT_STEP_US); /* virtio-rng's answer comes by an interrupt */
	}
	return -1;
}
