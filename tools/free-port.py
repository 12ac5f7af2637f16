#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""free-port.py FIRST: print the first TCP port of the loopback from FIRST on that nobody listens on."""

import socket
import sys

first = int(sys.argv[1])
for port in range(first, min(first + 100, 65536)):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    sys.exit(0)
sys.exit(f"free-port.py: no free port from {first} on")
