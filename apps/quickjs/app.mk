# SPDX-License-Identifier: MIT
# QuickJS, a JavaScript engine: runs /hello.js; `make APP=quickjs ARGS=-i run` is its prompt on the console.
external := quickjs
program := qjs
host-tools := make gcc
files := hello.js
args := /hello.js
