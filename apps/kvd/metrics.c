/* SPDX-License-Identifier: MIT */
/* /metrics in OpenMetrics 1.0. */
#include "../httpd/response.h"
#include "../httpd/status.h"
#include "../httpd/tick.h"
#include "kvd.h"

#include <string.h>
#include <unistd.h>

#define FRAME 4120 /* of the log: a page and what it says of it */

static void one(struct text *t, const char *name, const char *type, const char *help, uint64_t v)
{
	const char *parts[] = {
		"# TYPE ", name, " ", type, "\n# HELP ", name, " ", help, "\n", name
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		text_str(t, parts[i]);
	}
	text_str(t, strcmp(type, "counter") == 0 ? "_total " : " ");
	text_number(t, v);
	text_str(t, "\n");
}

static void put_database(struct text *t)
{
	sqlite3_int64 page = db_value("pragma page_size"), pages = db_value("pragma page_count");
	sqlite3_int64 unused = db_value("pragma freelist_count");

	one(t, "kvd_requests", "counter", "Requests of the database answered.", counts.requests);
	one(t, "kvd_failed", "counter", "Those that failed.", counts.failed);
	one(t, "kvd_transactions", "counter", "Requests that changed something, all durable.",
	    counts.written);
	one(t, "kvd_reads", "counter", "Requests that changed nothing.", counts.reads);
	one(t, "kvd_groups", "counter", "Commits, each with one flush.", counts.groups);
	one(t, "kvd_group_most", "gauge", "Requests in the largest commit.", counts.group_max);
	one(t, "kvd_again", "counter", "Groups run again for the fault of one request.",
	    counts.again);
	one(t, "kvd_checkpoints", "counter", "Times that the log was brought into the database.",
	    counts.checkpoints);
	if (page > 0 && pages >= 0 && unused >= 0) {
		one(t, "kvd_database_bytes", "gauge", "Size of the database.",
		    (uint64_t)(page * pages));
		one(t, "kvd_database_free_bytes", "gauge", "Of it without content.",
		    (uint64_t)(page * unused));
	}
	one(t, "kvd_log_bytes", "gauge", "Of the log, after the last commit.",
	    counts.frames * FRAME);
	one(t, "kvd_bodies_bytes", "gauge", "Of bodies in memory.", counts.bodies);
	one(t, "kvd_sqlite_memory_bytes", "gauge", "SQLite's heap.",
	    (uint64_t)sqlite3_memory_used());
}

static int make_metrics(const struct request *r, struct text *t)
{
	long page = sysconf(_SC_PAGESIZE), pages = sysconf(_SC_AVPHYS_PAGES);

	(void)r;
	put_database(t);
	one(t, "kvd_http_requests", "counter", "All requests answered.", stats.requests);
	one(t, "kvd_http_connections", "gauge", "Connections open.", stats.connections);
	one(t, "kvd_memory_free_bytes", "gauge", "Memory that nobody has.",
	    pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0);
	one(t, "kvd_uptime_seconds", "gauge", "Since the machine was started.",
	    tick_us() / 1000000);
	text_str(t, "# EOF\n");
	return 200;
}

void metrics_start(void)
{
	static char room[8192];
	static struct route metrics = {
		.path = "/metrics",
		.type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
		.make = make_metrics,
		.room = room,
		.size = sizeof(room)
	};

	response_add_route(&metrics);
}
