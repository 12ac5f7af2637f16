# SPDX-License-Identifier: MIT
# zlib and its own example: compresses and expands in every way that zlib has, and ends with status 0 if all was right.
external := zlib
program := example
host-tools := make
