# SPDX-License-Identifier: MIT
# The power key; tests/system/test_power_key.py presses it.
srcs := main.c
needs := soc files
