# SPDX-License-Identifier: MIT
# Pipes: bytes in order, limits, blocking, ends that close, many threads.
srcs := main.c ../tap.c
