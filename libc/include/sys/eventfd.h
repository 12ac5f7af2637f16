/* SPDX-License-Identifier: MIT */
/* eventfd of Linux: a counter behind a descriptor. */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>

#define EFD_SEMAPHORE 1
#define EFD_NONBLOCK  0x4000  /* O_NONBLOCK */
#define EFD_CLOEXEC   0x40000 /* O_CLOEXEC */

typedef uint64_t eventfd_t;

__BEGIN_DECLS

int eventfd(unsigned, int);
int eventfd_read(int, eventfd_t *);
int eventfd_write(int, eventfd_t);

__END_DECLS
