/* SPDX-License-Identifier: MIT */
/* Over newlib's, which does not compile alone. */
#pragma once

#include <sys/types.h>

#include_next <regex.h>
