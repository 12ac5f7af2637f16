/* SPDX-License-Identifier: MIT */
/* Every call on names and files, on a file system that can be written: the same contract for all of them. */
#pragma once

enum {
	CAN_SYMLINK = 1,
	CAN_LINK = 2,
	CAN_MODE = 4,	    /* keeps permissions and owners */
	CAN_FINE_TIMES = 8, /* keeps times to the ns; otherwise to 2 s */
	CASE = 16,	    /* tells names apart by case */
};

/* In the empty folder @dir, which is empty again at the end. */
void suite(const char *dir, unsigned can);
