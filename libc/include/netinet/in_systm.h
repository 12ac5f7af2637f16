/* SPDX-License-Identifier: MIT */
/* Types of fields in network byte order, as BSD names them. */
#pragma once

#include <stdint.h>

typedef uint16_t n_short;
typedef uint32_t n_long;
typedef uint32_t n_time;
