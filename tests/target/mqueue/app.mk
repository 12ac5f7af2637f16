# SPDX-License-Identifier: MIT
# mqueue.h: message queues.
srcs := main.c ../tap.c
test-variants := plain smp8 modern
