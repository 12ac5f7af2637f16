/* SPDX-License-Identifier: MIT */
/* Signals in words. newlib's functions know newlib's numbers. */
#define _GNU_SOURCE
#include "signals.h"

#include "libc.h"

#include <kernel/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	char name[7];
	char what[32];
} table[SIGSYS + 1] = {
	[SIGHUP] = { "HUP", "Hangup" },
	[SIGINT] = { "INT", "Interrupt" },
	[SIGQUIT] = { "QUIT", "Quit" },
	[SIGILL] = { "ILL", "Illegal instruction" },
	[SIGTRAP] = { "TRAP", "Trace/breakpoint trap" },
	[SIGABRT] = { "ABRT", "Aborted" },
	[SIGBUS] = { "BUS", "Bus error" },
	[SIGFPE] = { "FPE", "Floating point exception" },
	[SIGKILL] = { "KILL", "Killed" },
	[SIGUSR1] = { "USR1", "User defined signal 1" },
	[SIGSEGV] = { "SEGV", "Segmentation fault" },
	[SIGUSR2] = { "USR2", "User defined signal 2" },
	[SIGPIPE] = { "PIPE", "Broken pipe" },
	[SIGALRM] = { "ALRM", "Alarm clock" },
	[SIGTERM] = { "TERM", "Terminated" },
	[SIGSTKFLT] = { "STKFLT", "Stack fault" },
	[SIGCHLD] = { "CHLD", "Child status changed" },
	[SIGCONT] = { "CONT", "Continued" },
	[SIGSTOP] = { "STOP", "Stopped (signal)" },
	[SIGTSTP] = { "TSTP", "Stopped" },
	[SIGTTIN] = { "TTIN", "Stopped (tty input)" },
	[SIGTTOU] = { "TTOU", "Stopped (tty output)" },
	[SIGURG] = { "URG", "Urgent I/O condition" },
	[SIGXCPU] = { "XCPU", "CPU time limit exceeded" },
	[SIGXFSZ] = { "XFSZ", "File size limit exceeded" },
	[SIGVTALRM] = { "VTALRM", "Virtual timer expired" },
	[SIGPROF] = { "PROF", "Profiling timer expired" },
	[SIGWINCH] = { "WINCH", "Window changed" },
	[SIGIO] = { "IO", "I/O possible" },
	[SIGPWR] = { "PWR", "Power failure" },
	[SIGSYS] = { "SYS", "Bad system call" },
};

int sig2str(int s, char *name)
{
	if (!signal_valid(s)) {
		return -1;
	}
	if (s <= SIGSYS) {
		strlcpy(name, table[s].name, SIG2STR_MAX);
	} else if (s == SIGRTMIN || s == SIGRTMAX) {
		strlcpy(name, s == SIGRTMIN ? "RTMIN" : "RTMAX", SIG2STR_MAX);
	} else if (s - SIGRTMIN <= SIGRTMAX - s) {
		fmt_snprintf(name, SIG2STR_MAX, "RTMIN+%d", s - SIGRTMIN);
	} else {
		fmt_snprintf(name, SIG2STR_MAX, "RTMAX-%d", SIGRTMAX - s);
	}
	return 0;
}

/* "RTMIN+3" and the like, and plain numbers. */
static int by_number(const char *name)
{
	int base = strncmp(name, "RTMIN", 5) == 0   ? SIGRTMIN
		   : strncmp(name, "RTMAX", 5) == 0 ? SIGRTMAX
						    : 0;
	const char *p = base != 0 ? name + 5 : name;
	char *end;
	long n;

	if (base != 0 && *p == '\0') {
		return base;
	}
	if (base != 0 && *p != (base == SIGRTMIN ? '+' : '-')) {
		return -1;
	}
	n = strtol(p, &end, 10);
	if (end == p || *end != '\0' || n < -NSIG || n >= NSIG) {
		return -1;
	}
	n += base;
	return signal_valid((int)n) && (base == 0 || n >= SIGRTMIN) ? (int)n : -1;
}

int str2sig(const char *restrict name, int *restrict s)
{
	int found = -1;

	for (int i = 1; i <= SIGSYS; i++) {
		if (strcmp(name, table[i].name) == 0) {
			found = i;
		}
	}
	if (found < 0) {
		found = by_number(name);
	}
	if (found < 0) {
		return -1;
	}
	*s = found;
	return 0;
}

const char *signal_name(int s)
{
	return s <= SIGSYS ? table[s].name : "a real-time signal";
}

char *strsignal(int s)
{
	static _Thread_local char text[32];

	if (signal_valid(s) && s <= SIGSYS) {
		strlcpy(text, table[s].what, sizeof(text));
	} else if (signal_valid(s)) {
		fmt_snprintf(text, sizeof(text), "Real-time signal %d", s - SIGRTMIN);
	} else {
		fmt_snprintf(text, sizeof(text), "Unknown signal %d", s);
	}
	return text;
}

void psignal(int s, const char *message)
{
	char line[160];
	bool with = message != NULL && *message != '\0';
	int n = fmt_snprintf(line, sizeof(line), "%s%s%s\n", with ? message : "", with ? ": " : "",
			     strsignal(s));
	ssize_t ignored =
		write(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);

	(void)ignored;
}

void psiginfo(const siginfo_t *info, const char *message)
{
	psignal(info->si_signo, message);
}
