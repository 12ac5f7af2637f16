/* SPDX-License-Identifier: MIT */
/* Order among the power drivers: what can show an exit status comes first, then the firmware,
 * which knows the board, then bare registers. */
#pragma once

enum power_rank {
	POWER_RANK_LAST = 0, /* may never come back */
	POWER_RANK_REGISTER = 10,
	POWER_RANK_FIRMWARE = 20,
	POWER_RANK_PREFERRED = 25, /* the tree asks for it by a high priority */
	POWER_RANK_STATUS = 30,
	POWER_RANK_DEBUGGER = 40,
	POWER_RANK_DEVICE = 50, /* switches nothing off, but has to be told before */
};

/* What a parent process sees of an exit status: the low byte, as POSIX has it. */
#define POWER_STATUS(status) ((unsigned)(status)&0xff)
