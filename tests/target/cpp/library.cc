// SPDX-License-Identifier: MIT
// Containers, algorithms, smart pointers, random numbers.
#include "cpp_test.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <complex>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "../tap.h"

namespace
{

void test_containers()
{
	std::vector<int> v(1000);
	std::map<std::string, int> tree;
	std::unordered_map<int, std::string> hash;

	std::iota(v.begin(), v.end(), 0);
	std::reverse(v.begin(), v.end());
	std::sort(v.begin(), v.end());
	ok(std::is_sorted(v.begin(), v.end()) && v.back() == 999, "vector and sort");
	ok(std::binary_search(v.begin(), v.end(), 500), "binary_search");
	std::stable_sort(v.begin(), v.end(), std::greater<>());
	is(v.front(), 999, "stable_sort");
	for (int i = 0; i < 500; i++) {
		tree[std::to_string(i)] = i;
		hash.emplace(i, std::to_string(i));
	}
	ok(tree.size() == 500 && tree.at("77") == 77 && tree.begin()->first == "0", "map");
	ok(hash.size() == 500 && hash[499] == "499", "unordered_map");
	tree.erase("77");
	ok(tree.find("77") == tree.end(), "erase");
	std::priority_queue<int> heap(v.begin(), v.end());
	is(heap.top(), 999, "priority_queue");
	std::set<std::tuple<int, std::string>> set{ { 2, "b" }, { 1, "z" }, { 2, "a" } };
	ok(std::get<1>(*std::next(set.begin())) == "a", "set of tuples");
	is(std::bitset<64>(0xff00).count(), 8, "bitset");
	auto squares = v | std::views::filter([](int n) { return n % 2 == 0; }) |
		       std::views::transform([](int n) { return n * n; }) | std::views::take(2);
	is(*squares.begin(), 998 * 998, "ranges");
	std::span<const int> part(v.data() + 10, 5);
	is(std::accumulate(part.begin(), part.end(), 0), 4935, "span");
}

void test_pointers()
{
	int destroyed = 0;
	struct item {
		int *count;
		std::weak_ptr<item> other;
		~item()
		{
			++*count;
		}
	};
	{
		auto a = std::make_shared<item>(item{ &destroyed, {} });
		auto b = a;
		destroyed = 0;
		a->other = b;
		is(a.use_count(), 2, "shared_ptr counts");
		ok(a->other.lock() == b, "weak_ptr locks");
	}
	is(destroyed, 1, "the last shared_ptr destroys");
	std::optional<std::string> none, some = "text";
	ok(!none && some.value_or("") == "text", "optional");

	std::array<std::byte, 512> storage;
	std::pmr::monotonic_buffer_resource arena(storage.data(), storage.size(),
						  std::pmr::null_memory_resource());
	std::pmr::vector<int> in_arena(&arena);
	in_arena.assign(20, 1);
	ok(static_cast<void *>(in_arena.data()) >= storage.data() &&
		   static_cast<void *>(in_arena.data()) < storage.data() + storage.size(),
	   "a pmr vector lies in its arena");
	try {
		in_arena.resize(1000);
		ok(false, "an arena ends");
	} catch (const std::bad_alloc &) {
		ok(true, "an arena that ends throws bad_alloc");
	}
}

void test_numbers()
{
	std::random_device device;
	std::set<unsigned> seen;
	std::mt19937 fixed(1);

	for (int i = 0; i < 8; i++) {
		seen.insert(device());
	}
	ok(seen.size() >= 7, "random_device gives numbers that differ");
	is(fixed(), 1791095845, "mt19937 is the known sequence");
	std::uniform_int_distribution<int> dice(1, 6);
	int n = dice(fixed);
	ok(n >= 1 && n <= 6, "a die");
	ok(std::abs(std::complex<double>(3, 4)) == 5.0, "complex");
	ok(std::lround(std::sqrt(2.0) * 1e6) == 1414214 && std::hypot(3.0f, 4.0f) == 5.0f, "cmath");
	ok(std::fabs(std::sin(1.0L) - 0.841470984807896506652502321630298999L) < 1e-30L,
	   "long double has its full precision");
	is(std::gcd(84, 36), 12, "gcd");
}

} // namespace

void test_library()
{
	test_containers();
	test_pointers();
	test_numbers();
}
