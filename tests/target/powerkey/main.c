/* SPDX-License-Identifier: MIT */
/* Waits for its end in the way that the argument names. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t terms;

static void term(int s)
{
	(void)s;
	terms++;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	sigset_t set;
	int s;

	if (strcmp(how, "handler") == 0 || strcmp(how, "deaf") == 0) {
		signal(SIGTERM, term);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (strcmp(how, "sigwait") == 0) {
		sigprocmask(SIG_BLOCK, &set, NULL);
		puts("ready");
		sigwait(&set, &s);
		printf("signal %d\n", s);
		return 5;
	}
	puts("ready");
	do {
		pause();
		printf("terms %d\n", (int)terms);
	} while (strcmp(how, "deaf") == 0);
	return 3;
}
