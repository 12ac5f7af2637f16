# SPDX-License-Identifier: MIT
# httpsd's parts with a WebSocket in front of them.
include apps/httpd/server.mk
srcs := main.c ../../../apps/httpsd/secure.c $(patsubst ../%,../../../apps/%,$(HTTPD_SRCS))
cflags := -DHTTPD_TLS=1
needs := net tls
