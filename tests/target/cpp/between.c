/* SPDX-License-Identifier: MIT */
/* C that an exception passes through. */
#include "cpp_test.h"

int call_through_c(int (*fn)(void *), void *arg, int depth)
{
	int r = depth == 0 ? fn(arg) : call_through_c(fn, arg, depth - 1);

	/* Not a tail call: each level keeps its frame. */
	return r + 1;
}
