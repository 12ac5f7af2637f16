/* SPDX-License-Identifier: MIT */
/* Judged by tests/system/test_program.py. Prints what it was given, then does what argv[1] says:
 *   exit N     exit(N), atexit handlers printing, stdout unflushed
 *   return N   main() returns N
 *   quick N    _exit(N): no handler, nothing flushed
 *   echo       prints each line that comes in, until "quit"
 *   reboot     asks for a reset
 *   memory     how much there is
 *   cat FILE   prints a file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kernel/power.h>

extern char **environ;
static int constructed;

/* Programs have constructors; the kernel has none. */
static void __attribute__((constructor)) construct(void)
{
	constructed = 42;
}

static void __attribute__((destructor)) destruct(void)
{
	puts("destructor");
}

static void first_handler(void)
{
	puts("handler 1");
}

static void second_handler(void)
{
	puts("handler 2");
}

static void show(int argc, char **argv)
{
	unsigned char random[16], entropy[16];

	printf("constructed %d\n", constructed);
	for (int i = 0; i < argc; i++) {
		printf("argv[%d]=[%s]\n", i, argv[i]);
	}
	printf("argv ends %s\n", argv[argc] == NULL ? "well" : "badly");
	for (char **e = environ; *e != NULL; e++) {
		printf("env [%s]\n", *e);
	}
	if (getrandom(random, sizeof(random), 0) != sizeof(random) ||
	    getentropy(entropy, sizeof(entropy)) != 0) {
		puts("no random bytes");
	}
	printf("random ");
	for (unsigned i = 0; i < sizeof(random); i++) {
		printf("%02x%02x", random[i], entropy[i]);
	}
	puts("");
}

static int echo(void)
{
	char line[128];

	puts("echo ready");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		printf("echo [%s]\n", line);
		if (strcmp(line, "quit") == 0) {
			return 0;
		}
	}
	return 1;
}

static int cat(const char *name)
{
	FILE *f = fopen(name, "r");
	int c;

	if (f == NULL) {
		perror(name);
		return 1;
	}
	while ((c = getc(f)) != EOF) {
		putchar(c);
	}
	return fclose(f);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	show(argc, argv);
	atexit(first_handler);
	atexit(second_handler);
	if (strcmp(what, "exit") == 0) {
		printf("not flushed");
		exit(n);
	}
	if (strcmp(what, "quick") == 0) {
		fflush(stdout);
		_exit(n);
	}
	if (strcmp(what, "reboot") == 0) {
		fflush(stdout);
		power_reset();
	}
	if (strcmp(what, "memory") == 0) {
		printf("memory %ld KiB\n",
		       sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024));
	}
	if (strcmp(what, "cat") == 0 && argc > 2) {
		return cat(argv[2]);
	}
	return strcmp(what, "echo") == 0 ? echo() : n;
}
