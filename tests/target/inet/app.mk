# SPDX-License-Identifier: MIT
# The socket surface of AF_INET and AF_INET6, on the loopback.
srcs := main.c options.c ancillary.c multicast.c stream.c interfaces.c calls.c sendfile.c checksum.c ../tap.c
needs := net
files := stream.c
