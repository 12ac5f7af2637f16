/* SPDX-License-Identifier: MIT */
/* The parts of the gateway, and what they say to each other. One thread runs them all, but for the MQTT client's
 * and the log's own: what those call is marked. */
#pragma once

#include "../httpd/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUTS_MAX    16
#define INPUT_NAME    32
#define UNIT_NAME     12
#define HISTORY_LEN   600 /* samples of each input */
#define SAMPLE_MS_MIN 50
#define SAMPLE_MS_MAX 3600000

/* --- config.c ------------------------------------------------------------------------------- */

struct config {
	char name[64];
	uint16_t port;
	unsigned sample_ms;
	bool simulate, console;
	char mqtt[160], mqtt_ca[2048], mqtt_user[64], mqtt_password[64];
	int mqtt_version;
	char syslog[160], syslog_ca[2048];
};

extern struct config config;

/* Defaults, then the file, then the environment. Says what it does not understand on stderr; returns 0, or -1
 * when the file that was asked for cannot be read. @file NULL: /etc/gateway.conf, which need not be there. */
int config_read(const char *file);
/* One setting. False: there is no such, or not with this value. */
bool config_set(const char *name, const char *value);

/* --- inputs.c: what is measured ------------------------------------------------------------------ */

struct sample {
	int64_t at_ms; /* as now_ms() has it */
	int64_t milli; /* the value's thousandths */
};

struct input {
	char name[INPUT_NAME], unit[UNIT_NAME];
	uint64_t count; /* samples ever */
	struct sample last;
	struct sample ring[HISTORY_LEN]; /* (private to history.c) */
};

extern struct input *inputs[INPUTS_MAX];
extern unsigned input_count;

/* Take samples of what is simulated, as of now. */
void inputs_sample(void);
/* A line "NAME VALUE [UNIT]" from outside; false: it is none (counted), or there is no room for another input. Without
 * UNIT the input keeps the one it has. */
bool inputs_line(const char *line, size_t n);
/* The console can be read: take the lines. */
void inputs_console(int fd);
extern uint64_t inputs_bad_lines;
/* "-12.5" in thousandths, what is finer left out; false: no number, or beyond 10^12. */
bool inputs_number(const char *p, size_t n, int64_t *milli);

/* --- history.c --------------------------------------------------------------------------------------- */

/* Keep it, and tell who listens: the page and the broker. */
void history_add(struct input *in, int64_t milli);
/* How many are kept, and the @i-th of them, 0 the oldest. */
unsigned history_count(const struct input *in);
const struct sample *history_at(const struct input *in, unsigned i);
/* Since the machine was started: time servers may set the other clock late, which comes since 1970 by wall_ms(). */
int64_t now_ms(void);
int64_t wall_ms(int64_t at_ms);
void put_milli(struct text *t, int64_t milli);

/* --- pages.c: GET /api/history, WebSocket /live ---------------------------------------------------- */

void pages_add_routes(void);
void pages_tell(const struct input *in);

/* --- metrics.c: GET /metrics, GET /healthz ---------------------------------------------------------- */

void metrics_add_routes(void);
/* Why the gateway is not well, "" if it is. Until the next call. */
const char *health_trouble(void);

/* --- broker.c --------------------------------------------------------------------------------------- */

struct broker_state {
	bool wanted, up;
	unsigned waiting;
	uint64_t delivered, dropped, connects;
	char why[128]; /* it is not up; "" if it never was tried */
};

/* 0, or -1 with the reason on stderr. */
int broker_start(void);
void broker_tell(const struct input *in);
void broker_state(struct broker_state *out);

/* --- log.c ------------------------------------------------------------------------------------------ */

/* syslog() to the console and to the server. 0, or -1 with the reason on stderr. */
int log_start(void);

/* --- main.c ----------------------------------------------------------------------------------------- */

/* How often from now on. Any thread. */
void sampling_every(unsigned ms);
unsigned sampling_ms(void);
