// SPDX-License-Identifier: MIT
// thread_local objects: made at first use in each thread, destroyed when it ends, latest first.
#include "cpp_test.h"

#include <pthread.h>
#include <thread>
#include <vector>

#include "../tap.h"

namespace
{

int made, order[4], gone;

struct tracked {
	int id;
	int uses = 0;
	explicit tracked(int n) : id(n)
	{
		made++;
	}
	~tracked()
	{
		order[gone++ % 4] = id;
	}
};

thread_local tracked first(1);
thread_local tracked second(2);
thread_local int plain = 3;
thread_local std::vector<int> numbers{ 1, 2, 3 };
struct alignas(64) line {
	char bytes[64];
};
thread_local line aligned;

void touch()
{
	first.uses++;
	second.uses++;
	plain++;
	numbers.push_back(4);
}

void *by_pthread_exit(void *)
{
	touch();
	pthread_exit(nullptr);
}

} // namespace

void test_thread_local()
{
	bool fresh = false, is_aligned = false;

	touch();
	std::thread([&] {
		touch();
		fresh = first.uses == 1 && plain == 4 && numbers.size() == 4;
		is_aligned = (reinterpret_cast<unsigned long>(&aligned) & 63) == 0;
	}).join();
	ok(fresh, "each thread has its own, constructed anew");
	is(made, 4, "two threads, two objects each");
	is(gone, 2, "a thread's end destroys its own and no others");
	ok(order[0] == 2 && order[1] == 1, "the latest first");
	is(first.uses, 1, "main's are as it left them");
	diag("# alignas(64) thread_local: %s", is_aligned ? "aligned" : "not aligned");

	pthread_t t;
	pthread_create(&t, nullptr, by_pthread_exit, nullptr);
	pthread_join(t, nullptr);
	is(gone, 4, "so does pthread_exit()");
	for (int i = 0; i < 50; i++) {
		std::thread(touch).join();
	}
	is(gone, 104, "fifty threads later too");
}
