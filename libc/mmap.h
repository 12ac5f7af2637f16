/* SPDX-License-Identifier: MIT */
/* What mmap.c tells mlock.c about mappings. Thread context; both return -errno. */
#pragma once

#include <stddef.h>

/* Round *@len up to pages; -EINVAL when @addr or it cannot be. */
int mmap_check_range(const void *addr, size_t *len);
/* Of a range that was checked: -ENOMEM unless all of it is mapped. */
int mmap_check_mapped(void *addr, size_t len);
