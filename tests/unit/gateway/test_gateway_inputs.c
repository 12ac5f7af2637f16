/* SPDX-License-Identifier: MIT */
/* Contract: of the console's bytes, in whatever pieces they come, exactly the lines "NAME VALUE [UNIT]" become samples, in
 * thousandths and in order; all others are counted and harm nothing; sixteen inputs and no more.
 * sources: apps/gateway/inputs.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../test.h"

#include "../../../apps/gateway/gateway.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOP 1000000000000000 /* 10^12 */

/* --- what was told */

static struct {
	char name[INPUT_NAME], unit[UNIT_NAME];
	int64_t milli;
} told;
static unsigned times;

void history_add(struct input *in, int64_t milli)
{
	strcpy(told.name, in->name);
	strcpy(told.unit, in->unit);
	told.milli = milli;
	times++;
	in->count++;
}

static void forget(void)
{
	while (input_count > 0) {
		free(inputs[--input_count]);
	}
	inputs_bad_lines = 0;
	times = 0;
}

/* --- numbers */

static void test_numbers(void)
{
	static const struct {
		const char *text;
		int64_t milli;
	} numbers[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "00012", 12000 },
		{ "7", 7000 },
		{ "-12.5", -12500 },
		{ ".5", 500 },
		{ "-.5", -500 },
		{ "5.", 5000 },
		{ "0.001", 1 },
		{ "0.0019", 1 },
		{ "-0.0009", 0 },
		{ "3.14159265358979323846264338327950288419716939937510", 3141 },
		{ "1000000000.123", 1000000000123 },
		{ "999999999999.999", TOP - 1 },
		{ "999999999999.9999999999999999999", TOP - 1 },
		{ "1000000000000", TOP },
		{ "-1000000000000.000", -TOP },
	};
	static const char *const none[] = {
		"",
		"-",
		".",
		"-.",
		"+1",
		"--1",
		"1-",
		"1.2.3",
		"1e3",
		"0x10",
		"1,5",
		"nan",
		"inf",
		" 1",
		"1 ",
		"1000000000000.001",
		"-1000000000000.001",
		"1000000000001",
		"10000000000000",
		"18446744073709551616",
		"99999999999999999999999999999999999999999999",
	};
	int64_t v;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		v = 77;
		CHECK(inputs_number(numbers[i].text, strlen(numbers[i].text), &v));
		if (!CHECK_EQ(v, numbers[i].milli)) {
			printf("# %s\n", numbers[i].text);
		}
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (!CHECK(!inputs_number(none[i], strlen(none[i]), &v))) {
			printf("# %s\n", none[i]);
		}
	}
}

/* --- lines */

static bool line(const char *text)
{
	return inputs_line(text, strlen(text));
}

static void test_line(void)
{
	forget();
	CHECK(line("flow -12.5 litre"));
	CHECK_STR(told.name, "flow");
	CHECK_STR(told.unit, "litre");
	CHECK_EQ(told.milli, -12500);
	CHECK(line("\t flow   3 \t"));
	CHECK_STR(told.unit, "litre"); /* as said before */
	CHECK_EQ(told.milli, 3000);
	CHECK(line("flow 4 gallon"));
	CHECK_STR(told.unit, "gallon");
	CHECK_EQ(input_count, 1);
	CHECK_EQ(inputs[0]->count, 3);
	CHECK_EQ(inputs_bad_lines, 0);
	forget();
}

static void test_empty_lines(void)
{
	forget();
	CHECK(line(""));
	CHECK(line(" \t\r"));
	CHECK_EQ(times, 0);
	CHECK_EQ(inputs_bad_lines, 0);
}

static void test_bad_lines(void)
{
	static const char *const bad[] = {
		"flow",
		"flow litre",
		"flow 1 litre more",
		"12 flow litre", /* an input may be called 12 */
		"flow/rate 1",
		"flow+ 1",
		"# 1",
		"fl\xc3\xb6w 1",
		"flow 1 \xc2\xb0"
		"C",
		"flow 1 m/s",
		"flow 1 hectopascals", /* a unit has 11 letters at most, a name 31 */
		"flow 1 twelve_chars",
		"a23456789_123456789_123456789_12 1",
		"set 1", /* the gateway's own topics */
		"status 1",
	};

	forget();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!CHECK(!line(bad[i]))) {
			printf("# %s\n", bad[i]);
		}
		CHECK_EQ(inputs_bad_lines, i + 1);
	}
	CHECK_EQ(times, 0);
	CHECK_EQ(input_count, 0);
	CHECK(line("a23456789_123456789_123456789_1 1 hectopascal"));
	CHECK(line("sets 1"));
	CHECK(line("12 1"));
	forget();
}

