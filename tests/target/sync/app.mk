# SPDX-License-Identifier: MIT
# Mutex, condition and semaphore of the kernel.
srcs := main.c ../tap.c
test-variants := plain smp8 modern
