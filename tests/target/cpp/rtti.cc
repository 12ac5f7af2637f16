// SPDX-License-Identifier: MIT
// Types at run time: dynamic_cast, typeid, virtual bases.
#include "cpp_test.h"

#include <any>
#include <cxxabi.h>
#include <cstdlib>
#include <memory>
#include <typeindex>
#include <typeinfo>
#include <variant>

#include "../tap.h"

int square::sides() const
{
	return 4;
}

namespace
{

struct base {
	virtual ~base() = default;
	int b = 1;
};
struct left : virtual base {
	int l = 2;
};
struct right : virtual base {
	int r = 3;
};
struct both : left, right {
	int c = 4;
};

} // namespace

void test_rtti()
{
	std::unique_ptr<shape> s = std::make_unique<square>();
	both object;
	base *b = &object;

	is(s->sides(), 4, "a virtual function");
	ok(dynamic_cast<square *>(s.get()) != nullptr, "dynamic_cast down");
	ok(dynamic_cast<both *>(b) == &object, "dynamic_cast from a virtual base");
	ok(dynamic_cast<right *>(static_cast<left *>(&object)) == &object, "dynamic_cast across");
	ok(dynamic_cast<square *>(b) == nullptr, "dynamic_cast to what it is not");
	try {
		(void)dynamic_cast<square &>(*b);
		ok(false, "dynamic_cast of a reference throws");
	} catch (const std::bad_cast &) {
		ok(true, "dynamic_cast of a reference throws bad_cast");
	}
	ok(typeid(*b) == typeid(both) && typeid(*b) != typeid(left), "typeid of the whole object");
	ok(std::type_index(typeid(int)) != std::type_index(typeid(long)), "types differ");

	int status = -1;
	char *name = abi::__cxa_demangle(typeid(shared_error).name(), nullptr, nullptr, &status);
	ok(status == 0 && std::string(name) == "shared_error", "a name can be demangled");
	std::free(name);

	std::any a = std::string("any");
	ok(std::any_cast<std::string>(a) == "any" && std::any_cast<int>(&a) == nullptr, "std::any");
	std::variant<int, std::string> v = "text";
	ok(std::visit([](const auto &x) { return sizeof(x); }, v) == sizeof(std::string),
	   "std::variant and std::visit");
}
