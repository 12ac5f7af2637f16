# SPDX-License-Identifier: MIT
# A web server for the folder www/, which is packed into the image.
srcs := main.c server.c conn.c timers.c request.c path.c response.c files.c status.c text.c tick.c
needs := net
files := www
