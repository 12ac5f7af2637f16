# SPDX-License-Identifier: MIT
# Does with files what its console says, a call a line: tests/system/test_storage_faults.py damages the disk meanwhile.
srcs := main.c
needs := disk
