# SPDX-License-Identifier: MIT
# The rest of pthread.h, and semaphore.h.
srcs := main.c protocols.c attributes.c objects.c handlers.c c11.c ../tap.c
test-variants := plain smp8 modern
