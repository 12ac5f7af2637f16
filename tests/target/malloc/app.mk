# SPDX-License-Identifier: MIT
# malloc() and its family.
srcs := main.c ../tap.c
test-variants := plain smp8 modern
