# SPDX-License-Identifier: MIT
# Lists all below a folder and reads it: tests/system/test_ext4.py compares that with the host's. `ext4` is LGPL: third_party/ext2fs.mk.
srcs := main.c
needs := ext4
