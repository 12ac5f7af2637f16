# SPDX-License-Identifier: MIT
# timer_create() and its like, setitimer(), alarm().
srcs := main.c ../tap.c
test-variants := plain smp8 modern
