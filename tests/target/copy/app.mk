# SPDX-License-Identifier: MIT
# memcpy() and memmove() of each architecture.
srcs := main.c ../tap.c
test-variants := plain
