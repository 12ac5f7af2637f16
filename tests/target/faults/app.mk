# SPDX-License-Identifier: MIT
# Serves bulk transfers to many at once; tests/system/test_faults*.py gives it a bad network.
srcs := main.c transfer.c
needs := net
