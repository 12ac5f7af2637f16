// SPDX-License-Identifier: MIT
// <fstream> and <filesystem> over the files in the image, which are read-only.
#include "cpp_test.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "../tap.h"

namespace fs = std::filesystem;

void test_files()
{
	std::ifstream in("/data/words.txt");
	std::string first, all;

	std::getline(in, first);
	in.seekg(0);
	all.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
	ok(first == "one two three" && all.size() == 24, "ifstream reads a file");
	ok(!std::ifstream("/none").is_open(), "and does not open what is not there");
	ok(!std::ofstream("/data/words.txt").is_open(), "nor writes what is read-only");

	ok(fs::exists("/data/words.txt") && !fs::exists("/none"), "exists");
	is(fs::file_size("/data/words.txt"), 24, "file_size");
	ok(fs::is_directory("/data") && fs::is_regular_file("/data/words.txt"),
	   "is_directory, is_regular_file");
	std::set<std::string> names;
	for (const auto &entry : fs::recursive_directory_iterator("/data")) {
		names.insert(entry.path().filename().string());
	}
	ok((names == std::set<std::string>{ "words.txt", "deeper", "more.txt" }),
	   "recursive_directory_iterator");
	ok(fs::path("/a/b.txt").replace_extension(".c") == "/a/b.c" &&
		   (fs::path("/a") / "b").string() == "/a/b",
	   "path");
	ok(fs::canonical("/data/../data/./words.txt") == "/data/words.txt", "canonical");
	try {
		(void)fs::file_size("/none");
		ok(false, "file_size throws");
	} catch (const fs::filesystem_error &e) {
		ok(e.code() == std::errc::no_such_file_or_directory && e.path1() == "/none",
		   "what is not there throws filesystem_error");
	}
	std::error_code error;
	fs::create_directory("/data/new", error);
	ok(bool(error), "a directory in a read-only file system is refused");
	ok(fs::current_path().is_absolute(), "current_path");
}
