# SPDX-License-Identifier: MIT
# Does on the network what the console asks for; tests/system/lan.py asks.
srcs := main.c groups.c
needs := net
