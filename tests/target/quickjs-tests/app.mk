# SPDX-License-Identifier: MIT
# The tests that come with QuickJS; suite.js runs them, and says which not.
external := quickjs
recipe := ../../../apps/quickjs/build.sh
program := qjs
host-tools := make gcc
files := suite.js
source-files := tests
args := --std /suite.js
