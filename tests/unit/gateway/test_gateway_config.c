/* SPDX-License-Identifier: MIT */
/* Contract: the gateway's settings: defaults, then the file, then the environment; what is not understood is told, with the
 * line or the name and never the value, and changes nothing.
 * sources: apps/gateway/config.c apps/httpd/text.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../test.h"

#include "../../../apps/gateway/gateway.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct config defaults = {
	.port = 80, .sample_ms = 1000, .simulate = true, .mqtt_version = 5
};
static char said[8192]; /* on stderr by the last read() */

/* config_read() of a file with this text. */
static int read_text(const char *text)
{
	char file[] = "/tmp/gateway-test-XXXXXX", err[] = "/tmp/gateway-test-XXXXXX";
	int fd = mkstemp(file), e = mkstemp(err), saved = dup(STDERR_FILENO), r;
	ssize_t n;

	config = defaults;
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	dup2(e, STDERR_FILENO);
	r = config_read(file);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(e, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(e);
	unlink(file);
	unlink(err);
	return r;
}

/* How often it was said. */
static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *s = said; (s = strstr(s, what)) != NULL; s++) {
		n++;
	}
	return n;
}

static void test_defaults(void)
{
	CHECK_EQ(read_text(""), 0);
	CHECK_STR(said, "");
	CHECK(strlen(config.name) > 0);
	CHECK_EQ(config.port, 80);
	CHECK_EQ(config.sample_ms, 1000);
	CHECK(config.simulate);
	CHECK(!config.console);
	CHECK_STR(config.mqtt, "");
	CHECK_EQ(config.mqtt_version, 5);
}

static void test_file(void)
{
	CHECK_EQ(read_text("# a comment\n"
			   "  name=boiler-7.cellar_2\r\n"
			   "\tport =  8080  # behind a blank\n"
			   "\n"
			   "sample_ms = 50\n"
			   "simulate = no\n"
			   "console = yes\n"
			   "mqtt = mqtts://broker:8883\n"
			   "mqtt_password = a#b=c d\t# not this\n"
			   "mqtt_user =\n"
			   "mqtt_version = 4"),
		 0);
	CHECK_STR(said, "");
	CHECK_STR(config.name, "boiler-7.cellar_2");
	CHECK_EQ(config.port, 8080);
	CHECK_EQ(config.sample_ms, 50);
	CHECK(!config.simulate);
	CHECK(config.console);
	CHECK_STR(config.mqtt, "mqtts://broker:8883");
	CHECK_STR(config.mqtt_password, "a#b=c d");
	CHECK_STR(config.mqtt_user, "");
	CHECK_EQ(config.mqtt_version, 4);
}

/* Each alone: told once with its line, and all is as before. */
static void test_wrong(void)
{
	static const char *const wrong[] = {
		"port = 0",
		"port = 65536",
		"port = -1",
		"port = 80x",
		"port =",
		"sample_ms = 49",
		"sample_ms = 3600001",
		"sample_ms = 99999999999999999999",
		"sample_ms = 1.5",
		"simulate = maybe",
		"simulate =",
		"console = 1",
		"console = YES",
		"mqtt_version = 3",
		"mqtt_version = 6",
		"name =",
		"name = a/b",
		"name = #",
		"name = a+b",
		"name = two words",
		"name = a23456789b123456789c123456789d123456789e123456789f123456789g1234",
		"colour = blue",
		"Port = 81",
		"port: 81",
		"nonsense",
		"= 5",
	};
	char text[256], name[sizeof(config.name)];

	CHECK_EQ(read_text(""), 0);
	strcpy(name, config.name);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "# first\n%s\nmqtt_user = after\n", wrong[i]);
		CHECK_EQ(read_text(text), 0);
		if (!CHECK_EQ(count(":2: not understood, left out\n"), 1) ||
		    !CHECK_EQ(count("\n"), 1)) {
			printf("# %s: %s\n", wrong[i], said);
		}
		CHECK_STR(config.mqtt_user, "after");
		CHECK_STR(config.name, name);
		CHECK_EQ(config.port, 80);
		CHECK_EQ(config.sample_ms, 1000);
		CHECK(config.simulate);
		CHECK(!config.console);
		CHECK_EQ(config.mqtt_version, 5);
	}
}

