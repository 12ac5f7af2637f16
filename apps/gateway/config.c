/* SPDX-License-Identifier: MIT */
/* Settings: one table says how each is read. */
#include "gateway.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/gateway.conf"
#define PREFIX	     "GATEWAY_"
#define LINE_MAX_    2304

struct config config = { .port = 80, .sample_ms = 1000, .simulate = true, .mqtt_version = 5 };

static bool take_text(void *to, const char *value, size_t room)
{
	if (strlen(value) >= room) {
		return false;
	}
	strcpy(to, value);
	return true;
}

/* A level of a topic, where '/', '+' and '#' mean something, and a word of the log's lines. */
static bool take_name(void *to, const char *value, size_t room)
{
	for (const char *s = value; *s != '\0'; s++) {
		if (!isalnum((unsigned char)*s) && strchr("-_.", *s) == NULL) {
			return false;
		}
	}
	return value[0] != '\0' && take_text(to, value, room);
}

static bool take_bool(void *to, const char *value, size_t room)
{
	bool yes = strcmp(value, "yes") == 0;

	(void)room;
	if (!yes && strcmp(value, "no") != 0) {
		return false;
	}
	*(bool *)to = yes;
	return true;
}

static bool number(const char *value, uint64_t min, uint64_t max, uint64_t *v)
{
	return text_to_number(value, strlen(value), v) && *v >= min && *v <= max;
}

static bool take_port(void *to, const char *value, size_t room)
{
	uint64_t v;

	(void)room;
	if (!number(value, 1, UINT16_MAX, &v)) {
		return false;
	}
	*(uint16_t *)to = (uint16_t)v;
	return true;
}

static bool take_period(void *to, const char *value, size_t room)
{
	uint64_t v;

	(void)room;
	if (!number(value, SAMPLE_MS_MIN, SAMPLE_MS_MAX, &v)) {
		return false;
	}
	*(unsigned *)to = (unsigned)v;
	return true;
}

static bool take_version(void *to, const char *value, size_t room)
{
	uint64_t v;

	(void)room;
	if (!number(value, 4, 5, &v)) {
		return false;
	}
	*(int *)to = (int)v;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(void *to, const char *value, size_t room);
	void *to;
	size_t room;
} settings[] = {
	{ "name", take_name, config.name, sizeof(config.name) },
	{ "port", take_port, &config.port, 0 },
	{ "sample_ms", take_period, &config.sample_ms, 0 },
	{ "simulate", take_bool, &config.simulate, 0 },
	{ "console", take_bool, &config.console, 0 },
	{ "mqtt", take_text, config.mqtt, sizeof(config.mqtt) },
	{ "mqtt_ca", take_text, config.mqtt_ca, sizeof(config.mqtt_ca) },
	{ "mqtt_user", take_text, config.mqtt_user, sizeof(config.mqtt_user) },
	{ "mqtt_password", take_text, config.mqtt_password, sizeof(config.mqtt_password) },
	{ "mqtt_version", take_version, &config.mqtt_version, 0 },
	{ "syslog", take_text, config.syslog, sizeof(config.syslog) },
	{ "syslog_ca", take_text, config.syslog_ca, sizeof(config.syslog_ca) },
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

bool config_set(const char *name, const char *value)
{
	for (unsigned i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].name, name) == 0) {
			return settings[i].take(settings[i].to, value, settings[i].room);
		}
	}
	return false;
}

/* Without blanks around it, in place. */
static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (isspace((unsigned char)*s)) {
		s++;
	}
	while (end > s && isspace((unsigned char)end[-1])) {
		end--;
	}
	*end = '\0';
	return s;
}

/* A '#' at a line's start or behind a blank: the rest is a comment. */
static void cut_comment(char *s)
{
	for (char *at = s; (at = strchr(at, '#')) != NULL; at++) {
		if (at == s || isspace((unsigned char)at[-1])) {
			*at = '\0';
			return;
		}
	}
}

/* NAME = VALUE, or nothing. */
static bool take_line(char *line)
{
	char *value, *s;

	cut_comment(line);
	s = trim(line);
	if (*s == '\0') {
		return true;
	}
	value = strchr(s, '=');
	if (value == NULL) {
		return false;
	}
	*value++ = '\0';
	return config_set(trim(s), trim(value));
}

/* The next line; *whole: it fitted, else the rest of it is thrown away. False at the end. */
static bool next_line(FILE *f, char *line, bool *whole)
{
	int c = '\n';

	if (fgets(line, LINE_MAX_, f) == NULL) {
		return false;
	}
	*whole = strchr(line, '\n') != NULL;
	if (!*whole) {
		c = getc(f);
		*whole = c == EOF;
	}
	while (c != '\n' && c != EOF) {
		c = getc(f);
	}
	return true;
}

static int read_file(const char *file, bool must)
{
	static char line[LINE_MAX_];
	FILE *f = fopen(file, "r");
	bool whole;

	if (f == NULL) {
		if (!must && errno == ENOENT) {
			return 0;
		}
		fprintf(stderr, "gateway: %s: %s\n", file, strerror(errno));
		return -1;
	}
	for (unsigned n = 1; next_line(f, line, &whole); n++) {
		if (!whole || !take_line(line)) {
			fprintf(stderr, "gateway: %s:%u: not understood, left out\n", file, n);
		}
	}
	fclose(f);
	return 0;
}

/* GATEWAY_SAMPLE_MS=500. A value is not shown: it may be a password. */
static void take_variable(const char *variable)
{
	char name[32];
	size_t n = strcspn(variable, "="), len = 0;

	for (size_t i = sizeof(PREFIX) - 1; i < n && len < sizeof(name) - 1; i++) {
		name[len++] = (char)tolower((unsigned char)variable[i]);
	}
	name[len] = '\0';
	if (variable[n] != '=' || !config_set(name, variable + n + 1)) {
		fprintf(stderr, "gateway: %.*s: not understood, left out\n", (int)n, variable);
	}
}

static void read_environment(void)
{
	for (char **v = environ; v != NULL && *v != NULL; v++) {
		if (strncmp(*v, PREFIX, sizeof(PREFIX) - 1) == 0) {
			take_variable(*v);
		}
	}
}

int config_read(const char *file)
{
	char host[sizeof(config.name)] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || !config_set("name", host)) {
		strcpy(config.name, "gateway");
	}
	if (read_file(file != NULL ? file : DEFAULT_FILE, file != NULL) != 0) {
		return -1;
	}
	read_environment();
	return 0;
}
