# SPDX-License-Identifier: MIT
# The web server as a part of other apps: `include apps/httpd/server.mk` and $(HTTPD_SRCS) in srcs. Their main() calls
# files_init(), server_listen() and server_run(), and says with response_add_route() what is no file (response.h).
HTTPD_PARTS := server.c conn.c timers.c request.c path.c response.c files.c status.c text.c tick.c ws.c sha1.c
HTTPD_SRCS := $(addprefix ../httpd/,$(HTTPD_PARTS))
