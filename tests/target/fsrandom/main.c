/* SPDX-License-Identifier: MIT */
/* fsrandom FOLDER SEED COUNT LINKS [FROM TO]: the operations of ops.c in that folder, also when built for the host. */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct ops o = { .links = 0 };

	if (argc < 5 || chdir(argv[1]) != 0) {
		printf("fsrandom FOLDER SEED COUNT LINKS [FROM TO]\n");
		return 1;
	}
	o.seed = (unsigned)atoi(argv[2]);
	o.count = (unsigned)atoi(argv[3]);
	o.links = atoi(argv[4]);
	o.from = argc > 6 ? (unsigned)atoi(argv[5]) : o.count;
	o.to = argc > 6 ? (unsigned)atoi(argv[6]) : o.count;
	run_ops(&o);
	return 0;
}
