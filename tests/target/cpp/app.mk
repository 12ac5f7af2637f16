# SPDX-License-Identifier: MIT
# C++: what the language needs at run time, and the standard library.
srcs := main.cc runtime.cc exceptions.cc thrown.cc between.c rtti.cc threads.cc thread_local.cc \
	library.cc text.cc files.cc ../tap.c
needs := c++
files := data
