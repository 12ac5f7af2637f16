# SPDX-License-Identifier: MIT
# The web server by HTTPS: httpd's parts, compiled with HTTPD_TLS=1, so that httpd itself has nothing of it. The port
# is one that `make run` can forward as it is; what comes to port 80 is sent there.
include apps/httpd/server.mk
srcs := main.c secure.c $(HTTPD_SRCS)
cflags := -DHTTPD_TLS=1
needs := net tls
files := www
ports := tcp:8443
args := -s 8443
