/* SPDX-License-Identifier: MIT */
/* What a hypervisor does at a restore: another generation ID and its interrupt, a disruption of time. Addresses are those of
 * tests/system/test_vmgen.py. */
#include "../tap.h"

#include <kernel/arch.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define GICD_ISPENDR 0x08000200UL
#define SPI	     100U
#define ID	     0x43000000UL
#define CLOCK	     0x43001000UL

static void raise_spi(void)
{
	unsigned n = 32 + SPI;

	mmio_write32(GICD_ISPENDR + 4 * (n / 32), 1U << n % 32);
}

int main(void)
{
	volatile uint64_t *id = (volatile uint64_t *)ID;
	volatile uint32_t *seq = (volatile uint32_t *)(CLOCK + 0x0c);
	time_t before = time(NULL);

	ok(before >= 1000000000 && before < 1000000100, "the time of the page: %ld", (long)before);
	raise_spi();
	puts("no change");
	id[1] = 5;
	raise_spi();
	usleep(10000);
	puts("changed");
	++*seq;
	*(volatile uint64_t *)(CLOCK + 0x48) = 2000000000;
	++*(volatile uint64_t *)(CLOCK + 0x10);
	++*seq;
	for (unsigned i = 0; i < 3000 && time(NULL) < 2000000000; i++) {
		usleep(10000);
	}
	ok(time(NULL) >= 2000000000, "the time after the disruption");
	return tap_done();
}
