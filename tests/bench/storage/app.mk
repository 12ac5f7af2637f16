# SPDX-License-Identifier: MIT
# What disks and files cost; the bench compiles the same files for Linux, with SQLite's own VFS.
srcs := main.c insert.c
needs := disk sqlite
