# SPDX-License-Identifier: MIT
# What the kernel's calls cost; the bench runs the same file as Linux's init.
srcs := main.c
