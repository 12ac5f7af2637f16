/* SPDX-License-Identifier: MIT */
/* The old name of <poll.h>. */
#pragma once

#include <poll.h>
