/* SPDX-License-Identifier: MIT */
/* SHA-1, for the one place where it is a checksum and no secret: the answer to a WebSocket's key. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA1_SIZE 20U

/* The hash of at most 119 bytes (two blocks) at @p. */
void sha1(const void *p, size_t n, uint8_t out[SHA1_SIZE]);
