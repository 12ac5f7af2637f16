# SPDX-License-Identifier: MIT
# Memory mapping: rights, parts, files, code made at run time, several threads.
srcs := main.c ../tap.c
files := data
