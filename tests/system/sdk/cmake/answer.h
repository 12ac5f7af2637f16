/* SPDX-License-Identifier: MIT */
/* What the server answers. */
#pragma once

#include <stddef.h>

/* Turn the @n bytes at @text round. */
void answer(char *text, size_t n);
