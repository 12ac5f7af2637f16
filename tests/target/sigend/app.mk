# SPDX-License-Identifier: MIT
# Signals that end the machine; judged by tests/system/test_signals.py.
srcs := main.c
