# SPDX-License-Identifier: MIT
# Messages that are interrupts; tests/system/test_msi.py boots it on each machine that has a controller of them.
srcs := main.c ../tap.c
needs := pci
