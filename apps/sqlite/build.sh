#!/bin/sh
# SPDX-License-Identifier: MIT
# SQLite's own build makes the amalgamation and its object, with the system calls of os_unix.c and temporary
# tables in memory; then our programs are linked with it: sql, and the check of tests/target/sqlite-check.
./configure --build="$BUILD" --host="$HOST" --disable-tcl --disable-shared --disable-load-extension --disable-readline \
	--enable-tempstore=yes CFLAGS=-O2
make -j"$JOBS" sqlite3.lo
for program in sql check; do
	$CC -std=gnu11 -O2 -Wall -Wextra -I. -o "$program" "$APP_DIR/$program.c" sqlite3.o -lpthread -lm
done
