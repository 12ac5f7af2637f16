# SPDX-License-Identifier: MIT
# Keys and values, and SQL, over HTTP, stored by SQLite: docs/kvd.md. Its server is httpd's.
include apps/httpd/server.mk
srcs := main.c db.c group.c kv.c sql.c batch.c answer.c metrics.c $(HTTPD_SRCS)
needs := net sqlite disk
files := www
disk := $(OUT)/kvd.img
