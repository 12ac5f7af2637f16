/* SPDX-License-Identifier: MIT */
/* Fuzzes ip= of the bootargs. */
#include "../../net/ipparam.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ip_param p;
	char *text = malloc(n + 1);
	bool ok;

	if (text == NULL) {
		return -1;
	}
	memcpy(text, data, n);
	text[n] = '\0';
	memset(&p, 0xee, sizeof(p));
	ok = ip_param_parse(text, &p);
	if (memchr(p.hostname, '\0', sizeof(p.hostname)) == NULL ||
	    memchr(p.device, '\0', sizeof(p.device)) == NULL || (!ok && !p.dhcp) ||
	    (p.off && p.client != 0)) {
		abort();
	}
	free(text);
	return 0;
}
