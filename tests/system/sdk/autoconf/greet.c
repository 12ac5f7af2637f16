/* SPDX-License-Identifier: MIT */
/* The library of this project. */
#include "greet.h"

const char *greet_word(void)
{
	return "Hello";
}
