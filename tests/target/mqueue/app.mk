# SPDX-License-Identifier: MIT
# mqueue.h: message queues.
srcs := main.c ../tap.c
