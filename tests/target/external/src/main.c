/* SPDX-License-Identifier: MIT */
/* Contract: a program linked by the SDK has its libraries, its own names, threads, arguments and files. */
#include "parts.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static _Thread_local int mine = 7;
static int cases;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++cases, what);
}

static void *run(void *arg)
{
	*(int *)arg = mine;
	return arg;
}

int main(int argc, char **argv)
{
	char line[20] = "";
	volatile double four = 4;
	pthread_t t;
	int seen = 0;
	FILE *f;

	mine = 8;
	ok(parts_root(four) == 2, "a static library and libm");
	ok(thread_self() == 42, "a function whose name the kernel has too");
	ok(pthread_create(&t, NULL, run, &seen) == 0 && pthread_join(t, NULL) == 0, "a thread");
	ok(seen == 7 && mine == 8, "thread-local variables");
	ok(argc == 3 && strcmp(argv[0], "external") == 0 && strcmp(argv[2], "two") == 0,
	   "arguments");
	f = fopen("/data/line.txt", "r");
	ok(f != NULL && fgets(line, sizeof(line), f) != NULL && strcmp(line, "packed\n") == 0,
	   "a packed file");
	printf("1..%d\n", cases);
	return 0;
}
