# SPDX-License-Identifier: MIT
# SQLite as a library, and a program of ours that reads SQL: from the console, or from the file that is its argument.
# The database is in memory.
external := sqlite3
program := sql
host-tools := make gcc tcl
files := tour.sql
args := /tour.sql
