# SPDX-License-Identifier: MIT
# Files packed into the image, and descriptors.
srcs := main.c ../tap.c
files := data
