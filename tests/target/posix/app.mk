# SPDX-License-Identifier: MIT
# What POSIX has beside files, threads and sockets: a call of each function, its contract and its errors.
srcs := main.c system.c files.c text.c output.c messages.c small.c ../tap.c
files := data
