/* SPDX-License-Identifier: MIT */
/* Finds ACPI's tables and checks them whole; the parts of the tree are written elsewhere.
 * Spec: ACPI 6.5, 5.2.5 (RSDP), 5.2.6 (header), 5.2.8 (XSDT). */
#include "acpi_tables.h"

#include <errno.h>
#include <libfdt.h>
#include <limits.h>
#include <string.h>

#define RSDP_SIZE   36
#define HEADER_SIZE 36
#define XSDT_MAX    4096
#define TABLE_MAX   (256U << 10)
#define AML_MAX	    (2U << 20)

#define FADT_DSDT   40
#define FADT_X_DSDT 140
#define MADT_FIRST  44

static char error_text[64];

const char *acpi_error(void)
{
	return error_text;
}

int acpi_fail(const char *table, const char *why)
{
	size_t n = strnlen(table, 8), m = strlen(why);

	if (n + m + 3 <= sizeof(error_text)) {
		memcpy(error_text, table, n);
		memcpy(error_text + n, ": ", 2);
		memcpy(error_text + n + 2, why, m + 1);
	}
	return -EINVAL;
}

/* --- reading ------------------------------------------------------------------------------- */

static uint64_t read_le(const struct acpi_span *s, uint32_t at, uint32_t n)
{
	uint64_t v = 0;

	if (at > s->len || s->len - at < n) {
		return 0;
	}
	while (n-- > 0) {
		v = v << 8 | s->p[at + n];
	}
	return v;
}

uint8_t acpi_u8(const struct acpi_span *s, uint32_t at)
{
	return (uint8_t)read_le(s, at, 1);
}

uint16_t acpi_u16(const struct acpi_span *s, uint32_t at)
{
	return (uint16_t)read_le(s, at, 2);
}

uint32_t acpi_u32(const struct acpi_span *s, uint32_t at)
{
	return (uint32_t)read_le(s, at, 4);
}

uint64_t acpi_u64(const struct acpi_span *s, uint32_t at)
{
	return read_le(s, at, 8);
}

struct acpi_span acpi_part(const struct acpi_span *s, uint32_t at, uint32_t len)
{
	if (at > s->len || s->len - at < len) {
		return (struct acpi_span){ s->p, 0 };
	}
	return (struct acpi_span){ s->p + at, len };
}

static struct acpi_span map(const struct acpi *a, uint64_t addr, uint32_t len)
{
	uint64_t end;
	const void *p = addr == 0 || add_overflow(addr, len, &end) ? NULL
								   : a->map(a->arg, addr, len);

	return (struct acpi_span){ p, p == NULL ? 0 : len };
}

static bool sums_to_zero(const struct acpi_span *s)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < s->len; i++) {
		sum = (uint8_t)(sum + s->p[i]);
	}
	return s->len > 0 && sum == 0;
}

/* --- tables -------------------------------------------------------------------------------- */

/* The whole table at @addr; nothing when it is not readable or not sound. */
static struct acpi_span table_at(const struct acpi *a, uint64_t addr, uint32_t max)
{
	struct acpi_span t = map(a, addr, HEADER_SIZE);
	uint32_t len = acpi_u32(&t, 4);

	if (len < HEADER_SIZE || len > max) {
		return (struct acpi_span){ NULL, 0 };
	}
	t = map(a, addr, len);
	/* A second look at the length: what was checked is what is used. */
	if (acpi_u32(&t, 4) != len || !sums_to_zero(&t)) {
		t.len = 0;
	}
	return t;
}

static bool has_signature(const struct acpi_span *t, const char *signature)
{
	return t->len >= HEADER_SIZE && memcmp(t->p, signature, 4) == 0;
}

struct acpi_span acpi_find_next(const struct acpi *a, const char *signature, uint32_t *at)
{
	uint32_t max = memcmp(signature, "SSDT", 4) == 0 ? AML_MAX : TABLE_MAX;

	for (*at = MAX(*at, (uint32_t)HEADER_SIZE); a->xsdt.len - *at >= 8;) {
		uint64_t addr = acpi_u64(&a->xsdt, *at);
		struct acpi_span t = map(a, addr, HEADER_SIZE);

		*at += 8;
		if (has_signature(&t, signature)) {
			t = table_at(a, addr, max);
			if (t.len > 0) {
				return t;
			}
		}
	}
	return (struct acpi_span){ NULL, 0 };
}

struct acpi_span acpi_find(const struct acpi *a, const char *signature)
{
	uint32_t at = 0;

	return acpi_find_next(a, signature, &at);
}

/* Tables that will not be used, since they are damaged. */
static uint32_t count_damaged(const struct acpi *a)
{
	uint32_t n = 0;

	for (uint32_t at = HEADER_SIZE; a->xsdt.len - at >= 8; at += 8) {
		uint64_t addr = acpi_u64(&a->xsdt, at);

		n += addr != 0 && table_at(a, addr, AML_MAX).len == 0;
	}
	return n;
}

struct acpi_span acpi_dsdt(const struct acpi *a)
{
	uint64_t addr = acpi_u64(&a->fadt, FADT_X_DSDT);
	struct acpi_span t = table_at(a, addr != 0 ? addr : acpi_u32(&a->fadt, FADT_DSDT), AML_MAX);

