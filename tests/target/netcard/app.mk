# SPDX-License-Identifier: MIT
# Sockets through a network card; tests/system/test_sockets.py gives it one and the other end.
srcs := main.c bulk.c ../tap.c
needs := net
args := own
