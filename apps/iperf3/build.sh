#!/bin/sh
# SPDX-License-Identifier: MIT
# Without OpenSSL (its passwords) and SCTP, which are not there.
./configure --build="$BUILD" --host="$HOST" --disable-shared --enable-static --without-openssl --without-sctp CFLAGS=-O2
make -j"$JOBS" -C src iperf3
