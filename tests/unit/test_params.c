/* SPDX-License-Identifier: MIT */
/* kernel/params.c: bootargs to parameters, arguments and environment.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/params.c"

#include "kernel.h"
#include "test.h"

const char app_name[] = "app";
const char app_args[] = "built \"in args\"";

/* What the kernel keeps for good, so that each line starts afresh. */
static void *given[64];
static unsigned given_count, allowed;

void *kmalloc(size_t n)
{
	if (allowed == 0) {
		return NULL;
	}
	allowed--;
	given[given_count] = malloc(n);
	return given[given_count++];
}

static void parse(const char *line)
{
	while (given_count > 0) {
		free(given[--given_count]);
	}
	memset(&pr, 0, sizeof(pr));
	allowed = 64;
	params_init(line);
}

static void done(void)
{
	parse(NULL);
	while (given_count > 0) {
		free(given[--given_count]);
	}
}

/* The words of @v joined by '|'. */
static const char *joined(char **v)
{
	static char text[65536];

	text[0] = '\0';
	for (unsigned i = 0; v[i] != NULL; i++) {
		strcat(strcat(text, i > 0 ? "|" : ""), v[i]);
	}
	return text;
}

static void expect_argv(const char *line, const char *want)
{
	int argc;
	char **argv;

	parse(line);
	argv = params_argv(&argc);
	if (!CHECK_STR(joined(argv), want) || !CHECK(argv[argc] == NULL)) {
		printf("# bootargs: %s\n", line == NULL ? "(none)" : line);
	}
}

static void test_arguments(void)
{
	expect_argv(NULL, "app|built|in args");
	expect_argv("", "app|built|in args");
	expect_argv(" \t\n ", "app|built|in args");
	expect_argv("quiet", "app|built|in args");
	expect_argv("--", "app");
	expect_argv("-- ", "app");
	expect_argv("quiet -- a b", "app|a|b");
	expect_argv("a -- b -- c", "app|b|--|c");
	expect_argv("--- x", "app|built|in args");
	expect_argv("x -- \"a b\" c\"d e\"f \"\" g", "app|a b|cd ef||g");
	expect_argv("-- \"open quote at the end", "app|open quote at the end");
	expect_argv("--\ta\t\tb\n", "app|a|b");
	done();
}

static void test_quoted_arguments(void)
{
	expect_argv("-- 'two words' x", "app|two words|x");
	expect_argv("-- x 'two words'", "app|x|two words");
	expect_argv("--  'a' '' 'it's  so'\t'", "app|a||it's  so|'");
	expect_argv("-- it's 'open end", "app|it's|'open|end");
	expect_argv("-- 'a'b c' d", "app|a'b c|d");
	expect_argv("-- '\"a b\"' \"'c d'\"", "app|\"a b\"|'c d'");
	expect_argv("x='a b' -- c", "app|c"); /* in front of -- it is a character like any other */
	CHECK_STR(param("x"), "'a");
	done();
}

/* As urunc starts a Linux guest. */
static void test_init(void)
{
	expect_argv("panic=-1 console=ttyS0 ip=10.0.0.2::10.0.0.1:255.255.255.0:urunc:eth0:off "
		    "PATH=/bin init=/app -- -x 'b c'",
		    "/app|-x|b c");
	CHECK_STR(joined(params_environ()), "PATH=/bin");
	expect_argv("init=/app -- ", "/app");
	expect_argv("init=/app", "/app|built|in args");
	expect_argv("root=/dev/ram0 rdinit=/first init=/second --", "/first");
	expect_argv("init= -- a", "app|a");
	expect_argv("-- init=/app", "app|init=/app");
	done();
}

