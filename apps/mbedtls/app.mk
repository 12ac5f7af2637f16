# SPDX-License-Identifier: MIT
# Mbed TLS 3.6 and its own self-test, of every cipher, hash, group and format that it has; coracle_config.h says what
# differs from its default configuration.
external := mbedtls
program := build/programs/test/selftest
host-tools := cmake make