	if (!has_signature(&t, "DSDT")) {
		t.len = 0;
	}
	return t;
}

bool acpi_madt(const struct acpi *a, uint32_t *at, uint8_t type, uint32_t min, struct acpi_span *s)
{
	/* Lengths have been checked: madt_sound(). */
	for (*at = MAX(*at, (uint32_t)MADT_FIRST); *at < a->madt.len;) {
		*s = acpi_part(&a->madt, *at, acpi_u8(&a->madt, *at + 1));
		*at += s->len;
		if (acpi_u8(s, 0) == type && s->len >= min) {
			return true;
		}
	}
	return false;
}

static bool madt_sound(const struct acpi_span *t)
{
	uint32_t at = MADT_FIRST;

	while (at < t->len) {
		uint8_t len = acpi_u8(t, at + 1);

		if (len < 2 || len > t->len - at) {
			return false;
		}
		at += len;
	}
	return at == t->len;
}

static int find_xsdt(struct acpi *a, uint64_t addr)
{
	struct acpi_span r = map(a, addr, RSDP_SIZE);
	uint32_t len = acpi_u32(&r, 20);
	struct acpi_span first = acpi_part(&r, 0, 20);

	if (r.len == 0 || memcmp(r.p, "RSD PTR ", 8) != 0 || !sums_to_zero(&first)) {
		return acpi_fail("RSDP", "not there, or bad checksum");
	}
	/* Revision 0 has no XSDT, and a 32-bit RSDT is not for these machines. */
	if (acpi_u8(&r, 15) < 2 || len < RSDP_SIZE || len > XSDT_MAX) {
		return acpi_fail("RSDP", "revision before 2, or bad length");
	}
	r = map(a, addr, len);
	if (!sums_to_zero(&r)) {
		return acpi_fail("RSDP", "bad extended checksum");
	}
	a->xsdt = table_at(a, acpi_u64(&r, 24), XSDT_MAX);
	if (!has_signature(&a->xsdt, "XSDT")) {
		return acpi_fail("XSDT", "not there, or damaged");
	}
	return 0;
}

static int find_tables(struct acpi *a, uint64_t rsdp)
{
	struct acpi_span s;
	uint32_t at = 0;
	int err = find_xsdt(a, rsdp);

	if (err != 0) {
		return err;
	}
	a->fadt = acpi_find(a, "FACP");
	if (a->fadt.len == 0) {
		return acpi_fail("FACP", "not there, or damaged");
	}
	a->madt = acpi_find(a, "APIC");
	if (a->madt.len == 0 || !madt_sound(&a->madt)) {
		return acpi_fail("APIC", "not there, or damaged");
	}
	a->riscv = acpi_madt(a, &at, MADT_RINTC, 0, &s);
	a->mcfg = acpi_find(a, "MCFG");
	a->iort = acpi_find(a, "IORT");
	a->skipped = count_damaged(a);
	return 0;
}

/* --- the tree ------------------------------------------------------------------------------ */

/* OEM ID and OEM table ID: what of it is text. */
static void write_model(struct acpi *a)
{
	char model[16];
	unsigned n = 0;

	for (uint32_t at = 10; at < 24; at++) {
		uint8_t c = acpi_u8(&a->xsdt, at);

		if (at == 16 && n > 0) {
			model[n++] = ' ';
		}
		if (c > ' ' && c < 0x7f) {
			model[n++] = (char)c;
		}
	}
	model[n] = '\0';
	acpi_put_str(a, "model", model);
}

static int write_nodes(struct acpi *a)
{
	int err;

	acpi_begin(a, "");
	acpi_put_u32(a, "#address-cells", 2);
	acpi_put_u32(a, "#size-cells", 2);
	acpi_put_str(a, "compatible", "coracle,acpi");
	write_model(a);
	err = a->riscv ? acpi_write_riscv(a) : acpi_write_arm(a);
	if (err != 0) {
		return err;
	}
	acpi_write_serial(a);
	acpi_write_devices(a);
	acpi_write_pci(a);
	acpi_begin(a, "acpi");
	acpi_put_u32(a, "coracle,skipped", a->skipped);
	acpi_end(a);
	acpi_end(a);
	return 0;
}

int acpi_to_fdt(acpi_map_fn map_fn, void *arg, uint64_t rsdp, void *fdt, size_t size)
{
	struct acpi a = { .map = map_fn, .arg = arg, .fdt = fdt };
	int err;

	error_text[0] = '\0';
	err = find_tables(&a, rsdp);
	if (err != 0) {
		return err;
	}
	a.fdt_error = fdt_create(fdt, (int)MIN(size, (size_t)INT_MAX));
	if (a.fdt_error == 0) {
		a.fdt_error = fdt_finish_reservemap(fdt);
	}
	err = write_nodes(&a);
	if (a.fdt_error == 0 && err != 0) {
		return err;
	}
	if (a.fdt_error == 0) {
		a.fdt_error = fdt_finish(fdt);
	}
	if (a.fdt_error != 0) {
		acpi_fail("tree",
			  a.fdt_error == -FDT_ERR_NOSPACE ? "no room for it" : "not written");
		return a.fdt_error == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL;
	}
	return 0;
}
