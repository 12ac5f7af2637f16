// SPDX-License-Identifier: MIT
// Exceptions: of several types, nested, thrown again, through many frames, through C, out of constructors.
#include "cpp_test.h"

#include <exception>
#include <functional>
#include <system_error>
#include <vector>

#include "../tap.h"

namespace
{

int destroyed;

struct guard {
	~guard()
	{
		destroyed++;
	}
};

__attribute__((noinline)) int deep(int n)
{
	guard g;

	if (n == 0) {
		throw n;
	}
	return deep(n - 1) + 1;
}

template <typename T> bool comes_back(T value)
{
	try {
		throw value;
	} catch (const T &caught) {
		return caught == value;
	} catch (...) {
		return false;
	}
}

void test_types()
{
	ok(comes_back(42), "an int is caught as an int");
	ok(comes_back(1.5), "a double as a double");
	ok(comes_back(static_cast<const char *>("text")), "a pointer as a pointer");
	ok(comes_back(std::string("text")), "a string as a string");
	ok(comes_back(std::vector<int>{ 1, 2, 3 }), "a vector as a vector");
	try {
		throw_shared(9);
	} catch (const std::runtime_error &e) {
		ok(std::string(e.what()) == "shared 9",
		   "another file's class is caught by its base");
	}
	try {
		throw std::system_error(ENOENT, std::generic_category(), "open");
	} catch (const std::system_error &e) {
		is(e.code().value(), ENOENT, "system_error carries its code");
	}
	try {
		std::vector<int>().at(3);
		ok(false, "vector::at throws");
	} catch (const std::out_of_range &) {
		ok(true, "the library's own exceptions are caught");
	}
}

void test_unwinding()
{
	destroyed = 0;
	try {
		deep(200);
	} catch (int n) {
		is(destroyed, 201, "every frame's object is destroyed on the way");
	}
	struct part {
		explicit part(bool bad)
		{
			if (bad) {
				throw std::logic_error("part");
			}
		}
		guard g;
	};
	destroyed = 0;
	try {
		part parts[] = { part(false), part(false), part(true) };
		(void)parts;
	} catch (const std::logic_error &) {
		is(destroyed, 3, "an object that fails to construct leaves nothing behind");
	}
}

void test_again()
{
	int seen = 0;

	try {
		try {
			throw shared_error(1);
		} catch (...) {
			seen++;
			throw;
		}
	} catch (const shared_error &e) {
		seen += e.code;
	}
	is(seen, 2, "throw; passes the same exception on");
	try {
		try {
			throw std::runtime_error("inner");
		} catch (...) {
			std::throw_with_nested(std::logic_error("outer"));
		}
	} catch (const std::logic_error &outer) {
		try {
			std::rethrow_if_nested(outer);
			ok(false, "the inner exception is nested");
		} catch (const std::runtime_error &inner) {
			ok(std::string(outer.what()) + inner.what() == "outerinner",
			   "throw_with_nested keeps the inner exception");
		}
	}
	std::exception_ptr kept;
	try {
		throw 77;
	} catch (...) {
		kept = std::current_exception();
	}
	try {
		std::rethrow_exception(kept);
	} catch (int n) {
		is(n, 77, "an exception_ptr outlives its handler");
	}
	is(std::uncaught_exceptions(), 0, "nothing is left in flight");
}

void test_through_c()
{
	bool caught = false;

	try {
		call_through_c([](void *) -> int { throw_shared(3); }, nullptr, 10);
	} catch (const shared_error &e) {
		caught = e.code == 3;
	}
	ok(caught, "an exception passes through the app's C");
	is(call_through_c([](void *arg) { return *static_cast<int *>(arg); }, &destroyed, 0),
	   destroyed + 1, "and C calls C++ back");
}

void test_many()
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 2000; i++) {
		try {
			deep(static_cast<int>(i % 7));
		} catch (...) {
			sum++;
		}
	}
	is(sum, 2000, "exceptions one after the other");
	std::function<int(int)> f = [&](int n) -> int {
		try {
			if (n == 0) {
				throw 1;
			}
			return f(n - 1);
		} catch (int k) {
			throw k + 1;
		}
	};
	try {
		f(50);
	} catch (int k) {
		is(k, 52, "handlers that throw anew, fifty deep");
	}
}

void test_noexcept()
{
	ok(noexcept(inline_static()) == false &&noexcept(1 + 1), "noexcept is what it says");
	struct at_end {
		bool *flag;
		~at_end()
		{
			*flag = std::uncaught_exceptions() == 1;
		}
	};
	bool flag = false;
	try {
		at_end e{ &flag };
		throw 1;
	} catch (int) {
	}
	ok(flag, "a destructor sees the exception in flight");
}

} // namespace

void test_exceptions()
{
	test_types();
	test_unwinding();
	test_again();
	test_through_c();
	test_many();
	test_noexcept();
}
