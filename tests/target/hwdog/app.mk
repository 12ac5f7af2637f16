# SPDX-License-Identifier: MIT
# A hardware watchdog; tests/system/test_hw_watchdog.py sees whether it bites.
srcs := main.c
needs := soc pci
