# SPDX-License-Identifier: MIT
# stdio, on memory, on a packed file and on the console.
srcs := main.c ../tap.c
files := data
