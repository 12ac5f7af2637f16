# SPDX-License-Identifier: MIT
# A web server for the folder www/, which is packed into the image.
include apps/httpd/server.mk
srcs := main.c $(HTTPD_PARTS)
needs := net mdns
files := www
