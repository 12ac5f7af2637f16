// SPDX-License-Identifier: MIT
// How a C++ program ends: by return, by exit(), by exceptions that nobody catches, by a call of no function.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

// Not in the namespace below: a class that only this file sees has no unknown heirs.
struct base {
	base();
	virtual ~base() = default;
	virtual void pure() = 0;
};

// In the constructor of the base the object is no more than a base yet.
__attribute__((noipa)) void calls(base &b)
{
	b.pure();
}

base::base()
{
	calls(*this);
}

struct derived : base {
	void pure() override
	{
	}
};

namespace
{

struct says {
	const char *name;
	~says()
	{
		std::printf("destroyed: %s\n", name);
	}
};

says first{ "first static" };
says second{ "second static" };
thread_local says of_thread{ "thread_local" };

void at_exit()
{
	std::puts("handler of atexit");
}

struct own_error : std::runtime_error {
	using std::runtime_error::runtime_error;
};

__attribute__((noinline)) void throws(const char *what)
{
	throw own_error(what);
}

__attribute__((noinline)) void not_through_here() noexcept
{
	throws("out of noexcept");
}

} // namespace

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "return";

	of_thread.name = "thread_local of main";
	std::atexit(at_exit);
	static says local{ "static of main" };
	(void)local;
	std::puts("started");
	if (std::strcmp(how, "uncaught") == 0) {
		throws("nobody catches this");
	} else if (std::strcmp(how, "number") == 0) {
		throw 42;
	} else if (std::strcmp(how, "thread") == 0) {
		std::thread(throws, "in a thread").join();
	} else if (std::strcmp(how, "noexcept") == 0) {
		not_through_here();
	} else if (std::strcmp(how, "pure") == 0) {
		derived d;
	} else if (std::strcmp(how, "joinable") == 0) {
		std::thread t([] {});
	} else if (std::strcmp(how, "exit") == 0) {
		says automatic{ "automatic, which exit() leaves alone" };
		std::exit(3);
	} else if (std::strcmp(how, "quick") == 0) {
		std::at_quick_exit([] {
			std::puts("handler of at_quick_exit");
			std::fflush(stdout);
		});
		std::quick_exit(4);
	}
	return 2;
}
