# SPDX-License-Identifier: MIT
# Debian's source of Lua carries no test suite; suite.lua is ours: the language, its library, what it asks of libc.
external := lua5.4
recipe := ../../../apps/lua/build.sh
program := src/lua
host-tools := make
files := suite.lua lib
args := /suite.lua one two
memory := 128
