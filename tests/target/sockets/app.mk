# SPDX-License-Identifier: MIT
# Sockets over the loopback, without a network card.
srcs := main.c stream.c datagram.c ../tap.c
needs := net
test-variants := plain smp8 modern
