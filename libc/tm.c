/* SPDX-License-Identifier: MIT */
/* What newlib's broken-down times lack: how far their zone is from UTC, and its name. newlib's own functions are
 * there under other names (third_party/newlib-posix.mk); its gmtime(), localtime() and ctime_r() have too little
 * room. */
#include <time.h>

#include <sys/_tz_structs.h>

struct tm *newlib_gmtime_r(const time_t *, struct tm *);
struct tm *newlib_localtime_r(const time_t *, struct tm *);
time_t newlib_mktime(struct tm *);

static struct tm *in_local_zone(struct tm *tm)
{
	int summer = tm->tm_isdst > 0;

	tm->tm_gmtoff = -__gettzinfo()->__tzrule[summer].offset;
	tm->tm_zone = tzname[summer];
	return tm;
}

struct tm *gmtime_r(const time_t *restrict t, struct tm *restrict tm)
{
	newlib_gmtime_r(t, tm);
	tm->tm_gmtoff = 0;
	tm->tm_zone = "UTC";
	return tm;
}

struct tm *localtime_r(const time_t *restrict t, struct tm *restrict tm)
{
	return in_local_zone(newlib_localtime_r(t, tm));
}

time_t mktime(struct tm *tm)
{
	time_t t = newlib_mktime(tm);

	in_local_zone(tm);
	return t;
}

static _Thread_local struct tm latest;

struct tm *gmtime(const time_t *t)
{
	return gmtime_r(t, &latest);
}

struct tm *localtime(const time_t *t)
{
	return localtime_r(t, &latest);
}

char *ctime_r(const time_t *t, char *buf)
{
	struct tm tm;

	return asctime_r(localtime_r(t, &tm), buf);
}
