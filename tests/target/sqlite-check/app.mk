# SPDX-License-Identifier: MIT
# apps/sqlite/check.c: SQL, threads, memory.
external := sqlite3
recipe := ../../../apps/sqlite/build.sh
program := check
host-tools := make gcc tcl
