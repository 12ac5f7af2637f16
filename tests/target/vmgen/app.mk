# SPDX-License-Identifier: MIT
# VMGenID and VMClock; tests/system/test_vmgen.py makes the tree and the pages, the app plays the hypervisor.
srcs := main.c ../tap.c
needs := soc
