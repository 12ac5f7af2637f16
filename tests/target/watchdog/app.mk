# SPDX-License-Identifier: MIT
# CPUs that hang in the way that argv[1] names; judged by tests/system/test_watchdog.py.
srcs := main.c
