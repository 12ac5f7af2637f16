#!/bin/sh
# SPDX-License-Identifier: MIT
make -j"$JOBS" CC="$CC" AR="$AR" bin/prove
