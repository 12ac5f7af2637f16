# SPDX-License-Identifier: MIT
# A program with a build system of its own (src/Makefile, no word of Coracle in it), built by the SDK.
external := ./src
program := bin/prove
args := one two
files := data
