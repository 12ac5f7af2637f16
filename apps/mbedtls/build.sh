#!/bin/sh
# SPDX-License-Identifier: MIT
# The three libraries and the self-test; what generates sources needs Python modules and has been run already.
cmake -S . -B build -DENABLE_TESTING=OFF -DGEN_FILES=OFF -DCMAKE_BUILD_TYPE=Release \
	-DCMAKE_C_FLAGS_RELEASE=-O2 -DMBEDTLS_USER_CONFIG_FILE="$APP_DIR/coracle_config.h"
cmake --build build -j "$JOBS" --target selftest
