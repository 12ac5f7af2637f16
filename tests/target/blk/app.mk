# SPDX-License-Identifier: MIT
# Block devices; tests/system/test_blk.py gives it the disks, says what to do, and looks at them afterwards.
srcs := main.c ../tap.c
needs := block
