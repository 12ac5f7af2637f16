/* SPDX-License-Identifier: MIT */
/* Alive for some time, then a CPU that takes no interrupts any more. */
#include <kernel/arch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (unsigned i = 0; i < 5; i++) {
		sleep(1);
		printf("alive %u\n", i);
	}
	if (argc > 1 && strcmp(argv[1], "end") == 0) {
		return 0;
	}
	puts("deaf");
	arch_irq_save();
	for (;;) {
		arch_relax();
	}
}
