/* SPDX-License-Identifier: MIT */
/* From the kernel to main() and back: constructors, arguments, exit. */
#include "event.h"
#include "libc.h"

#include <assert.h>
#include <fs/vfs.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/power.h>
#include <reent.h>
#include <stdlib.h>
#include <unistd.h>

extern void (*const __preinit_array_start[])(void), (*const __preinit_array_end[])(void);
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

int main(int argc, char **argv, char **env);

void __call_exitprocs(int status, void *object); /* newlib: handlers of atexit() */
bool libc_exiting;
void (*libc_thread_ends)(void);

/* newlib's exit code runs __libc_fini_array() last if this exists, and that calls _fini(). */
extern char __libc_fini;
char __libc_fini;

void _fini(void);
void _fini(void)
{
}

static void run(void (*const *from)(void), void (*const *to)(void))
{
	for (; from < to; from++) {
		(*from)();
	}
}

/* Descriptors 0, 1 and 2. */
static void open_console(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fd_make(console_file(), false) != fd) {
			panic("no descriptor %d for the console", fd);
		}
	}
}

void libc_start(void) __attribute__((noreturn));
void libc_start(void)
{
	int argc;
	char **argv = params_argv(&argc);

	environ = params_environ();
	open_console();
	vfs_init();
	run(__preinit_array_start, __preinit_array_end);
	run(__init_array_start, __init_array_end);
	exit(main(argc, argv, environ));
}

/* newlib's, with a mark that streams are being closed (locks.c). */
void exit(int status)
{
	if (libc_thread_ends != NULL) {
		libc_thread_ends();
	}
	libc_exiting = true;
	__call_exitprocs(status, NULL);
	if (__stdio_exit_handler != NULL) {
		__stdio_exit_handler();
	}
	_exit(status);
}

void _exit(int status)
{
	power_finish();
	power_off(status & 0xff);
}

void _Exit(int status)
{
	_exit(status);
}

void abort(void)
{
	if (event_users.abort != NULL) {
		event_users.abort();
	}
	panic("abort() called");
}

/* What assert() calls: newlib's own would bring fprintf(). */
void __assert_func(const char *file, int line, const char *func, const char *what)
{
	panic("assertion \"%s\" failed: file \"%s\", line %d%s%s", what, file, line,
	      func != NULL ? ", function: " : "", func != NULL ? func : "");
}
