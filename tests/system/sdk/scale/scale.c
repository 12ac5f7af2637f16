/* SPDX-License-Identifier: MIT */
/* The library scale. */
#include "scale.h"

int scale(int n)
{
	return 3 * n;
}
