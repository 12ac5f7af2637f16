// SPDX-License-Identifier: MIT
// The other file: throws what exceptions.cc catches, and names the same inline objects.
#include "cpp_test.h"

void throw_shared(int code)
{
	throw shared_error(code);
}

int *other_inline_variable()
{
	return &inline_variable;
}

int *other_inline_static()
{
	return &inline_static();
}
