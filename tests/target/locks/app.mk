# SPDX-License-Identifier: MIT
# What the checks of spinlocks must find: a kernel built with them.
srcs := main.c
test-make := LOCKDEBUG=1
