# SPDX-License-Identifier: MIT
# The self-test that comes with it.
external := zlib
recipe := ../../../apps/zlib/build.sh
program := example
host-tools := make
test-passes := inflate with dictionary: hello, hello!
