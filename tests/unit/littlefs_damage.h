/* SPDX-License-Identifier: MIT */
/* Damaged and hostile littlefs images, for test_littlefs_damage.c and tests/fuzz/littlefs.c. */
#pragma once

#include "littlefs_env.h"

#define DAMAGE_BLOCKS 40U
#define DAMAGE_BLOCK  4096U

/* A small file system with folders, split folders, links, and files of all kinds. */
void damage_make(struct disk *d);
/* Change the @i-th tag of @block by xor with @mask; those behind it stay what they are. */
void damage_tag(struct disk *d, uint32_t block, uint32_t i, uint32_t mask);
/* Make the CRCs of all commits right again. */
void damage_resum(struct disk *d);
/* Mount what is there, read all of it, and if @write change what can be changed. Bounded by accesses to the disk. */
void damage_use(struct disk *d, bool write);
