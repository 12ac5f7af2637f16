# SPDX-License-Identifier: MIT
# Timers behind descriptors, and what eventfd does under several threads.
srcs := main.c ../tap.c
