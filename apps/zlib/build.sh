#!/bin/sh
# SPDX-License-Identifier: MIT
# zlib's configure is no autoconf's: it asks CC, AR and RANLIB.
./configure --static
make -j"$JOBS" libz.a example minigzip
