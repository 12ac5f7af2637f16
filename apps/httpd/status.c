/* SPDX-License-Identifier: MIT */
/* GET /status.json: what POSIX tells about the system, and the server's own counters. */
#include "status.h"

#include "response.h"
#include "tick.h"

#include <sys/utsname.h>
#include <unistd.h>

struct stats stats;

static void put_name(struct text *t, const char *name)
{
	text_str(t, ",\"");
	text_str(t, name);
	text_str(t, "\":");
}

static void put_string(struct text *t, const char *name, const char *value)
{
	put_name(t, name);
	text_json(t, value);
}

static void put_number(struct text *t, const char *name, uint64_t value)
{
	put_name(t, name);
	text_number(t, value);
}

static void put_fixed(struct text *t, const char *name, uint64_t thousandths)
{
	put_name(t, name);
	text_fixed(t, thousandths);
}

static uint64_t pages(int name)
{
	long n = sysconf(name), size = sysconf(_SC_PAGESIZE);

	return n > 0 && size > 0 ? (uint64_t)n * (uint64_t)size : 0;
}

static int make_status(const struct request *r, struct text *t)
{
	struct utsname u;

	(void)r;
	if (uname(&u) != 0) {
		u = (struct utsname){ .sysname = "" };
	}
	text_str(t, "{\"system\":");
	text_json(t, u.sysname);
	put_string(t, "release", u.release);
	put_string(t, "arch", u.machine);
	put_string(t, "host", u.nodename);
	put_fixed(t, "uptime_s", tick_us() / 1000);
	put_fixed(t, "boot_ms", stats.boot_us);
	put_number(t, "mem_total", pages(_SC_PHYS_PAGES));
	put_number(t, "mem_free", pages(_SC_AVPHYS_PAGES));
	put_number(t, "requests", stats.requests);
	put_number(t, "connections", stats.connections);
	text_str(t, "}\n");
	return 200;
}

void status_add_route(void)
{
	static char room[2048];
	static struct route route = { .path = "/status.json",
				      .type = "application/json",
				      .make = make_status,
				      .room = room,
				      .size = sizeof(room) };

	response_add_route(&route);
}
