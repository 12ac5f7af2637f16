# SPDX-License-Identifier: MIT
# Several CPUs: where threads run, what crosses from one CPU to another, and where interrupts go.
srcs := main.c place.c cross.c lock.c irq.c ../tap.c
test-variants := plain smp8 modern
