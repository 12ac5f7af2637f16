/* SPDX-License-Identifier: MIT */
/* gateway [-c FILE]: samples inputs, keeps their history, and shows it. README.md says how to use it. */
#include "../httpd/files.h"
#include "../httpd/server.h"
#include "../httpd/status.h"
#include "gateway.h"

#include <coracle/mdns.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#define EXIT_USAGE 2

static int sampler = -1; /* a timerfd */
static _Atomic unsigned period_ms;

void sampling_every(unsigned ms)
{
	struct itimerspec t = { .it_interval = { ms / 1000, ms % 1000 * 1000000L } };

	t.it_value = t.it_interval;
	period_ms = ms;
	timerfd_settime(sampler, 0, &t, NULL);
}

unsigned sampling_ms(void)
{
	return period_ms;
}

static void on_time(int fd)
{
	uint64_t expired;

	/* Missed ones are not made up for: a sample is of now. */
	if (read(fd, &expired, sizeof(expired)) == (ssize_t)sizeof(expired)) {
		inputs_sample();
	}
}

/* Where samples come from. 0, or -1 and errno. */
static int start_inputs(void)
{
	sampler = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (sampler < 0 || (config.simulate && server_watch(sampler, on_time) != 0) ||
	    (config.console && server_watch(STDIN_FILENO, inputs_console) != 0)) {
		return -1;
	}
	sampling_every(config.sample_ms);
	return 0;
}

static int start_server(void)
{
	status_add_route();
	pages_add_routes();
	metrics_add_routes();
	if (files_init("/www") != 0 || server_listen(config.port) != 0) {
		fprintf(stderr, "gateway: cannot serve on port %u: %s\n", config.port,
			strerror(errno));
		return -1;
	}
	if (start_inputs() != 0) {
		fprintf(stderr, "gateway: no inputs: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *texts[] = { "path=/", NULL }, *file = NULL;
	int c;

	while ((c = getopt(argc, argv, "c:")) != -1) {
		if (c != 'c') {
			fprintf(stderr, "usage: gateway [-c FILE]\n");
			return EXIT_USAGE;
		}
		file = optarg;
	}
	/* The broker's commands set the sampler: that is there first. */
	if (config_read(file) != 0 || log_start() != 0 || start_server() != 0 ||
	    broker_start() != 0) {
		return EXIT_FAILURE;
	}
	if (config.simulate) {
		inputs_sample(); /* the first of all, for the broker too */
	}
	if (mdns_publish(NULL, "_http", "_tcp", config.port, texts) != 0 && errno != ENOTSUP) {
		syslog(LOG_WARNING, "mdns: %m");
	}
	syslog(LOG_NOTICE, "started: a sample every %u ms", config.sample_ms);
	printf("gateway: %s: listening on port %u\n", config.name, config.port);
	server_run();
	return 0;
}
