/* SPDX-License-Identifier: MIT */
/* Another name of <sys/wait.h>. */
#pragma once

#include <sys/wait.h>
