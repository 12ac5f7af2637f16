# SPDX-License-Identifier: MIT
# AF_UNIX sockets and socket pairs.
srcs := main.c names.c rights.c signals.c threads.c ../tap.c
