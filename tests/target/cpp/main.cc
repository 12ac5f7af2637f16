// SPDX-License-Identifier: MIT
// Runs the parts.
#include "cpp_test.h"

#include "../tap.h"

int main()
{
	test_runtime();
	test_exceptions();
	test_rtti();
	test_threads();
	test_thread_local();
	test_library();
	test_text();
	test_files();
	return tap_done();
}
