# SPDX-License-Identifier: MIT
# An edge gateway: samples inputs, keeps their history, shows it live, and tells a broker, a monitor and a log server. What
# to copy to begin one of your own: README.md. Its page is httpd's server with routes of ours.
include apps/httpd/server.mk
srcs := main.c config.c inputs.c history.c pages.c metrics.c broker.c log.c $(HTTPD_SRCS)
needs := net tls mqtt mdns
files := www etc
