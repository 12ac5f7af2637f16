# SPDX-License-Identifier: MIT
# iperf3: `make APP=iperf3 run` is a server on port 5201, for `iperf3 -c 127.0.0.1` on the host. A client of a server
# on the host is `make APP=iperf3 ARGS="-c 10.0.2.2" run`.
external := iperf3
program := src/iperf3
host-tools := make
needs := net
ports := tcp:5201 udp:5201
args := -s
