/* SPDX-License-Identifier: MIT */
/* Resource descriptors, and the devices of the namespace that drivers here know.
 * Spec: ACPI 6.5, 6.4 (resource data types). */
#include "acpi_tables.h"

#include <libfdt.h>
#include <string.h>

#define LARGE	  0x80U
#define SMALL_END 0xfU

#define GENERAL_CONSUMER 1U /* of a range: consumed by the device itself */
#define MEMORY_CACHING	 0x6U
#define MEMORY_PREFETCH	 0x6U

#define GPIO_INTERRUPT	0
#define GPIO_TYPE	1
#define GPIO_FLAGS	4
#define GPIO_PINS	11
#define KEY_POWER	116 /* linux,code of the binding gpio-keys */
#define GPIO_ACTIVE_LOW 1U
#define GPIO_FLAGS_LOW	2U
#define PL061_WINDOW	0x1000

/* --- resources ------------------------------------------------------------------------------ */

bool acpi_resource(const struct acpi_span *s, uint32_t *at, unsigned *type, struct acpi_span *body)
{
	uint8_t tag = acpi_u8(s, *at);
	uint32_t head = (tag & LARGE) != 0 ? 3 : 1;
	uint32_t len = head == 3 ? acpi_u16(s, *at + 1) : tag & 7U;

	if (*at >= s->len || s->len - *at < head || s->len - *at - head < len) {
		return false;
	}
	*type = head == 3 ? tag : tag >> 3 & 0xfU;
	*body = acpi_part(s, *at + head, len);
	*at += head + len;
	return *type != SMALL_END;
}

bool acpi_window(unsigned type, const struct acpi_span *body, struct acpi_window *w)
{
	uint32_t n = type == ACPI_RES_WORD ? 2 : type == ACPI_RES_DWORD ? 4 : 8;
	uint64_t last, end;

	if ((type != ACPI_RES_WORD && type != ACPI_RES_DWORD && type != ACPI_RES_QWORD) ||
	    body->len < 3 + 5 * n) {
		return false;
	}
	w->kind = acpi_u8(body, 0);
	w->prefetch = (acpi_u8(body, 2) & MEMORY_CACHING) == MEMORY_PREFETCH;
	/* Behind the granularity: first, last, translation, length. */
	w->first = n == 8   ? acpi_u64(body, 3 + n)
		   : n == 4 ? acpi_u32(body, 3 + n)
			    : acpi_u16(body, 3 + n);
	last = n == 8	? acpi_u64(body, 3 + 2 * n)
	       : n == 4 ? acpi_u32(body, 3 + 2 * n)
			: acpi_u16(body, 3 + 2 * n);
	w->offset = n == 8   ? acpi_u64(body, 3 + 3 * n)
		    : n == 4 ? acpi_u32(body, 3 + 3 * n)
			     : acpi_u16(body, 3 + 3 * n);
	if (last < w->first || last - w->first == UINT64_MAX) {
		return false;
	}
	w->size = last - w->first + 1;
	return !add_overflow(last, w->offset, &end);
}

struct acpi_interrupt acpi_crs_irq(const struct acpi_span *crs)
{
	struct acpi_interrupt irq = { .valid = false };
	struct acpi_span body;
	uint32_t at = 0;
	unsigned type;

	while (!irq.valid && acpi_resource(crs, &at, &type, &body)) {
		if (type == ACPI_RES_IRQ && acpi_u8(&body, 1) > 0 && body.len >= 6) {
			uint8_t flags = acpi_u8(&body, 0);

			irq.gsi = acpi_u32(&body, 2);
			irq.flags = ((flags & 2) != 0 ? ACPI_EDGE : 0) |
				    ((flags & 4) != 0 ? ACPI_LOW : 0);
			irq.valid = true;
		}
	}
	return irq;
}

bool acpi_crs_memory(const struct acpi_span *crs, uint64_t *base, uint64_t *size)
{
	struct acpi_window w;
	struct acpi_span body;
	uint32_t at = 0;
	unsigned type;

	while (acpi_resource(crs, &at, &type, &body)) {
		if (type == ACPI_RES_MEMORY32 && body.len >= 9) {
			*base = acpi_u32(&body, 1);
			*size = acpi_u32(&body, 5);
		} else if (acpi_window(type, &body, &w) && w.kind == ACPI_WINDOW_MEMORY) {
			*base = w.first + w.offset;
			*size = w.size;
		} else {
			continue;
		}
		return *base != 0 && *size != 0;
	}
	return false;
}

/* --- devices -------------------------------------------------------------------------------- */

static bool is(const struct acpi_device *d, const char *hid)
{
	return strcmp(d->hid, hid) == 0;
}

