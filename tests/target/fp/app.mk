# SPDX-License-Identifier: MIT
# Floating point, vectors and thread-local storage of each thread.
srcs := main.c ../tap.c