/* A value as long as its room is taken, a longer one left out; a line beyond all bounds is one line. */
static void test_long(void)
{
	static char text[9000];
	const size_t max = sizeof(config.mqtt_ca) - 1;

	for (size_t n = max - 1; n < max + 6000; n += n < max + 400 ? 1 : 500) {
		char *at = text + sprintf(text, "mqtt_ca = ");

		memset(at, 'x', n);
		strcpy(at + n, "\nport = 81\nport = 0\n");
		CHECK_EQ(read_text(text), 0);
		CHECK_EQ(strlen(config.mqtt_ca), n <= max ? n : 0);
		CHECK_EQ(config.port, 81);
		CHECK_EQ(count(":1: "), n <= max ? 0 : 1);
		CHECK_EQ(count(":3: "), 1);
		CHECK_EQ(count("\n"), n <= max ? 1 : 2);
		strcpy(at + n, ""); /* nothing ends it */
		CHECK_EQ(read_text(text), 0);
		CHECK_EQ(strlen(config.mqtt_ca), n <= max ? n : 0);
	}
}

static void test_environment(void)
{
	setenv("GATEWAY_PORT", "8081", 1);
	setenv("GATEWAY_NAME", "pump", 1);
	setenv("GATEWAY_SIMULATE", "perhaps", 1);
	setenv("GATEWAY_MQTT_VERSION", "7", 1);
	setenv("GATEWAY_MQTT_PASWORD", "secret", 1);
	setenv("GATEWAY_", "x", 1);
	setenv("GATEWAY", "x", 1);
	setenv("GATEWAY_A_NAME_THAT_IS_LONGER_THAN_ANY_OF_THE_SETTINGS", "x", 1);
	CHECK_EQ(read_text("port = 8080\nname = boiler\nsample_ms = 70\n"), 0);
	CHECK_EQ(config.port, 8081);
	CHECK_STR(config.name, "pump");
	CHECK_EQ(config.sample_ms, 70);
	CHECK(config.simulate);
	CHECK_EQ(config.mqtt_version, 5);
	CHECK_EQ(count("gateway: GATEWAY_SIMULATE: not understood, left out\n"), 1);
	CHECK_EQ(count("gateway: GATEWAY_MQTT_VERSION: not understood, left out\n"), 1);
	CHECK_EQ(count("gateway: GATEWAY_MQTT_PASWORD: not understood, left out\n"), 1);
	CHECK_EQ(count("\n"), 5);
	CHECK_EQ(count("secret"), 0);
	unsetenv("GATEWAY_PORT");
	unsetenv("GATEWAY_NAME");
	unsetenv("GATEWAY_SIMULATE");
	unsetenv("GATEWAY_MQTT_VERSION");
	unsetenv("GATEWAY_MQTT_PASWORD");
	unsetenv("GATEWAY_");
	unsetenv("GATEWAY");
	unsetenv("GATEWAY_A_NAME_THAT_IS_LONGER_THAN_ANY_OF_THE_SETTINGS");
}

/* One that is asked for must be there, the usual one need not. */
static void test_no_file(void)
{
	CHECK(access("/etc/gateway.conf", F_OK) != 0);
	CHECK_EQ(config_read(NULL), 0);
	fprintf(stderr, "# (the next line is the test's)\n");
	CHECK_EQ(config_read("/nowhere/gateway.conf"), -1);
}

static const struct test tests[] = {
	{ "without anything: the defaults", test_defaults },
	{ "a file, with comments, blanks and no last newline", test_file },
	{ "what is wrong is told, and changes nothing", test_wrong },
	{ "values and lines up to their room, and beyond", test_long },
	{ "the environment is stronger; its wrong names are told", test_environment },
	{ "a file that is not there", test_no_file },
};

TEST_MAIN(tests)
