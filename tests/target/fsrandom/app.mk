# SPDX-License-Identifier: MIT
# Random operations on files, whose results a system test compares with the host's.
srcs := main.c ops.c
needs := disk 9p
