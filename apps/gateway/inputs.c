/* SPDX-License-Identifier: MIT */
/* Inputs: a made-up room, and lines that a program or a microcontroller writes to the console's UART. */
#include "gateway.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define MILLI 1000
#define LARGEST \
	1000000000000000LL /* thousandths; ten times that is still far from the end of 64 bits */
#define LINE_MAX_ 128

struct input *inputs[INPUTS_MAX];
unsigned input_count;
uint64_t inputs_bad_lines;

static struct input *find(const char *name, size_t n)
{
	for (unsigned i = 0; i < input_count; i++) {
		if (strlen(inputs[i]->name) == n && memcmp(inputs[i]->name, name, n) == 0) {
			return inputs[i];
		}
	}
	return NULL;
}

/* Letters, digits and underscores: fit for a topic, a metric's label and an element of the page. */
static bool is_name(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)p[i]) && p[i] != '_') {
			return false;
		}
	}
	return n > 0 && n < INPUT_NAME;
}

/* Topics of the gateway's own, beside those of its inputs. */
static bool is_taken(const char *p, size_t n)
{
	return (n == 3 && memcmp(p, "set", 3) == 0) || (n == 6 && memcmp(p, "status", 6) == 0);
}

static struct input *find_or_add(const char *name, size_t n)
{
	struct input *in = find(name, n);

	if (in != NULL || !is_name(name, n) || is_taken(name, n) || input_count == INPUTS_MAX) {
		return in;
	}
	in = calloc(1, sizeof(*in));
	if (in != NULL) {
		memcpy(in->name, name, n);
		inputs[input_count++] = in;
		syslog(LOG_INFO, "a new input: %s", in->name);
	}
	return in;
}

/* --- a room ------------------------------------------------------------------------------------- */

/* A value that wanders: a step to either side, drawn to its middle. */
struct walk {
	const char *name, *unit;
	int64_t middle, step, value;
};

static void wander(struct walk *w)
{
	int64_t by = (int64_t)random() % (2 * w->step + 1) - w->step;

	w->value += by + (w->middle - w->value) / 50;
}

void inputs_sample(void)
{
	static struct walk room[] = {
		{ "temperature", "celsius", 21 * MILLI, 80, 21 * MILLI },
		{ "humidity", "percent", 45 * MILLI, 300, 45 * MILLI },
		{ "pressure", "hectopascal", 1013 * MILLI, 50, 1013 * MILLI },
	};

	for (unsigned i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
		struct input *in = find_or_add(room[i].name, strlen(room[i].name));

		wander(&room[i]);
		if (in != NULL) {
			strcpy(in->unit, room[i].unit);
			history_add(in, room[i].value);
		}
	}
}

/* --- lines ------------------------------------------------------------------------------------------ */

bool inputs_number(const char *p, size_t n, int64_t *milli)
{
	bool minus = n > 0 && p[0] == '-', point = false;
	int64_t v = 0, unit = MILLI; /* of the next digit behind the point: 100, 10, 1, 0 */
	size_t digits = 0;

	for (size_t i = minus; i < n; i++) {
		int digit = p[i] - '0';

		if (p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (digit < 0 || digit > 9 || v > LARGEST) {
			return false;
		}
		digits++;
		unit = point ? unit / 10 : MILLI;
		v = point ? v + digit * unit : v * 10 + digit * MILLI;
	}
	*milli = minus ? -v : v;
	return digits > 0 && v <= LARGEST;
}

/* The next word of a line; false at its end. */
static bool word(struct span *line, struct span *out)
{
	size_t n = 0;

	while (line->n > 0 && isspace((unsigned char)*line->p)) {
		line->p++;
		line->n--;
	}
	while (n < line->n && !isspace((unsigned char)line->p[n])) {
		n++;
	}
	*out = (struct span){ line->p, n };
	line->p += n;
	line->n -= n;
	return n > 0;
}

static bool take_line(struct span line)
{
	struct span name, value, unit, more;
	struct input *in;
	int64_t milli;

	if (!word(&line, &name)) {
		return true; /* an empty one says nothing, wrongly or not */
	}
	if (!word(&line, &value) || !inputs_number(value.p, value.n, &milli)) {
		return false;
	}
	if (word(&line, &unit) && (unit.n >= UNIT_NAME || !is_name(unit.p, unit.n))) {
		return false;
	}
	if (word(&line, &more)) {
		return false;
	}
	in = find_or_add(name.p, name.n);
	if (in == NULL) {
		return false;
	}
	if (unit.n > 0) { /* once said is enough */
		memcpy(in->unit, unit.p, unit.n);
		in->unit[unit.n] = '\0';
	}
	history_add(in, milli);
	return true;
}

bool inputs_line(const char *line, size_t n)
{
	bool good = take_line((struct span){ line, n });

	inputs_bad_lines += !good;
	return good;
}

/* Lines may come in pieces; one that is too long is thrown away to its end. */
void inputs_console(int fd)
{
	static char line[LINE_MAX_];
	static size_t len;
	static bool too_long;
	char buf[256];
	ssize_t n = read(fd, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] != '\n' && buf[i] != '\r') {
			if (len < sizeof(line)) {
				line[len++] = buf[i];
			} else {
				too_long = true;
			}
			continue;
		}
		if (too_long) {
			inputs_bad_lines++;
		} else {
			inputs_line(line, len);
		}
		len = 0;
		too_long = false;
	}
}
