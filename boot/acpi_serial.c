/* SPDX-License-Identifier: MIT */
/* The console: SPCR, or the first serial port of DBG2.
 * Spec: Microsoft's Serial Port Console Redirection Table 1.10 and Debug Port Table 2 (subtypes, table 3);
 * ACPI 6.5, 5.2.3.2 (generic address structure). */
#include "acpi_tables.h"

#include <libfdt.h>
#include <string.h>

#define SPCR_TYPE     36
#define SPCR_GAS      40
#define SPCR_IRQ_KIND 52
#define SPCR_IRQ_GSI  0x1eU /* any kind but an 8259's */
#define SPCR_GSI      54
#define SPCR_BAUD     58
#define SPCR_CLOCK    76 /* from revision 3 on */
#define SPCR_PRECISE  80 /* from revision 4 on */

#define DBG2_FIRST   36
#define DBG2_COUNT   40
#define DBG2_LENGTH  1
#define DBG2_REGS    3
#define DBG2_PORT    12
#define DBG2_SERIAL  0x8000
#define DBG2_SUBTYPE 14
#define DBG2_GAS     18

#define GAS_SIZE     12
#define GAS_WIDTH    1
#define GAS_ACCESS   3
#define GAS_ADDRESS  4
#define PL011_WINDOW 0x1000

enum subtype {
	PORT_16550 = 0x00,
	PORT_16550_SUBSET = 0x01,
	PORT_PL011 = 0x03,
	PORT_SBSA_32 = 0x0d,
	PORT_SBSA = 0x0e,
	PORT_16550_GAS = 0x12,
};

struct port {
	uint16_t subtype;
	struct acpi_span gas;
	struct acpi_interrupt irq;
	uint32_t baud, clock;
};

static uint32_t baud_of(const struct acpi_span *spcr)
{
	uint32_t precise = acpi_u8(spcr, 8) >= 4 ? acpi_u32(spcr, SPCR_PRECISE) : 0;

	if (precise != 0) {
		return precise;
	}
	switch (acpi_u8(spcr, SPCR_BAUD)) {
	case 3:
		return 9600;
	case 4:
		return 19200;
	case 6:
		return 57600;
	case 7:
		return 115200;
	default:
		return 0; /* as it is set */
	}
}

static bool from_spcr(struct acpi *a, struct port *p)
{
	struct acpi_span t = acpi_find(a, "SPCR");

	if (t.len == 0) {
		return false;
	}
	p->subtype = acpi_u8(&t, SPCR_TYPE);
	p->gas = acpi_part(&t, SPCR_GAS, GAS_SIZE);
	p->irq.gsi = acpi_u32(&t, SPCR_GSI);
	p->irq.valid = p->irq.gsi != 0 && (acpi_u8(&t, SPCR_IRQ_KIND) & SPCR_IRQ_GSI) != 0;
	p->baud = baud_of(&t);
	p->clock = acpi_u8(&t, 8) >= 3 ? acpi_u32(&t, SPCR_CLOCK) : 0;
	return true;
}

static bool from_dbg2(struct acpi *a, struct port *p)
{
	struct acpi_span t = acpi_find(a, "DBG2"), s;
	uint32_t at = acpi_u32(&t, DBG2_FIRST);

	for (uint32_t left = acpi_u32(&t, DBG2_COUNT); left > 0; left--) {
		uint16_t len = acpi_u16(&t, at + DBG2_LENGTH);

		s = acpi_part(&t, at, len);
		if (s.len == 0) {
			return false;
		}
		if (acpi_u16(&s, DBG2_PORT) == DBG2_SERIAL && acpi_u8(&s, DBG2_REGS) > 0) {
			p->subtype = acpi_u16(&s, DBG2_SUBTYPE);
			p->gas = acpi_part(&s, acpi_u16(&s, DBG2_GAS), GAS_SIZE);
			return true;
		}
		at += len;
	}
	return false;
}

/* Bytes of an access; 0: not said in a way that we know. */
static uint32_t access_width(const struct acpi_span *gas)
{
	uint8_t access = acpi_u8(gas, GAS_ACCESS), bits = acpi_u8(gas, GAS_WIDTH);

	if (access >= 1 && access <= 3) {
		return 1U << (access - 1);
	}
	return access == 0 && (bits == 8 || bits == 16 || bits == 32) ? bits / 8U : 0;
}

/* The registers are as far apart as they are wide, whatever the bit width says: QEMU's says 32 of byte
 * registers without a gap. */
static void put_16550(struct acpi *a, const struct port *p, uint64_t base)
{
	uint32_t width = access_width(&p->gas);

	width = width == 0 ? 1 : width;
	acpi_put_str(a, "compatible", "ns16550a");
	acpi_put_reg(a, base, 8UL * width);
	acpi_put_u32(a, "reg-io-width", width);
	acpi_put_u32(a, "reg-shift", width == 4 ? 2 : width - 1);
	if (p->clock != 0) {
		acpi_put_u32(a, "clock-frequency", p->clock);
	}
}

/* Its registers are 16 bits wide: a byte access, which QEMU's table asks for, is never meant. */
static void put_pl011(struct acpi *a, const struct port *p, uint64_t base)
{
	if (p->subtype == PORT_PL011) {
		acpi_put(a, "compatible", "arm,pl011\0arm,primecell", 24);
	} else {
		acpi_put_str(a, "compatible", "arm,sbsa-uart");
	}
	acpi_put_reg(a, base, PL011_WINDOW);
	if (access_width(&p->gas) == 2 && p->subtype != PORT_SBSA_32) {
		acpi_put_u32(a, "reg-io-width", 2);
	}
}

static bool known(const struct port *p)
{
	switch (p->subtype) {
	case PORT_16550:
	case PORT_16550_SUBSET:
	case PORT_16550_GAS:
	case PORT_PL011:
	case PORT_SBSA_32:
	case PORT_SBSA:
		return true;
	default:
		return false;
	}
}

static void write_chosen(struct acpi *a, const struct port *p, uint64_t base)
{
	char path[64];
	size_t n = acpi_text(path, sizeof(path), "/serial@", base, 16);

	if (p->baud != 0) {
		acpi_text(path + n, sizeof(path) - n, ":", p->baud, 10);
	}
	acpi_begin(a, "chosen");
	acpi_put_str(a, "stdout-path", path);
	acpi_end(a);
}

void acpi_write_serial(struct acpi *a)
{
	struct port p = { .subtype = 0 };
	uint64_t base;

	if (!from_spcr(a, &p) && !from_dbg2(a, &p)) {
		return;
	}
	base = acpi_u64(&p.gas, GAS_ADDRESS);
	/* Address space 0 is memory. Address 0: redirection is off. */
	if (p.gas.len == 0 || acpi_u8(&p.gas, 0) != 0 || base == 0 || !known(&p)) {
		a->skipped++;
		return;
	}
	a->serial = base;
	acpi_begin_at(a, "serial", base);
	if (p.subtype == PORT_PL011 || p.subtype == PORT_SBSA_32 || p.subtype == PORT_SBSA) {
		put_pl011(a, &p, base);
	} else {
		put_16550(a, &p, base);
	}
	if (p.baud != 0) {
		acpi_put_u32(a, "current-speed", p.baud);
	}
	acpi_put_irq(a, &p.irq);
	acpi_end(a);
	write_chosen(a, &p, base);
}
