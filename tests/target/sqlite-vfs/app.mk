# SPDX-License-Identifier: MIT
# SQLite's files: in memory, and where a system test says (bootargs: DB=/data/test.db or DB=/dev/vda).
srcs := main.c ../tap.c
needs := sqlite disk