static void test_parameters(void)
{
	parse("quiet ip=dhcp  console=hvc0\tname=\"a b\" \"quo ted=x y\" ip=10.0.0.2::10.0.0.1 "
	      "eq=a=b empty= "
	      "-- hidden=1");
	CHECK_STR(param("quiet"), "");
	CHECK_STR(param("console"), "hvc0");
	CHECK_STR(param("ip"), "10.0.0.2::10.0.0.1"); /* the last one counts */
	CHECK_STR(param("name"), "a b");
	CHECK_STR(param("quo ted"), "x y");
	CHECK_STR(param("eq"), "a=b");
	CHECK_STR(param("empty"), "");
	CHECK_STR(param("hidden"), NULL);
	CHECK_STR(param("qui"), NULL);
	CHECK_STR(param("quiets"), NULL);
	CHECK_STR(param("i"), NULL);
	CHECK_STR(param("--"), NULL);
	done();
}

static void test_numbers(void)
{
	parse("a=12 b=0 c=18446744073709551615 d=18446744073709551616 e=-1 f= g h=x1 "
	      "i=99999999999999999999999");
	CHECK_EQ(param_number("a", 7), 12);
	CHECK_EQ(param_number("b", 7), 0);
	CHECK_EQ(param_number("c", 7), UINT64_MAX);
	CHECK_EQ(param_number("d", 7), 7);
	CHECK_EQ(param_number("e", 7), 7);
	CHECK_EQ(param_number("f", 7), 7);
	CHECK_EQ(param_number("g", 7), 7);
	CHECK_EQ(param_number("h", 7), 7);
	CHECK_EQ(param_number("i", 7), 7);
	CHECK_EQ(param_number("none", 7), 7);
	done();
}

static void test_environment(void)
{
	parse("quiet HOME=/ loglevel=4 A=1 lower=1 Mixed=1 B_2=\"x y\" =x UPPER -- ARG=1");
	CHECK_STR(joined(params_environ()), "HOME=/|A=1|B_2=x y");
	parse("");
	CHECK(params_environ()[0] == NULL);
	done();
}

static void test_too_many(void)
{
	static char line[8192];
	unsigned n = 0;
	int argc;

	for (unsigned i = 0; i < WORDS + 20; i++) {
		n += (unsigned)sprintf(line + n, "W%u=%u ", i, i);
	}
	memset(env.logged, 0, sizeof(env.logged));
	parse(line);
	CHECK_EQ(env.logged[4], 1);
	CHECK_STR(param("W127"), "127");
	CHECK_STR(param("W128"), NULL);
	CHECK(params_environ()[WORDS - 1] != NULL && params_environ()[WORDS] == NULL);
	memcpy(line, "--  ", 4);
	parse(line);
	CHECK(params_argv(&argc)[argc] == NULL && argc == WORDS);
	done();
}

static void test_no_memory(void)
{
	for (unsigned i = 0; i < 3; i++) {
		int argc;

		done();
		memset(&pr, 0, sizeof(pr));
		allowed = i;
		params_init("a=1 B=2");
		CHECK(params_argv(&argc)[argc] == NULL);
		CHECK(param("a") == NULL || strcmp(param("a"), "1") == 0);
	}
	done();
}

/* Any bytes: every word ends within the copy. ASan watches. */
static void test_noise(void)
{
	static const char some[] = "\"\"  \t=--aAZ_09.\n";
	char line[100];

	for (unsigned i = 0; i < 50000; i++) {
		unsigned n = test_below(sizeof(line));

		for (unsigned k = 0; k < n; k++) {
			line[k] = some[test_below(sizeof(some) - 1)];
		}
		line[n] = '\0';
		parse(line);
		CHECK(strlen(joined(pr.words)) <= 2UL * sizeof(line));
		joined(pr.argv);
		joined(pr.environ);
		param("a");
	}
	done();
}

static const struct test tests[] = {
	{ "words behind -- are the arguments, quotes keep blanks, else the build's",
	  test_arguments },
	{ "single quotes keep an argument with blanks together", test_quoted_arguments },
	{ "init= and rdinit= name the program", test_init },
	{ "parameters: flags, values, the last of several", test_parameters },
	{ "numbers that are none, or too large, give the default", test_numbers },
	{ "NAME=value in capitals is the environment", test_environment },
	{ "more than 128 words: said, and the rest ignored", test_too_many },
	{ "no memory: no crash", test_no_memory },
	{ "50,000 lines of quotes, blanks and signs", test_noise },
};
TEST_MAIN(tests)
