/* SPDX-License-Identifier: MIT */
/* Over newlib's: sets of 1024 descriptors as on Linux, not of 64. */
#pragma once

#ifndef FD_SETSIZE
#define FD_SETSIZE 1024
#endif
#include_next <sys/select.h>
