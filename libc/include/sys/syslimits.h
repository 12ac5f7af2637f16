/* SPDX-License-Identifier: MIT */
/* In place of newlib's, whose values are not this system's. */
#pragma once

#include <limits.h>
