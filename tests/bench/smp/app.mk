# SPDX-License-Identifier: MIT
# httpd on one CPU with busy threads on the others; and what the core lock costs by itself.
include apps/httpd/server.mk
srcs := main.c work.c lock.c $(addprefix ../../../apps/httpd/,$(HTTPD_PARTS))
needs := net
files := www
