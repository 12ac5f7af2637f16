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

static bool take_bool(void *to, const char *value, size_t room)
{
	(void)room;
	*(bool *)to = strcmp(value, "yes") == 0;
	return *(bool *)to || strcmp(value, "no") == 0;
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
	{ "name", take_text, config.name, sizeof(config.name) },
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

/* NAME = VALUE, or nothing but a comment. */
static bool take_line(char *line)
{
	char *value, *s = trim(line);

	if (*s == '\0' || *s == '#') {
		return true;
	}
	value = strchr(s, '=');
	if (value == NULL) {
		return false;
	}
	*value++ = '\0';
	return config_set(trim(s), trim(value));
}

static int read_file(const char *file, bool must)
{
	static char line[LINE_MAX_];
	FILE *f = fopen(file, "r");

	if (f == NULL) {
		if (!must && errno == ENOENT) {
			return 0;
		}
		fprintf(stderr, "gateway: %s: %s\n", file, strerror(errno));
		return -1;
	}
	for (unsigned n = 1; fgets(line, sizeof(line), f) != NULL; n++) {
		if (!take_line(line)) {
			fprintf(stderr, "gateway: %s:%u: not understood, left out\n", file, n);
		}
	}
	fclose(f);
	return 0;
}

static void read_environment(void)
{
	for (unsigned i = 0; i < SETTINGS; i++) {
		char name[32] = "GATEWAY_";
		const char *value;

		for (const char *s = settings[i].name; *s != '\0'; s++) {
			name[8 + (s - settings[i].name)] = (char)toupper((unsigned char)*s);
		}
		value = getenv(name);
		if (value != NULL && !config_set(settings[i].name, value)) {
			fprintf(stderr, "gateway: %s=%s: not understood, left out\n", name, value);
		}
	}
}

int config_read(const char *file)
{
	if (gethostname(config.name, sizeof(config.name)) != 0) {
		strcpy(config.name, "gateway");
	}
	if (read_file(file != NULL ? file : DEFAULT_FILE, file != NULL) != 0) {
		return -1;
	}
	read_environment();
	return 0;
}
