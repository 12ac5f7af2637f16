# SPDX-License-Identifier: MIT
# A folder of the host over 9P: the POSIX suite, and what each side sees of the other.
srcs := main.c ../vfs/suite.c ../tap.c
needs := 9p
