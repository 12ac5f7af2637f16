# SPDX-License-Identifier: MIT
srcs := main.c
needs := net mqtt tls
