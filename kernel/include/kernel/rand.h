/* SPDX-License-Identifier: MIT */
/* Random bytes: ChaCha20 generator with fast key erasure, seeded from the CPU, the tree's
 * rng-seed, virtio-rng and timing. */
#pragma once

#include <kernel/types.h>

/* Mix in; @bits is a careful estimate of its entropy. Any context. */
void rand_add(const void *p, size_t n, unsigned bits);
/* True once at least 128 bits were mixed in. */
bool rand_seeded(void);
/* Any context. Never fails; before seeding the bytes are only as good as timing. */
void rand_bytes(void *p, size_t n);
uint32_t rand_u32(void);
