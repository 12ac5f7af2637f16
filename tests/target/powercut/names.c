/* SPDX-License-Identifier: MIT */
/* Transactions whose last act is a name: a file replaced by rename(), files made and removed, a folder put in place. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

void remove_file(const char *path)
{
	must(unlink(path) == 0 || errno == ENOENT, "unlink", path);
}

/* --- r: a new version takes the old one's name; there is always one */

static size_t version(const struct stream *s, uint32_t n)
{
	return content(s, n, s->block, 0, n % 5 == 0 ? 6000 : 300);
}

static uint32_t replace_check(struct stream *s)
{
	uint32_t found = s->acked;
	char path[PATH], new[PATH];
	int is;

	path_of(s, path, "config");
	path_of(s, new, "config.new");
	is = is_file(s, path, s->block, version(s, s->acked));
	if (is != 1 && is_file(s, path, s->block, version(s, s->acked + 1)) == 1) {
		found = s->acked + 1;
	} else if (is == 0 || (is < 0 && s->acked > 0)) {
		lost(s, "%s %s", path,
		     is < 0 ? "is not there" : "is neither the old one nor the new");
	}
	remove_file(new);
	return found;
}

static void replace_step(struct stream *s, uint32_t n)
{
	char path[PATH], new[PATH];

	path_of(s, path, "config");
	path_of(s, new, "config.new");
	write_file(new, s->block, version(s, n), O_TRUNC);
	must(rename(new, path) == 0, "rename", path);
	folder_safe(s->dir);
}

const struct kind replace_kind = { 'r', replace_check, replace_step };

/* --- c: a file is made, the one that is KEEP older is removed */

#define KEEP 6

static size_t made(const struct stream *s, uint32_t n, char path[PATH])
{
	/* Long names every now and then: more than one entry of a FAT. */
	path_of(s, path, n % 4 == 0 ? "made-%u-with-a-Name-that-is-long" : "made-%u", (unsigned)n);
	return content(s, n, s->block, 0, 2500);
}

static uint32_t create_check(struct stream *s)
{
	uint32_t n = s->acked, first = n >= KEEP ? n - KEEP + 1 : 1;
	bool next;
	char path[PATH];
	size_t size = made(s, n + 1, path);

	next = is_file(s, path, s->block, size) == 1;
	if (!next) {
		remove_file(path);
	}
	for (uint32_t i = first; i <= n; i++) {
		int is;

		size = made(s, i, path);
		is = is_file(s, path, s->block, size);
		if (is != 1 && !(is < 0 && next && i + KEEP == n + 1)) {
			lost(s, "%s %s", path, is < 0 ? "is not there" : "is wrong");
		}
	}
	if (n > KEEP) {
		made(s, n - KEEP, path);
		if (exists(path)) {
			lost(s, "%s was removed and is there", path);
		}
	}
	if (next && n + 1 > KEEP) {
		made(s, n + 1 - KEEP, path);
		remove_file(path);
	}
	folder_safe(s->dir);
	return next ? n + 1 : n;
}

static void create_step(struct stream *s, uint32_t n)
{
	char path[PATH];
	size_t size = made(s, n, path);

	write_file(path, s->block, size, O_EXCL);
	folder_safe(s->dir);
	if (n > KEEP) {
		made(s, n - KEEP, path);
		must(unlink(path) == 0, "unlink", path);
		folder_safe(s->dir);
	}
}

const struct kind create_kind = { 'c', create_check, create_step };

/* --- f: a folder is made beside, put in place by rename(), the old one is removed */

static void names_of(const struct stream *s, uint32_t n, char folder[PATH], char file[PATH])
{
	path_of(s, folder, n == 0 ? "building" : "folder-%u", (unsigned)n);
	path_of(s, file, n == 0 ? "building/file" : "folder-%u/file", (unsigned)n);
}

static void remove_folder(struct stream *s, uint32_t n)
{
	char folder[PATH], file[PATH];

	names_of(s, n, folder, file);
	remove_file(file);
	must(rmdir(folder) == 0 || errno == ENOENT, "rmdir", folder);
}

/* Transaction @n's folder and its file are there. */
static bool has_folder(struct stream *s, uint32_t n)
{
	char folder[PATH], file[PATH];
	size_t size = content(s, n, s->block, 100, 2000);

	names_of(s, n, folder, file);
	return is_file(s, file, s->block, size) == 1;
}

static uint32_t folder_check(struct stream *s)
{
	uint32_t n = s->acked, found = n;
	char folder[PATH], file[PATH];

	names_of(s, n + 1, folder, file);
	if (exists(folder)) {
		found = n + 1;
		if (!has_folder(s, n + 1)) {
			lost(s, "%s has its name, but its file is not there or wrong", folder);
		}
		if (n > 0) {
			remove_folder(s, n);
		}
	} else if (n > 0 && !has_folder(s, n)) {
		lost(s, "folder-%u or its file is not there", (unsigned)n);
	}
	if (n > 1) {
		names_of(s, n - 1, folder, file);
		if (exists(folder)) {
			lost(s, "%s was removed and is there", folder);
		}
	}
	remove_folder(s, 0);
	folder_safe(s->dir);
	return found;
}

static void folder_step(struct stream *s, uint32_t n)
{
	char building[PATH], folder[PATH], file[PATH];

	names_of(s, 0, building, file);
	must(mkdir(building, 0755) == 0, "mkdir", building);
	write_file(file, s->block, content(s, n, s->block, 100, 2000), O_EXCL);
	folder_safe(building);
	names_of(s, n, folder, file);
	must(rename(building, folder) == 0, "rename", folder);
	folder_safe(s->dir);
	if (n > 1) {
		remove_folder(s, n - 1);
		folder_safe(s->dir);
	}
}

const struct kind folder_kind = { 'f', folder_check, folder_step };
