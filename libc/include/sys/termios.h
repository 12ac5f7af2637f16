/* SPDX-License-Identifier: MIT */
/* Another name of <sys/termios.h>: newlib keeps the content there. */
#pragma once

#include <termios.h>
