/* SPDX-License-Identifier: MIT */
/* Random operations on files in the current folder, the same for the same seed wherever they run: POSIX says what each gives. */
#pragma once

struct ops {
	unsigned seed, count;
	int links;     /* also symbolic links */
	unsigned from; /* operations from here on are told one by one, */
	unsigned to;   /* up to here */
};

/* Prints a line with a sum of all results every hundred operations. */
void run_ops(const struct ops *o);
