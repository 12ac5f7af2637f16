/* SPDX-License-Identifier: MIT */
/* Counts, with a library that another project installed. */
#include <math.h>
#include <scale.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;

	printf("scaled %d, root %.3f\n", scale(n), sqrt((double)n));
	return scale(n) == 3 * n ? 0 : 1;
}
