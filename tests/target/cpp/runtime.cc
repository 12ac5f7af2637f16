// SPDX-License-Identifier: MIT
// Before main(): constructors and their order. operator new: replaced by the program, and out of memory.
#include "cpp_test.h"

#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <new>
#include <vector>

#include "../tap.h"

namespace
{

int order[4];
int made;

struct in_order {
	explicit in_order(int n)
	{
		order[made++] = n;
	}
};

// Written against the order that the priorities ask for.
in_order third(3);
in_order second __attribute__((init_priority(2000))) (2);
in_order first __attribute__((init_priority(1000))) (1);
in_order fourth(4);

unsigned long calls; // of the program's own operator new

int function_static_made;

struct counted {
	counted()
	{
		function_static_made++;
	}
};

void use_function_static()
{
	static counted c;
	(void)c;
}

struct alignas(128) wide {
	char bytes[128];
};

void test_order()
{
	is(made, 4, "static objects are constructed before main()");
	is(order[0], 1, "init_priority 1000 comes first");
	is(order[1], 2, "then init_priority 2000");
	is(order[2], 3, "then those without, as written: the third");
	is(order[3], 4, "and the fourth");
	is(function_static_made, 0,
	   "a static within a function is not constructed before its first use");
	use_function_static();
	use_function_static();
	is(function_static_made, 1, "and once at all");
}

void test_new()
{
	unsigned long before = calls;
	int *p = new int(42);

	ok(calls > before, "the program's operator new replaces the library's");
	delete p;
	before = calls;
	std::string long_one(100, 'x');
	ok(calls > before, "the library itself calls it too");
	std::unique_ptr<wide> w(new wide);
	is(reinterpret_cast<std::uintptr_t>(w.get()) % 128, 0, "an over-aligned object is aligned");
}

void test_no_memory()
{
	bool caught = false;
	std::list<std::vector<char>> hoard;

	try {
		for (;;) {
			hoard.emplace_back(1024 * 1024);
		}
	} catch (const std::bad_alloc &e) {
		caught = true;
	}
	ok(caught && hoard.size() > 5, "operator new throws bad_alloc when memory is used up");
	try {
		throw std::string("an exception while there is little memory");
	} catch (const std::string &) {
		ok(true, "an exception can be thrown with memory nearly used up");
	}
	hoard.clear();
	ok(new (std::nothrow) char[std::size_t(1) << 40] == nullptr, "new (nothrow) returns null");
	std::unique_ptr<char[]> again(new char[1024 * 1024]);
	ok(again != nullptr, "and memory is there again");
}

void test_one_of_each()
{
	ok(other_inline_variable() == &inline_variable, "an inline variable is one object");
	ok(other_inline_static() == &inline_static(), "so is a static of an inline function");
}

} // namespace

void *operator new(std::size_t n)
{
	void *p = std::malloc(n != 0 ? n : 1);

	calls++;
	if (p == nullptr) {
		throw std::bad_alloc();
	}
	return p;
}

void operator delete(void *p) noexcept
{
	std::free(p);
}

void operator delete(void *p, std::size_t) noexcept
{
	std::free(p);
}

void test_runtime()
{
	test_order();
	test_new();
	test_no_memory();
	test_one_of_each();
}
