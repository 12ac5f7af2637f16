# SPDX-License-Identifier: MIT
# How a C++ program ends, chosen by its argument; tests/system/test_cpp.py judges.
srcs := main.cc
