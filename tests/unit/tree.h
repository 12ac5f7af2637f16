/* SPDX-License-Identifier: MIT */
/* Writes a device tree for a test, step by step, with libfdt's sequential writer. A step that fails
 * ends the program: the buffer is too small. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void tree_start(void *buf, size_t size);
/* Before the first node. */
void tree_reserve(uint64_t addr, uint64_t size);
void tree_begin(const char *name);
void tree_end(void);
/* @n big-endian cells. */
void tree_cells(const char *name, int n, ...);
void tree_string(const char *name, const char *s);
void tree_bytes(const char *name, const void *p, int n);
/* Ends what is open; returns the size of the blob. */
size_t tree_finish(void);
