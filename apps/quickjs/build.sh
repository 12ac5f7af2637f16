#!/bin/sh
# SPDX-License-Identifier: MIT
# A cross build for its makefile: the compiler of repl.js runs here, the interpreter there.
make -j"$JOBS" CROSS_PREFIX="$HOST-" HOST_CC=gcc qjs
