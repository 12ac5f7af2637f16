# SPDX-License-Identifier: MIT
# Programs that do what must not be done; each must end in a panic that names it.
srcs := main.c
