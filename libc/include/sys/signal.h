/* SPDX-License-Identifier: MIT */
/* Instead of newlib's: all of it is in <signal.h>. */
#pragma once

#include <signal.h>
