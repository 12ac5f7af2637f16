/* SPDX-License-Identifier: MIT */
/* Functions that programs of any size call now and then, and that no other test comes by. */
#define _GNU_SOURCE
#include "posix_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* --- folders ----------------------------------------------------------------------------------- */

static void test_folders(void)
{
	int fd = open("/data/tree", O_RDONLY | O_DIRECTORY),
	    file = open("/data/lines.txt", O_RDONLY);
	DIR *d = fdopendir(fd);
	struct dirent *e, one, *next;
	char second[256], third[256];
	long at;

	if (!ok(d != NULL && dirfd(d) == fd, "fdopendir, dirfd")) {
		return;
	}
	readdir(d);
	at = telldir(d);
	e = readdir(d);
	strcpy(second, e->d_name);
	e = readdir(d);
	strcpy(third, e->d_name);
	seekdir(d, at);
	ok((e = readdir(d)) != NULL && strcmp(e->d_name, second) == 0,
	   "seekdir to telldir's place");
	is(readdir_r(d, &one, &next), 0, "readdir_r");
	ok(next == &one && strcmp(one.d_name, third) == 0, "goes on from there");
	while (readdir_r(d, &one, &next) == 0 && next != NULL) {
	}
	ok(next == NULL, "to the end");
	is(closedir(d), 0, "closedir");
	fails(close(fd), EBADF, "has closed the descriptor");
	ok(fdopendir(file) == NULL && errno == ENOTDIR, "a file is no folder");
	close(file);
}

/* --- time -------------------------------------------------------------------------------------- */

static void test_clock(void)
{
	struct timeval before, after, set = { 1700000000, 250000 }, sum, left;

	is(gettimeofday(&before, NULL), 0, "gettimeofday");
	is(settimeofday(&set, NULL), 0, "settimeofday");
	gettimeofday(&after, NULL);
	ok(timercmp(&after, &set, >=) && after.tv_sec < set.tv_sec + 100, "sets what is told");
	set.tv_usec = 1000000;
	fails(settimeofday(&set, NULL), EINVAL, "a time that is none");
	settimeofday(&before, NULL);
	timerclear(&left);
	ok(!timerisset(&left) && timerisset(&before), "timerclear, timerisset");
	timeradd(&((struct timeval){ 1, 700000 }), &((struct timeval){ 2, 600000 }), &sum);
	ok(sum.tv_sec == 4 && sum.tv_usec == 300000, "timeradd");
	timersub(&sum, &((struct timeval){ 3, 400000 }), &left);
	ok(left.tv_sec == 0 && left.tv_usec == 900000, "timersub");
}

static void test_dates(void)
{
	static const char want[] = "Tue Nov 14 22:13:20 2023\n";
	time_t t = 1700000000;
	char buf[26];

	is(strcmp(ctime(&t), want), 0, "ctime");
	is(strcmp(ctime_r(&t, buf), want), 0, "ctime_r");
	is(strcmp(asctime(gmtime(&t)), want), 0, "asctime, gmtime");
	is(strcmp(asctime_r(gmtime(&t), buf), want), 0, "asctime_r");
	ok(difftime(t, t - 5) == 5.0, "difftime");
}

/* --- signals ----------------------------------------------------------------------------------- */

static void test_signals(void)
{
	sigset_t a, b, c;
	struct sigaction act;

	sigemptyset(&a);
	sigemptyset(&b);
	sigaddset(&a, SIGUSR1);
	sigaddset(&a, SIGUSR2);
	sigaddset(&b, SIGUSR2);
	sigaddset(&b, SIGHUP);
	ok(sigandset(&c, &a, &b) == 0 && sigismember(&c, SIGUSR2) == 1 &&
		   sigismember(&c, SIGUSR1) == 0 && sigismember(&c, SIGHUP) == 0,
	   "sigandset");
	ok(sigorset(&c, &a, &b) == 0 && sigismember(&c, SIGUSR1) == 1 &&
		   sigismember(&c, SIGHUP) == 1 && sigismember(&c, SIGTERM) == 0,
	   "sigorset");
	signal(SIGUSR1, SIG_DFL);
	ok(siginterrupt(SIGUSR1, 1) == 0 && sigaction(SIGUSR1, NULL, &act) == 0 &&
		   (act.sa_flags & SA_RESTART) == 0,
	   "siginterrupt on");
	ok(siginterrupt(SIGUSR1, 0) == 0 && sigaction(SIGUSR1, NULL, &act) == 0 &&
		   (act.sa_flags & SA_RESTART) != 0,
	   "and off");
	fails(siginterrupt(SIGKILL, 1), EINVAL, "not of what nobody handles");
}

/* --- descriptors ------------------------------------------------------------------------------- */

static void test_more_descriptors(void)
{
	struct iovec v = { (void *)(uintptr_t) "x", 1 };
	int fd = open("/data/lines.txt", O_RDONLY), ep = epoll_create(1), ends[2];
	fd_set set;

	fails(pwritev(fd, &v, 1, 0), EBADF, "pwritev to what is open for reading");
	pipe(ends);
	fails(pwritev(ends[1], &v, 1, 0), ESPIPE, "or has no places");
	ok(ep >= 0 && fcntl(ep, F_GETFD) == 0, "epoll_create");
	fails(epoll_create(0), EINVAL, "epoll_create of no size");
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	FD_SET(63, &set);
	FD_CLR(63, &set);
	ok(FD_ISSET(ends[0], &set) && !FD_ISSET(63, &set), "FD_CLR");
	ok(roundup(13, 8) == 16 && roundup(16, 8) == 16 && howmany(17, 8) == 3, "roundup, howmany");
	close(ends[0]);
	close(ends[1]);
	close(ep);
	close(fd);
}

void test_small(void)
{
	test_folders();
	test_clock();
	test_dates();
	test_signals();
	test_more_descriptors();
}
