/* SPDX-License-Identifier: MIT */
/* Functions of the C library's general kind that newlib lacks: search, conversion, environment, time of
 * UTC, message catalogues. */
#define _GNU_SOURCE
#include "libc.h"

#include <nl_types.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- search ---------------------------------------------------------------------------------- */

struct element {
	struct element *next, *prev;
};

void insque(void *element, void *after)
{
	struct element *e = element, *prev = after;

	e->prev = prev;
	e->next = prev != NULL ? prev->next : NULL;
	if (e->next != NULL) {
		e->next->prev = e;
	}
	if (prev != NULL) {
		prev->next = e;
	}
}

void remque(void *element)
{
	struct element *e = element;

	if (e->next != NULL) {
		e->next->prev = e->prev;
	}
	if (e->prev != NULL) {
		e->prev->next = e->next;
	}
}

/* The place of @key among the @n elements, @n if it is not there. */
static size_t place_of(const void *key, const char *base, size_t n, size_t size,
		       int (*compare)(const void *, const void *))
{
	size_t i = 0;

	while (i < n && compare(key, base + i * size) != 0) {
		i++;
	}
	return i;
}

void *lfind(const void *key, const void *base, size_t *n, size_t size,
	    int (*compare)(const void *, const void *))
{
	size_t i = place_of(key, base, *n, size, compare);

	return i < *n ? (char *)(uintptr_t)base + i * size : NULL;
}

void *lsearch(const void *key, void *base, size_t *n, size_t size,
	      int (*compare)(const void *, const void *))
{
	size_t i = place_of(key, base, *n, size, compare);
	char *e = (char *)base + i * size;

	if (i == *n) {
		memcpy(e, key, size);
		++*n;
	}
	return e;
}

/* --- numbers, environment -------------------------------------------------------------------- */

long long strtonum(const char *s, long long min, long long max, const char **error)
{
	int before = errno;
	const char *what = NULL;
	char *end;
	long long n;

	errno = 0;
	n = strtoll(s, &end, 10);
	if (end == s || *end != '\0' || min > max) {
		what = "invalid";
	} else if ((errno == ERANGE && n < 0) || n < min) {
		what = "too small";
	} else if (errno == ERANGE || n > max) {
		what = "too large";
	}
	errno = what == NULL ? before : what[0] == 'i' ? EINVAL : ERANGE;
	if (error != NULL) {
		*error = what;
	}
	return what == NULL ? n : 0;
}

/* In place: setenv() knows whether the array is its own. */
int clearenv(void)
{
	environ[0] = NULL;
	return 0;
}

/* Nobody gives a program rights that its starter lacks. */
char *secure_getenv(const char *name)
{
	return getenv(name);
}

/* --- time ------------------------------------------------------------------------------------ */

/* Days from 1970-01-01 to the first of March of @year: the leap day is then a year's last. */
static long long days_to_march(long long year)
{
	long long era = (year >= 0 ? year : year - 399) / 400, y = year - era * 400;

	return era * 146097 + y * 365 + y / 4 - y / 100 - 719468;
}

time_t timegm(struct tm *tm)
{
	static const short before[12] = { 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275 };
	long long month = tm->tm_mon, year = 1900LL + tm->tm_year;
	long long t;
	time_t result;

	year += month >= 0 ? month / 12 : (month - 11) / 12;
	month = (month % 12 + 12) % 12;
	t = days_to_march(month < 2 ? year - 1 : year) + before[month] + tm->tm_mday - 1;
	t = ((t * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;
	result = (time_t)t;
	gmtime_r(&result, tm);
	return result;
}

time_t timelocal(struct tm *tm)
{
	return mktime(tm);
}

int clock_getcpuclockid(pid_t pid, clockid_t *clock)
{
	if (pid != 0 && pid != getpid()) {
		return ESRCH;
	}
	*clock = CLOCK_PROCESS_CPUTIME_ID;
	return 0;
}

int timespec_get(struct timespec *t, int base)
{
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, t) == 0 ? base : 0;
}

/* --- catalogues: none ------------------------------------------------------------------------ */

nl_catd catopen(const char *name, int flag)
{
	(void)name, (void)flag;
	errno = ENOENT;
	return (nl_catd)-1;
}

char *catgets(nl_catd cat, int set, int number, const char *text)
{
	(void)cat, (void)set, (void)number;
	return (char *)(uintptr_t)text;
}

int catclose(nl_catd cat)
{
	(void)cat;
	return fail(EBADF);
}
