# SPDX-License-Identifier: MIT
# The floor of the network's figures: frames back to where they came from, below the stack.
srcs := main.c
needs := net
cflags = $(PACKET_FLAGS) $(LWIP_INCLUDES)
