# SPDX-License-Identifier: MIT
# The rest of pthread.h, and semaphore.h.
srcs := main.c ../tap.c
