# SPDX-License-Identifier: MIT
# A load that writes, and says what it has been told is safe: tests/system/powercut.py takes its power away.
srcs := main.c records.c names.c length.c
needs := disk
