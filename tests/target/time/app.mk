# SPDX-License-Identifier: MIT
# Clocks, sleeping and timers.
srcs := main.c ../tap.c
