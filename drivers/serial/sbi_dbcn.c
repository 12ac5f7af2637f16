/* SPDX-License-Identifier: MIT */
/* The firmware's console: output alone, for a machine whose UART nobody drives. It belongs to no
 * node (serial.node is NULL), so any other console takes its place.
 * Spec: RISC-V SBI 2.0, 12 (DBCN) and 5.2 (legacy). */
#include <drivers/sbi.h>
#include <errno.h>
#include <kernel/console.h>
#include <kernel/device.h>

#define DBCN_CONSOLE_WRITE 0

/* Calls in a row that took nothing before the rest is dropped. */
#define IDLE_CALLS_MAX 1000

/* Physical is virtual, so the firmware may be given the pointer. It may take less than all. */
static void dbcn_write(struct serial *s, const char *buf, size_t n)
{
	unsigned idle = 0;

	(void)s;
	while (n > 0 && idle < IDLE_CALLS_MAX) {
		struct sbi_ret r = arch_sbi(SBI_EXT_DBCN, DBCN_CONSOLE_WRITE, n, (uintptr_t)buf, 0);
		size_t done = (size_t)r.value;

		if (r.error != 0 || done > n) {
			return;
		}
		idle = done == 0 ? idle + 1 : 0;
		buf += done;
		n -= done;
	}
}

static void legacy_write(struct serial *s, const char *buf, size_t n)
{
	(void)s;
	for (size_t i = 0; i < n; i++) {
		arch_sbi(SBI_LEGACY_PUTCHAR, 0, (uint8_t)buf[i], 0, 0);
	}
}

static struct serial sbi_console = { .name = "sbi" };

static int sbi_console_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	if (sbi_has(SBI_EXT_DBCN)) {
		sbi_console.write = dbcn_write;
	} else if (sbi_has(SBI_LEGACY_PUTCHAR)) {
		sbi_console.write = legacy_write;
	} else {
		return -ENODEV;
	}
	console_register(&sbi_console);
	return 0;
}

DRIVER(STAGE_SERIAL, sbi_console, NULL, sbi_console_probe);
