/* SPDX-License-Identifier: MIT */
/* What the server answers. */
#include "answer.h"

void answer(char *text, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		char c = text[i];

		text[i] = text[n - 1 - i];
		text[n - 1 - i] = c;
	}
}
