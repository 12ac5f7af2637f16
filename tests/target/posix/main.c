/* SPDX-License-Identifier: MIT */
/* POSIX's smaller functions, a file of tests for each kind. */
#include "posix_test.h"

int main(void)
{
	test_system();
	test_files();
	test_text();
	test_output();
	test_messages();
	test_small();
	return tap_done();
}
