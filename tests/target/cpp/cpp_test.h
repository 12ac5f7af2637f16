/* SPDX-License-Identifier: MIT */
/* The parts of this test, each a file, and what crosses between them. */
#pragma once

#include <sys/cdefs.h>

__BEGIN_DECLS

/* C between two C++ functions: calls @fn(@arg) from several frames of its own; returns its result. */
int call_through_c(int (*fn)(void *), void *arg, int depth);

__END_DECLS

#ifdef __cplusplus

#include <stdexcept>
#include <string>

/* Thrown by thrown.cc, caught by exceptions.cc: the type's description is in both. */
struct shared_error : std::runtime_error {
	explicit shared_error(int c) : std::runtime_error("shared " + std::to_string(c)), code(c)
	{
	}
	int code;
};
[[noreturn]] void throw_shared(int code);

/* An inline variable and a static within an inline function: one object, whichever file asks. */
inline int inline_variable = 5;
inline int &inline_static()
{
	static int value = 7;

	return value;
}
int *other_inline_variable();
int *other_inline_static();

/* A class whose table of virtual functions is in rtti.cc. */
struct shape {
	virtual ~shape() = default;
	virtual int sides() const = 0;
};
struct square : shape {
	int sides() const override;
};

void test_runtime();
void test_exceptions();
void test_rtti();
void test_threads();
void test_thread_local();
void test_library();
void test_text();
void test_files();

#endif
