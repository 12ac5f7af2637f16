/* SPDX-License-Identifier: MIT */
/* Shared objects, of which there are none, and addresses with their names: dladdr(), backtrace(). */
#define _GNU_SOURCE
#include "libc.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 128

static _Thread_local const char *problem;

/* The program itself is a handle of its own, in which no name is found. */
static char self;

void *dlopen(const char *path, int mode)
{
	(void)mode;
	if (path == NULL) {
		return &self;
	}
	problem = "dlopen: an image is one link: link the object in instead of loading it";
	return NULL;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
	(void)handle, (void)name;
	problem = "dlsym: the image has no table of its names: refer to the symbol itself";
	return NULL;
}

int dlclose(void *handle)
{
	if (handle == &self) {
		return 0;
	}
	problem = "dlclose: not a handle of dlopen()";
	return -1;
}

char *dlerror(void)
{
	const char *p = problem;

	problem = NULL;
	return (char *)(uintptr_t)p;
}

int dladdr(const void *address, Dl_info *info)
{
	extern char _image_start[];
	size_t offset;
	int argc;

	info->dli_sname = symtab_lookup((uintptr_t)address, &offset);
	if (info->dli_sname == NULL) {
		return 0;
	}
	info->dli_saddr = (char *)(uintptr_t)address - offset;
	info->dli_fbase = _image_start;
	info->dli_fname = params_argv(&argc)[0];
	return 1;
}

/* --- backtraces ------------------------------------------------------------------------------ */

int backtrace(void **list, int n)
{
	struct unwind u;
	int i = 0;

	if (n <= 0) {
		return 0;
	}
	arch_unwind_here(&u);
	while (i < n && arch_unwind(&u)) {
		list[i++] = (void *)u.pc;
	}
	return i;
}

static size_t describe(char *line, const void *pc)
{
	size_t offset = 0;
	/* A return address may lie behind the last instruction of its caller. */
	const char *name = symtab_lookup((uintptr_t)pc - 1, &offset);
	int n;

	if (name != NULL) {
		n = fmt_snprintf(line, LINE, "%s+0x%lx [%p]", name, offset + 1, pc);
	} else {
		n = fmt_snprintf(line, LINE, "? [%p]", pc);
	}
	return (size_t)MIN(n, LINE - 1);
}

char **backtrace_symbols(void *const *list, int n)
{
	char line[LINE], *to, **result;
	size_t room = 0;

	for (int i = 0; i < n; i++) {
		room += sizeof(*result) + describe(line, list[i]) + 1;
	}
	result = malloc(MAX(room, 1UL));
	if (result == NULL) {
		return NULL;
	}
	to = (char *)(result + n);
	for (int i = 0; i < n; i++) {
		size_t len = describe(line, list[i]);

		result[i] = memcpy(to, line, len + 1);
		to += len + 1;
	}
	return result;
}

void backtrace_symbols_fd(void *const *list, int n, int fd)
{
	char line[LINE + 1];

	for (int i = 0; i < n; i++) {
		size_t len = describe(line, list[i]);

		line[len] = '\n';
		write(fd, line, len + 1);
	}
}
