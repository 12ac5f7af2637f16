# SPDX-License-Identifier: MIT
# C++: a class, an exception, a thread, and streams.
srcs := main.cc