static void test_full(void)
{
	char text[32];

	forget();
	for (unsigned i = 0; i < INPUTS_MAX; i++) {
		snprintf(text, sizeof(text), "in_%u %u", i, i);
		CHECK(line(text));
	}
	CHECK(!line("one_more 1"));
	CHECK_EQ(input_count, INPUTS_MAX);
	CHECK_EQ(inputs_bad_lines, 1);
	CHECK(line("in_0 5"));
	CHECK(line("in_15 6"));
	/* There is no place for the room either. */
	times = 0;
	inputs_sample();
	CHECK_EQ(times, 0);
	forget();
}

static void test_sample(void)
{
	forget();
	for (unsigned i = 0; i < 10000; i++) {
		inputs_sample();
		for (unsigned k = 0; k < input_count; k++) {
			CHECK(strlen(inputs[k]->unit) > 0);
		}
		CHECK(told.milli > 1000000 &&
		      told.milli < 1026000); /* the pressure wanders, not away */
	}
	CHECK_EQ(input_count, 3);
	CHECK_EQ(times, 30000);
	forget();
}

/* --- the console */

static int console[2];

static void say(const char *p, size_t n)
{
	CHECK(write(console[1], p, n) == (ssize_t)n);
	if (n > 0) {
		inputs_console(console[0]);
	}
}

static void test_console_pieces(void)
{
	static const char text[] = "flow 1 litre\r\n\nflow 2\rflow 3\nbad\n\nlevel -4.25 metre\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		forget();
		say(text, cut);
		say(text + cut, sizeof(text) - 1 - cut);
		CHECK_EQ(times, 4);
		CHECK_EQ(inputs_bad_lines, 1);
		CHECK_EQ(input_count, 2);
		CHECK_EQ(told.milli, -4250);
	}
	forget();
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		say(text + i, 1);
	}
	CHECK_EQ(times, 4);
	CHECK_EQ(inputs_bad_lines, 1);
	forget();
}

/* A line fits up to 128 bytes; of a longer one nothing is taken, though its end looks like a line. */
static void test_console_long(void)
{
	char text[400];

	for (size_t n = 120; n < 300; n++) {
		forget();
		memset(text, ' ', sizeof(text));
		memcpy(text + n - 6, "flow 1\nflow 2\n", 14);
		for (size_t at = 0; at < n + 8; at += 100) {
			say(text + at, n + 8 - at < 100 ? n + 8 - at : 100);
		}
		CHECK_EQ(times, n <= 128 ? 2 : 1);
		CHECK_EQ(inputs_bad_lines, n <= 128 ? 0 : 1);
		CHECK_EQ(told.milli, 2000);
	}
	forget();
}

/* Whatever comes: no more inputs than there is room for, names that are names, and the next line is heard. */
static void test_console_noise(void)
{
	static const char letters[] = "ab_1.-  \n\r\t\0\x7f\xff#{\"";
	char text[200];

	forget();
	test_seed(7);
	for (unsigned round = 0; round < 5000; round++) {
		size_t n = test_below(sizeof(text)) + 1;

		for (size_t i = 0; i < n; i++) {
			text[i] = round % 2 == 0 ? (char)test_random()
						 : letters[test_below(sizeof(letters) - 1)];
		}
		say(text, n);
	}
	for (unsigned i = 0; i < input_count; i++) {
		for (const char *s = inputs[i]->name; *s != '\0'; s++) {
			CHECK(isalnum((unsigned char)*s) || *s == '_');
		}
	}
	CHECK(inputs_bad_lines > 1000);
	forget();
	say("\nflow 5\n", 8);
	CHECK_STR(told.name, "flow");
	CHECK_EQ(told.milli, 5000);
	forget();
}

static void test_console_end(void)
{
	forget();
	close(console[1]);
	inputs_console(console[0]);
	inputs_console(-1);
	CHECK_EQ(times, 0);
	CHECK_EQ(inputs_bad_lines, 0);
}

int main(void)
{
	static const struct test tests[] = {
		{ "numbers with a point, a sign and limits", test_numbers },
		{ "a line is a sample; a unit is kept", test_line },
		{ "an empty line says nothing", test_empty_lines },
		{ "bad lines are counted and add nothing", test_bad_lines },
		{ "sixteen inputs and no more", test_full },
		{ "the room's values wander, not away", test_sample },
		{ "lines in pieces, with any end", test_console_pieces },
		{ "a line that is too long is thrown away whole", test_console_long },
		{ "noise", test_console_noise },
		{ "the end of the console, and none", test_console_end },
	};

	if (pipe(console) != 0) {
		return 1;
	}
	return test_run(tests, sizeof(tests) / sizeof(tests[0]));
}
