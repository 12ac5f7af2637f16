/* SPDX-License-Identifier: MIT */
/* Fuzzes the translation of ACPI: any tables behind sound headers, then the tree that comes of them. */
#include "../unit/acpi_env.h"
#include "../unit/fdt_touch.h"

#include <stdlib.h>
#include <string.h>

#define TABLES_MAX 16
/* For the tree: most inputs need less. */
#define ROOM (32U << 10)
/* Of a record, before what follows the header. */
#define RECORD 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Records of which table, 16 bits of length, and what follows the header. */
static void put_tables(const uint8_t *data, size_t n, bool *have_madt, bool *have_fadt)
{
	static const char signature[][5] = { "APIC", "FACP", "GTDT", "SPCR", "DBG2",
					     "MCFG", "IORT", "RHCT", "DSDT", "SSDT" };

	for (unsigned i = 0; i < TABLES_MAX && n >= RECORD; i++) {
		unsigned kind = data[0] % (sizeof(signature) / sizeof(signature[0]));
		size_t len = data[1] | (size_t)data[2] << 8;

		data += RECORD;
		n -= RECORD;
		len = len < n ? len : n;
		if (kind == 1) { /* its pointer to the DSDT is ours */
			put_fadt(len > 0 ? data[0] & 3U : 0);
		} else {
			table_begin(signature[kind], len > 0 ? data[len - 1] % 8 : 0);
			put_bytes(data, len);
			table_end();
		}
		*have_madt |= kind == 0;
		*have_fadt |= kind == 1;
		data += len;
		n -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	bool madt = false, fadt = false;

	acpi_env_reset();
	put_tables(data, n, &madt, &fadt);
	if (!fadt) {
		put_fadt(1);
	}
	if (!madt) {
		madt_begin();
		put_gicc(0, 0, 1, 0, 0x2000000);
		put_gicd(0x1000000, 3);
		put_its(0, 0x3000000);
		table_end();
	}
	acpi_env_finish();
	if (acpi_env_translate(ROOM) == 0) {
		fdt_touch_all(true);
	}
	return 0;
}
