# SPDX-License-Identifier: MIT
# Threads and the scheduler.
srcs := main.c ../tap.c
test-variants := plain smp8 modern
