# SPDX-License-Identifier: MIT
# The self-test that comes with it.
external := mbedtls
recipe := ../../../apps/mbedtls/build.sh
program := build/programs/test/selftest
host-tools := cmake make
test-passes := [ All tests PASS ]
