# SPDX-License-Identifier: MIT
# pthread_cancel(): when, where, and what runs then.
srcs := main.c points.c ../tap.c
