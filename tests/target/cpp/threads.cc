// SPDX-License-Identifier: MIT
// std::thread and all that synchronises: mutexes, conditions, futures, semaphores, latches, once, stop tokens.
#include "cpp_test.h"

#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "../tap.h"

using namespace std::chrono_literals;

namespace
{

constexpr auto PATIENCE = 30s; // for what happens at once; a hang detector

void test_thread()
{
	int value = 0;
	std::thread::id inside;
	std::thread t(
		[&](int n) {
			value = n;
			inside = std::this_thread::get_id();
		},
		5);

	ok(t.joinable() && t.get_id() != std::this_thread::get_id(), "a thread has its own id");
	t.join();
	ok(value == 5 && inside != std::this_thread::get_id(), "and runs with its arguments");
	ok(std::thread::hardware_concurrency() >= 1, "there is at least one processor");
	try {
		t.join();
		ok(false, "a second join throws");
	} catch (const std::system_error &e) {
		is(e.code().value(), static_cast<int>(std::errc::invalid_argument),
		   "a second join throws system_error");
	}
}

void test_mutexes()
{
	std::mutex m;
	std::recursive_mutex again;
	std::shared_mutex rw;
	std::timed_mutex timed;
	int count = 0;
	std::vector<std::thread> threads;

	for (int i = 0; i < 8; i++) {
		threads.emplace_back([&] {
			for (int k = 0; k < 500; k++) {
				std::scoped_lock both(m, again);
				std::lock_guard<std::recursive_mutex> once_more(again);
				count++;
			}
		});
	}
	for (auto &t : threads) {
		t.join();
	}
	is(count, 4000, "eight threads, one at a time within the lock");

	std::shared_lock<std::shared_mutex> reader(rw);
	bool other_reads = false, other_writes = true;
	std::thread([&] {
		other_reads = rw.try_lock_shared();
		if (other_reads) {
			rw.unlock_shared();
		}
		other_writes = rw.try_lock();
	}).join();
	ok(other_reads && !other_writes, "shared_mutex: readers together, no writer among them");

	std::lock_guard<std::timed_mutex> hold(timed);
	bool got = true;
	std::thread([&] { got = timed.try_lock_for(5ms); }).join();
	ok(!got, "timed_mutex: try_lock_for gives up");
}

void test_condition()
{
	std::mutex m;
	std::condition_variable cv;
	std::deque<int> queue;
	long sum = 0;
	std::thread consumer([&] {
		for (int n = 1; n != 0;) {
			std::unique_lock<std::mutex> lock(m);
			cv.wait(lock, [&] { return !queue.empty(); });
			n = queue.front();
			queue.pop_front();
			sum += n;
		}
	});

	for (int i = 300; i >= 0; i--) {
		std::lock_guard<std::mutex> lock(m);
		queue.push_back(i);
		cv.notify_one();
	}
	consumer.join();
	is(sum, 45150, "condition_variable: all that was produced is consumed");
	std::unique_lock<std::mutex> lock(m);
	auto before = std::chrono::steady_clock::now();
	bool woken = cv.wait_for(lock, 10ms, [] { return false; });
	ok(!woken && std::chrono::steady_clock::now() - before >= 10ms, "wait_for waits that long");
	ok(cv.wait_until(lock, std::chrono::system_clock::now() + 5ms) == std::cv_status::timeout,
	   "wait_until on the wall clock");
}

void test_futures()
{
	std::promise<int> promise;
	std::future<int> future = promise.get_future();
	std::thread([&] { promise.set_value(11); }).join();
	is(future.get(), 11, "a promise is kept");

	auto fails = std::async(std::launch::async, []() -> int { throw_shared(21); });
	try {
		fails.get();
		ok(false, "an exception of async() arrives");
	} catch (const shared_error &e) {
		is(e.code, 21, "an exception of async() arrives at get()");
	}
	std::packaged_task<int(int)> task([](int n) { return n * 2; });
	auto result = task.get_future();
	std::thread(std::move(task), 21).join();
	is(result.get(), 42, "packaged_task");
	auto lazy = std::async(std::launch::deferred, [] { return std::this_thread::get_id(); });
	ok(lazy.get() == std::this_thread::get_id(), "a deferred async() runs in get()");
	std::future<void> broken;
	{
		std::promise<void> p;
		broken = p.get_future();
	}
	try {
		broken.get();
		ok(false, "a broken promise throws");
	} catch (const std::future_error &e) {
		ok(e.code() == std::future_errc::broken_promise,
		   "a broken promise throws future_error");
	}
}

// Whoever comes last wakes the others at the moment at which they go to sleep.
static void test_phases()
{
	constexpr int phases = 1000;
	int done = 0, late = 0;
	std::barrier barrier(4, [&]() noexcept { done++; });
	{
		std::vector<std::jthread> threads;

		for (int i = 0; i < 4; i++) {
			threads.emplace_back([&] {
				for (int k = 0; k < phases; k++) {
					barrier.arrive_and_wait();
				}
			});
		}
	}
	is(done, phases, "barrier: %d phases, nobody sleeps on", phases);

	std::atomic<int> turn = 0;
	{
		std::vector<std::jthread> threads;

		for (int me = 0; me < 2; me++) {
			threads.emplace_back([&, me] {
				for (int k = 0; k < phases; k++) {
					turn.wait(1 - me);
					late += turn != me;
					turn = 1 - me;
					turn.notify_one();
				}
			});
		}
	}
	is(late, 0, "atomic wait and notify: two threads, turn by turn");
}

void test_cxx20()
{
	test_phases();

	std::counting_semaphore<4> slots(2);
	std::latch latch(3);
	std::atomic<int> inside = 0, most = 0, phase = 0;
	std::barrier barrier(3, [&]() noexcept { phase++; });
	std::vector<std::jthread> threads;

	for (int i = 0; i < 3; i++) {
		threads.emplace_back([&] {
			slots.acquire();
			int now = ++inside;
			if (now > most) {
				most = now;
			}
			std::this_thread::yield();
			inside--;
			slots.release();
			latch.count_down();
			barrier.arrive_and_wait();
			barrier.arrive_and_wait();
		});
	}
	latch.wait();
	threads.clear();
	ok(most <= 2, "counting_semaphore lets two in");
	is(phase, 2, "barrier: two phases");
	ok(!slots.try_acquire_for(0ms) || true, "try_acquire_for returns");

	std::atomic<bool> stopped = false;
	{
		std::jthread t([&](std::stop_token token) {
			while (!token.stop_requested()) {
				std::this_thread::sleep_for(1ms);
			}
			stopped = true;
		});
	}
	ok(stopped, "jthread asks its thread to stop and joins it");

	std::atomic<int> word = 0;
	std::thread waiter([&] { word.wait(0); });
	word = 1;
	word.notify_all();
	waiter.join();
	ok(true, "atomic::wait returns when notified");
}

void test_once()
{
	static std::once_flag flag;
	std::atomic<int> ran = 0, threw = 0, constructed = 0;
	std::vector<std::thread> threads;
	struct slow {
		explicit slow(std::atomic<int> &n)
		{
			std::this_thread::sleep_for(2ms);
			n++;
		}
	};

	for (int i = 0; i < 6; i++) {
		threads.emplace_back([&] {
			try {
				std::call_once(flag, [&] {
					if (ran++ == 0) {
						throw 1;
					}
				});
			} catch (int) {
				threw++;
			}
			static slow s(constructed);
			(void)s;
		});
	}
	for (auto &t : threads) {
		t.join();
	}
	ok(ran == 2 && threw == 1, "call_once: once more after an exception, then no more");
	is(constructed, 1, "a function's static is constructed once by six threads");
}

void test_clocks()
{
	using namespace std::chrono;
	auto start = steady_clock::now();

	std::this_thread::sleep_for(20ms);
	auto took = steady_clock::now() - start;
	ok(took >= 20ms && took < PATIENCE, "sleep_for sleeps");
	std::this_thread::sleep_until(steady_clock::now() + 5ms);
	ok(steady_clock::is_steady, "steady_clock is");
	ok(duration_cast<milliseconds>(90min) == milliseconds(5400000), "durations convert");
	year_month_day day = sys_days(2026y / November / 23);
	ok(weekday(day) == Monday, "a day of the calendar");
}

} // namespace

void test_threads()
{
	test_thread();
	test_mutexes();
	test_condition();
	test_futures();
	test_cxx20();
	test_once();
	test_clocks();
}
