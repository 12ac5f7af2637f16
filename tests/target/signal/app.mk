# SPDX-License-Identifier: MIT
# Signals within the one process, and contexts.
srcs := main.c mask.c queue.c async.c fault.c context.c stress.c ../tap.c
