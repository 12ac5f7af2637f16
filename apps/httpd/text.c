/* SPDX-License-Identifier: MIT */
/* Appending to and reading from text. */
#include "text.h"

#include <string.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_400Y	146097 /* the calendar repeats after that */

static const char digits[] = "0123456789abcdef";

void text_put(struct text *t, const char *p, size_t n)
{
	if (n > (size_t)(t->end - t->at)) {
		t->full = true;
		return;
	}
	memcpy(t->at, p, n);
	t->at += n;
}

void text_str(struct text *t, const char *s)
{
	text_put(t, s, strlen(s));
}

static void put_base(struct text *t, uint64_t v, unsigned base)
{
	char buf[20], *p = buf + sizeof(buf);

	do {
		*--p = digits[v % base];
		v /= base;
	} while (v != 0);
	text_put(t, p, (size_t)(buf + sizeof(buf) - p));
}

void text_number(struct text *t, uint64_t v)
{
	put_base(t, v, 10);
}

void text_hex(struct text *t, uint64_t v)
{
	put_base(t, v, 16);
}

/* Exactly @width digits. */
static void put_padded(struct text *t, uint64_t v, size_t width)
{
	char buf[8];

	for (size_t i = width; i > 0; i--) {
		buf[i - 1] = digits[v % 10];
		v /= 10;
	}
	text_put(t, buf, width);
}

void text_fixed(struct text *t, uint64_t thousandths)
{
	text_number(t, thousandths / 1000);
	text_put(t, ".", 1);
	put_padded(t, thousandths % 1000, 3);
}

struct date {
	uint64_t year;
	unsigned month; /* 0 is January */
	unsigned day;	/* from 1 */
};

/* Years are counted from March on, so that the leap day comes last. */
static struct date to_date(uint64_t days)
{
	uint64_t era, day, year, of_year, month;

	days += 719468; /* from 1 March of the year 0 to 1970 */
	era = days / DAYS_PER_400Y;
	day = days % DAYS_PER_400Y;
	year = (day - day / 1460 + day / 36524 - day / (DAYS_PER_400Y - 1)) / 365;
	of_year = day - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	return (struct date){
		.year = era * 400 + year + (month >= 10),
		.month = (unsigned)((month + 2) % 12),
		.day = (unsigned)(of_year - (153 * month + 2) / 5 + 1),
	};
}

void text_date(struct text *t, time_t when)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t s = when < 0 ? 0 : (uint64_t)when, second = s % SECONDS_PER_DAY;
	struct date d = to_date(s / SECONDS_PER_DAY);

	text_put(t, days + s / SECONDS_PER_DAY % 7 * 3, 3);
	text_put(t, ", ", 2);
	put_padded(t, d.day, 2);
	text_put(t, " ", 1);
	text_put(t, months + d.month * 3, 3);
	text_put(t, " ", 1);
	put_padded(t, d.year, 4);
	text_put(t, " ", 1);
	put_padded(t, second / 3600, 2);
	text_put(t, ":", 1);
	put_padded(t, second / 60 % 60, 2);
	text_put(t, ":", 1);
	put_padded(t, second % 60, 2);
	text_put(t, " GMT", 4);
}

void text_json(struct text *t, const char *s)
{
	text_put(t, "\"", 1);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ') {
			text_put(t, "\\u00", 4);
			text_put(t, &digits[c >> 4], 1);
			text_put(t, &digits[c & 15], 1);
			continue;
		}
		if (c == '"' || c == '\\') {
			text_put(t, "\\", 1);
		}
		text_put(t, s, 1);
	}
	text_put(t, "\"", 1);
}

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("/-._~!$&'()*+,;=:@", c) != NULL);
}

void text_path(struct text *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (is_path_char(p[i])) {
			text_put(t, p + i, 1);
		} else {
			text_put(t, "%", 1);
			text_put(t, &digits[c >> 4], 1);
			text_put(t, &digits[c & 15], 1);
		}
	}
}

bool text_is(const char *p, size_t n, const char *lower)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c >= 'A' && c <= 'Z') {
			c = (char)(c | 0x20);
		}
		if (c != lower[i] || c == '\0') {
			return false;
		}
	}
	return lower[n] == '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool text_next(struct span *list, struct span *element)
{
	const char *p = list->p, *end = p + list->n, *start, *last;
	bool quoted = false;

	while (p < end && (is_blank(*p) || *p == ',')) {
		p++;
	}
	start = p;
	while (p < end && (quoted || *p != ',')) {
		quoted ^= *p == '"';
		p++;
	}
	last = p;
	while (last > start && is_blank(last[-1])) {
		last--;
	}
	*list = (struct span){ p, (size_t)(end - p) };
	*element = (struct span){ start, (size_t)(last - start) };
	return last > start;
}

bool text_to_number(const char *p, size_t n, uint64_t *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9' || __builtin_mul_overflow(sum, 10U, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(p[i] - '0'), &sum)) {
			return false;
		}
	}
	*v = sum;
	return n > 0;
}
