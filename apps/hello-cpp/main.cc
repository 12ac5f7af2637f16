// SPDX-License-Identifier: MIT
// Hello from C++: a class with a constructor and a destructor, an exception, a thread and <iostream>.
// Plain C++, so it runs on Linux as well.
#include <sys/utsname.h>

#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

namespace
{

class Greeter
{
      public:
	explicit Greeter(std::string name) : name_(std::move(name))
	{
		std::cout << name_ << ": constructed\n";
	}
	~Greeter()
	{
		std::cout << name_ << ": destroyed\n";
	}
	Greeter(const Greeter &) = delete;
	Greeter &operator=(const Greeter &) = delete;

	void greet(const std::string &whom) const
	{
		if (whom.empty()) {
			throw std::invalid_argument("nobody to greet");
		}
		std::cout << name_ << ": hello " << whom << "\n";
	}

      private:
	std::string name_;
};

Greeter global("a global");

} // namespace

int main()
{
	utsname u;

	if (uname(&u) != 0) {
		return 1;
	}
	try {
		Greeter local("a local");

		local.greet(std::string(u.sysname) + " on " + u.machine);
		local.greet("");
	} catch (const std::exception &e) {
		std::cout << "caught: " << e.what() << "\n";
	}
	std::thread([] { global.greet("from a thread"); }).join();
	return 0;
}
