/* SPDX-License-Identifier: MIT */
/* Registers are never looked at here. (The host's <ucontext.h> has a mcontext_t of its own.) */
#pragma once

#include <ucontext.h>
