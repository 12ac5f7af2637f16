#!/bin/sh
# SPDX-License-Identifier: MIT
# LUA_USE_POSIX: mkstemp(), popen() that fails by its own, gmtime_r(), _longjmp(); no dynamic libraries.
make -j"$JOBS" -C src lua CC="$CC -std=gnu99" AR="$AR rc" RANLIB="$RANLIB" MYCFLAGS=-DLUA_USE_POSIX
