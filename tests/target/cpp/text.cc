// SPDX-License-Identifier: MIT
// Strings, numbers as text, streams, regular expressions, locales.
#include "cpp_test.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <locale>
#include <regex>
#include <sstream>
#include <string_view>

#include "../tap.h"

namespace
{

template <typename... T> std::string written(const T &...values)
{
	std::ostringstream out;

	(out << ... << values);
	return out.str();
}

void test_strings()
{
	std::string s = "The quick brown fox";
	std::wstring wide = L"wide";

	ok(s.find("brown") == 10 && s.substr(4, 5) == "quick" && s.rfind('o') == 17, "string");
	s.insert(0, 1000, '.');
	s.erase(0, 1000);
	ok(s == "The quick brown fox", "a string grows and shrinks");
	ok(std::string_view(s).starts_with("The") && wide.size() == 4, "string_view, wstring");
	ok(std::u8string(u8"\u00e9").size() == 2 && std::u32string(U"\u00e9").size() == 1,
	   "other characters");
}

void test_conversions()
{
	char buffer[64];
	double parsed = 0;

	ok(std::to_string(-42) == "-42" && std::to_string(1.5) == "1.500000", "to_string");
	ok(std::stoi("0x1f", nullptr, 16) == 31 && std::stod("2.5e3") == 2500.0, "stoi, stod");
	ok(std::stold("0.1") == 0.1L && std::stold("-1e-4000") == -1e-4000L,
	   "stold has long double's precision and range");
	ok(std::stold("0x1.8p3") == 12.0L && std::stold("-inf") < -1e4900L &&
		   std::strtold("1e-4950", nullptr) > 0 && std::stold("-0") == 0 &&
		   std::isnan(std::stold("nan")),
	   "stold: hexadecimal, infinite, denormal, zero, not a number");
	ok(written(std::setprecision(30), 0.1L) == "0.100000000000000000000000000000" ||
		   written(std::setprecision(30), 0.1L) == "0.1",
	   "a long double is written with its precision");
	try {
		std::stoi("none");
		ok(false, "stoi throws");
	} catch (const std::invalid_argument &) {
		ok(true, "stoi of no number throws invalid_argument");
	}
	auto r = std::to_chars(buffer, buffer + sizeof(buffer), 0.1);
	ok(std::string(buffer, r.ptr) == "0.1", "to_chars: the shortest");
	std::string_view text = "3.14159rest";
	auto f = std::from_chars(text.data(), text.data() + text.size(), parsed);
	ok(parsed == 3.14159 && *f.ptr == 'r', "from_chars");
	std::snprintf(buffer, sizeof(buffer), "%.3f %zu %lld", 2.0005, sizeof(int), 1LL << 40);
	ok(std::string(buffer) == "2.001 4 1099511627776", "snprintf");
}

void test_streams()
{
	std::istringstream in("12 3.5 word 0x10\nthe rest");
	int n = 0, h = 0;
	double d = 0;
	std::string word, line;

	ok(written(1, ' ', 2.5, ' ', true, ' ', "text") == "1 2.5 1 text", "<<");
	ok(written(std::hex, std::showbase, 255, std::dec, std::setw(5), 7) == "0xff    7",
	   "hex, setw");
	ok(written(std::fixed, std::setprecision(3), 3.14159) == "3.142", "fixed, setprecision");
	ok(written(std::scientific, 12345.678) == "1.234568e+04", "scientific");
	ok(written(1e300 * 1e10, ' ', -0.0, ' ', 1e-7, ' ', 123456789.0) ==
		   "inf -0 1e-07 1.23457e+08",
	   "floating point as %%g has it");
	ok(written(std::boolalpha, false, std::setfill('*'), std::left, std::setw(4), 'x') ==
		   "falsex***",
	   "boolalpha, fill, left");
	in >> n >> d >> word >> std::hex >> h;
	std::getline(in >> std::ws, line);
	ok(n == 12 && d == 3.5 && word == "word" && h == 16 && line == "the rest", ">>");
	in >> n;
	ok(in.eof() && in.fail(), "the end of a stream");
	std::stringstream bad("x");
	bad.exceptions(std::ios::failbit);
	try {
		bad >> n;
		ok(false, "a stream may throw");
	} catch (const std::ios_base::failure &) {
		ok(true, "a stream that is told to throws ios_base::failure");
	}
	std::cout << "# from std::cout " << 42 << std::endl;
	std::cerr << "# from std::cerr\n";
	std::clog << "# from std::clog" << std::endl;
	std::wcout << L"";
	ok(std::cout.good() && std::cerr.good(), "the standard streams");
}

void test_regex()
{
	std::regex date(R"((\d{4})-(\d\d)-(\d\d))");
	std::smatch found;
	std::string text = "On 2026-11-23 and 2027-01-02.";

	ok(std::regex_search(text, found, date) && found[2] == "11", "regex_search");
	ok(std::regex_replace(text, date, "$3.$2.$1") == "On 23.11.2026 and 02.01.2027.",
	   "regex_replace");
	ok(!std::regex_match("abc", std::regex("[a-b]+")), "regex_match says no");
	is(std::distance(std::sregex_iterator(text.begin(), text.end(), date),
			 std::sregex_iterator()),
	   2, "sregex_iterator");
	try {
		std::regex broken("(");
		ok(false, "a broken expression throws");
	} catch (const std::regex_error &e) {
		ok(e.code() == std::regex_constants::error_paren,
		   "a broken expression throws regex_error");
	}
}

void test_locale()
{
	ok(std::locale().name() == "C" && std::locale::classic() == std::locale(),
	   "the locale is C");
	ok(std::toupper('a', std::locale()) == 'A' && !std::isalpha('1', std::locale()), "ctype");
	try {
		std::locale l("xx_XX");
		ok(false, "an unknown locale throws");
	} catch (const std::runtime_error &) {
		ok(true, "an unknown locale throws");
	}
	std::tm t = {};
	std::istringstream("2026-11-23 12:34:56") >> std::get_time(&t, "%Y-%m-%d %H:%M:%S");
	ok(t.tm_year == 126 && t.tm_min == 34, "get_time");
	ok(written(std::put_time(&t, "%d/%m/%Y")) == "23/11/2026", "put_time");
}

} // namespace

void test_text()
{
	test_strings();
	test_conversions();
	test_streams();
	test_regex();
	test_locale();
}
