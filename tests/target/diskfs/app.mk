# SPDX-License-Identifier: MIT
# The POSIX suite on a disk's file system, and what it must keep: a system test boots it with a disk.
srcs := main.c ../vfs/suite.c ../tap.c
needs := disk
