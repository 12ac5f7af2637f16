/* SPDX-License-Identifier: MIT */
/* What interrupts a blocking call. */
#include "libc.h"

bool interrupted(void)
{
	return false;
}
