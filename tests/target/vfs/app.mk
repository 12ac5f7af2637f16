# SPDX-License-Identifier: MIT
# Files that can be written, in memory: every call on names and files.
srcs := main.c suite.c ../tap.c
files := data
needs := files