/* Begins the node with what its _CRS says; false when that is no memory. */
static bool begin_device(struct acpi *a, const struct acpi_device *d, const char *name,
			 const char *compatible, unsigned len)
{
	struct acpi_interrupt irq = acpi_crs_irq(&d->crs);
	uint64_t base, size;

	if (d->dynamic || !acpi_crs_memory(&d->crs, &base, &size) ||
	    (a->serial != 0 && base == a->serial)) {
		return false;
	}
	acpi_begin_at(a, name, base);
	acpi_put(a, "compatible", compatible, len);
	acpi_put_reg(a, base, size);
	acpi_put_irq(a, &irq);
	return true;
}

static void write_virtio(struct acpi *a, const struct acpi_device *d)
{
	static const char compatible[] = "virtio,mmio";

	if (!begin_device(a, d, "virtio_mmio", compatible, sizeof(compatible))) {
		a->skipped++;
		return;
	}
	if (!d->incoherent) {
		acpi_put_flag(a, "dma-coherent");
	}
	acpi_end(a);
}

/* The one of the SPCR has its node already. */
static void write_uart(struct acpi *a, const struct acpi_device *d)
{
	static const char pl011[] = "arm,pl011\0arm,primecell", sbsa[] = "arm,sbsa-uart";
	bool generic = is(d, "ARMHB000");

	if (begin_device(a, d, "serial", generic ? sbsa : pl011,
			 generic ? sizeof(sbsa) : sizeof(pl011))) {
		acpi_end(a);
	}
}

/* The pin that _AEI names is the power button's: virtual machines have it for nothing else. */
static void write_power_key(struct acpi *a, const struct acpi_device *d, uint32_t phandle)
{
	struct acpi_cells gpio = { .n = 0 };
	struct acpi_span body;
	uint32_t at = 0;
	unsigned type;

	if (!acpi_resource(&d->aei, &at, &type, &body) || type != ACPI_RES_GPIO ||
	    acpi_u8(&body, GPIO_TYPE) != GPIO_INTERRUPT) {
		return;
	}
	/* Its offsets count from the tag, which is three bytes before the body. */
	at = acpi_u16(&body, GPIO_PINS) - 3U;
	if (at > body.len || body.len - at < 2) {
		return;
	}
	acpi_add(&gpio, phandle);
	acpi_add(&gpio, acpi_u16(&body, at));
	acpi_add(&gpio,
		 (acpi_u8(&body, GPIO_FLAGS + 2) & GPIO_FLAGS_LOW) != 0 ? GPIO_ACTIVE_LOW : 0);
	acpi_begin(a, "gpio-keys");
	acpi_put_str(a, "compatible", "gpio-keys");
	acpi_begin(a, "poweroff");
	acpi_put_cells(a, "gpios", &gpio);
	acpi_put_u32(a, "linux,code", KEY_POWER);
	acpi_put_str(a, "label", "power button");
	acpi_end(a);
	acpi_end(a);
}

static void write_gpio(struct acpi *a, const struct acpi_device *d)
{
	static const char compatible[] = "arm,pl061\0arm,primecell";

	/* One will do: the button's. */
	if (a->gpio || !begin_device(a, d, "gpio", compatible, sizeof(compatible))) {
		a->skipped++;
		return;
	}
	a->gpio = true;
	acpi_put_flag(a, "gpio-controller");
	acpi_put_u32(a, "#gpio-cells", 2);
	acpi_put_u32(a, "phandle", PHANDLE_GPIO);
	acpi_end(a);
	write_power_key(a, d, PHANDLE_GPIO);
}

static void note_link(struct acpi *a, const struct acpi_device *d)
{
	struct acpi_interrupt irq = acpi_crs_irq(&d->crs);

	if (!is(d, "PNP0C0F") || d->dynamic || !irq.valid) {
		return;
	}
	if (a->links == ACPI_LINKS_MAX) {
		a->skipped++;
		return;
	}
	memcpy(a->link[a->links].name, d->name, 4);
	a->link[a->links++].irq = irq;
}

static void write_device(struct acpi *a, const struct acpi_device *d)
{
	if (is(d, "LNRO0005")) {
		write_virtio(a, d);
	} else if (is(d, "ARMH0011") || is(d, "ARMHB000")) {
		write_uart(a, d);
	} else if (is(d, "ARMH0061")) {
		write_gpio(a, d);
	} else if (is(d, "PNP0A08") || is(d, "PNP0A03")) {
		acpi_write_host(a, d);
	}
}

void acpi_write_devices(struct acpi *a)
{
	uint32_t skipped = a->skipped;

	/* The links first: a routing table may name one that comes behind it. */
	acpi_walk(a, note_link);
	a->skipped = skipped;
	acpi_walk(a, write_device);
}
