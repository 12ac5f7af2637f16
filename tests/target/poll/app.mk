# SPDX-License-Identifier: MIT
# poll, select, epoll and eventfd.
srcs := main.c epoll.c exclusive.c nested.c masks.c ../tap.c
