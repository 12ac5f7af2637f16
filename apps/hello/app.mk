# SPDX-License-Identifier: MIT
# The smallest app: no network, no files.
srcs := main.c
