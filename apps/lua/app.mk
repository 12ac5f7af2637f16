# SPDX-License-Identifier: MIT
# Lua 5.4's own stand-alone interpreter. Without arguments it greets from /hello.lua; `make APP=lua ARGS=-i run`
# is Lua's prompt on the console, and ARGS="/name.lua words" runs another that app.mk packs.
external := lua5.4
program := src/lua
host-tools := make
files := hello.lua
args := /hello.lua
