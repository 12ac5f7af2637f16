/* SPDX-License-Identifier: MIT */
/* CPUs and interrupt controllers of an Arm machine, from the MADT.
 * Spec: ACPI 6.5, 5.2.12.14 (GICC) to 5.2.12.18 (ITS); bindings arm,gic, arm,gic-v3. */
#include "acpi_tables.h"

#include <libfdt.h>

#define GICC_SIZE_MIN	   76 /* ACPI 5.1, the first with MPIDR */
#define GICC_FLAGS	   12
#define GICC_ENABLED	   1U
#define GICC_ONLINE	   8U /* may be started later */
#define GICC_BASE	   32
#define GICC_REDISTRIBUTOR 60
#define GICC_MPIDR	   68
#define MPIDR_AFFINITY	   0xff00ffffffULL

#define GICD_SIZE    24
#define GICD_BASE    8
#define GICD_VERSION 20

#define FRAME_SIZE  24
#define FRAME_BASE  8
#define FRAME_FLAGS 16
#define FRAME_COUNT 20
#define FRAME_FIRST 22

#define GICR_SIZE   16
#define GICR_BASE   4
#define GICR_LENGTH 12

#define ITS_SIZE 20
#define ITS_ID	 4
#define ITS_BASE 8

/* Sizes of register windows (GICv2 IHI 0048, 4.1; GICv3 IHI 0069, 12.8). */
#define V2_DIST_SIZE   0x1000
#define V2_CPU_SIZE    0x2000
#define V3_DIST_SIZE   0x10000
#define V3_REDIST_SIZE 0x20000
#define V4_REDIST_SIZE 0x40000
#define ITS_WINDOW     0x20000
#define FRAME_WINDOW   0x1000

#define REGIONS_MAX 32

/* --- CPUs ---------------------------------------------------------------------------------- */

static uint32_t usable(const struct acpi_span *gicc)
{
	return acpi_u32(gicc, GICC_FLAGS) & (GICC_ENABLED | GICC_ONLINE);
}

static void write_cpu(struct acpi *a, const struct acpi_span *gicc)
{
	uint64_t mpidr = acpi_u64(gicc, GICC_MPIDR) & MPIDR_AFFINITY;

	acpi_begin_at(a, "cpu", mpidr);
	acpi_put_str(a, "device_type", "cpu");
	acpi_put_str(a, "compatible", "arm,armv8");
	acpi_put_u64(a, "reg", mpidr);
	acpi_put_str(a, "status", (usable(gicc) & GICC_ENABLED) != 0 ? "okay" : "disabled");
	if (acpi_has_psci(a)) {
		acpi_put_str(a, "enable-method", "psci");
	}
	acpi_end(a);
}

static unsigned write_cpus(struct acpi *a)
{
	struct acpi_span s;
	uint32_t at = 0;
	unsigned n = 0;

	acpi_begin(a, "cpus");
	acpi_put_u32(a, "#address-cells", 2);
	acpi_put_u32(a, "#size-cells", 0);
	while (a->fdt_error == 0 && acpi_madt(a, &at, MADT_GICC, GICC_SIZE_MIN, &s)) {
		if (usable(&s) != 0) {
			write_cpu(a, &s);
			n++;
		}
	}
	acpi_end(a);
	return n;
}

/* --- redistributors ------------------------------------------------------------------------ */

/* The lowest redistributor base of a CPU above @after; false: none. */
static bool next_redistributor(const struct acpi *a, uint64_t after, uint64_t *base)
{
	struct acpi_span s;
	uint32_t at = 0;
	bool found = false;

	while (acpi_madt(a, &at, MADT_GICC, GICC_SIZE_MIN, &s)) {
		uint64_t b = acpi_u64(&s, GICC_REDISTRIBUTOR);

		if (usable(&s) != 0 && b > after && (!found || b < *base)) {
			*base = b;
			found = true;
		}
	}
	return found;
}

/* Each CPU names its own where they are not one range (5.2.12.14). They come in runs, at one
 * spacing each: neighbours become a region, so that few regions do for many CPUs. */
static void add_runs(const struct acpi *a, uint64_t single, struct acpi_cells *c)
{
	uint64_t base = 0, next = 0;
	bool more = next_redistributor(a, 0, &base);

	while (more && !c->full) {
		uint64_t first = base, step = 0;

		while ((more = next_redistributor(a, base, &next)) &&
		       (step == 0 || next - base == step) &&
		       (next - base == V3_REDIST_SIZE || next - base == V4_REDIST_SIZE)) {
			step = next - base;
			base = next;
		}
		acpi_add_u64(c, first);
		acpi_add_u64(c, base - first + (step != 0 ? step : single));
		base = next;
	}
}

static void add_regions(const struct acpi *a, struct acpi_cells *c)
{
	struct acpi_span s;
	uint32_t at = 0;

	while (acpi_madt(a, &at, MADT_GICR, GICR_SIZE, &s)) {
		if (acpi_u64(&s, GICR_BASE) != 0 && acpi_u32(&s, GICR_LENGTH) != 0) {
			acpi_add_u64(c, acpi_u64(&s, GICR_BASE));
			acpi_add_u64(c, acpi_u32(&s, GICR_LENGTH));
		}
	}
}

/* --- message-signalled interrupts ----------------------------------------------------------- */

uint32_t acpi_its_phandle(const struct acpi *a, uint32_t id)
{
	struct acpi_span s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_ITS, ITS_SIZE, &s); i++) {
		if (acpi_u32(&s, ITS_ID) == id) {
			return PHANDLE_ITS + i;
		}
	}
	return 0;
}

static void write_msi_node(struct acpi *a, const char *name, const char *compatible,
			   uint32_t phandle, uint64_t base, uint64_t size)
{
	acpi_begin_at(a, name, base);
	acpi_put_str(a, "compatible", compatible);
	acpi_put_reg(a, base, size);
	acpi_put_flag(a, "msi-controller");
	acpi_put_u32(a, "phandle", phandle);
}

static void write_its(struct acpi *a)
{
	struct acpi_span s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_ITS, ITS_SIZE, &s); i++) {
		write_msi_node(a, "msi-controller", "arm,gic-v3-its", PHANDLE_ITS + i,
			       acpi_u64(&s, ITS_BASE), ITS_WINDOW);
		acpi_put_u32(a, "#msi-cells", 1);
		acpi_end(a);
	}
}

static void write_frames(struct acpi *a)
{
	struct acpi_span s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < ACPI_KIND_MAX && acpi_madt(a, &at, MADT_FRAME, FRAME_SIZE, &s);
	     i++) {
		write_msi_node(a, "v2m", "arm,gic-v2m-frame", PHANDLE_FRAME + i,
			       acpi_u64(&s, FRAME_BASE), FRAME_WINDOW);
		/* 5.2.12.16: the frame's own register says it unless this flag is set. */
		if ((acpi_u32(&s, FRAME_FLAGS) & 1) != 0) {
			acpi_put_u32(a, "arm,msi-base-spi", acpi_u16(&s, FRAME_FIRST));
			acpi_put_u32(a, "arm,msi-num-spis", acpi_u16(&s, FRAME_COUNT));
		}
		acpi_end(a);
	}
}

/* --- the controller ------------------------------------------------------------------------ */

static void write_gic(struct acpi *a, const char *compatible, uint64_t dist,
		      const struct acpi_cells *reg)
{
	acpi_begin_at(a, "interrupt-controller", dist);
	acpi_put_str(a, "compatible", compatible);
	acpi_put_cells(a, "reg", reg);
	acpi_put_flag(a, "interrupt-controller");
	acpi_put_u32(a, "#interrupt-cells", 3);
	acpi_put_u32(a, "#address-cells", 2);
	acpi_put_u32(a, "#size-cells", 2);
	acpi_put_flag(a, "ranges");
	acpi_put_u32(a, "phandle", PHANDLE_GIC);
}

static int write_v2(struct acpi *a, uint64_t dist)
{
	struct acpi_cells reg = { .n = 0 };
	struct acpi_span s;
	uint32_t at = 0;
	uint64_t base = 0;

	while (base == 0 && acpi_madt(a, &at, MADT_GICC, GICC_SIZE_MIN, &s)) {
		base = acpi_u64(&s, GICC_BASE);
	}
	if (base == 0) {
		return acpi_fail("APIC", "GICv2 without a CPU interface");
	}
	acpi_add_u64(&reg, dist);
	acpi_add_u64(&reg, V2_DIST_SIZE);
	acpi_add_u64(&reg, base);
	acpi_add_u64(&reg, V2_CPU_SIZE);
	write_gic(a, "arm,cortex-a15-gic", dist, &reg);
	write_frames(a);
	acpi_end(a);
	return 0;
}

static int write_v3(struct acpi *a, uint64_t dist, const struct acpi_cells *regions)
{
	struct acpi_cells reg = { .n = 0 };

	acpi_add_u64(&reg, dist);
	acpi_add_u64(&reg, V3_DIST_SIZE);
	for (unsigned i = 0; i < regions->n; i++) {
		acpi_add(&reg, regions->v[i]);
	}
	write_gic(a, "arm,gic-v3", dist, &reg);
	acpi_put_u32(a, "#redistributor-regions", regions->n / 4);
	write_its(a);
	write_frames(a);
	acpi_end(a);
	return 0;
}

static int write_controller(struct acpi *a)
{
	struct acpi_cells regions = { .n = 0 };
	struct acpi_span s;
	uint32_t at = 0;
	uint64_t dist;
	uint8_t version;

	if (!acpi_madt(a, &at, MADT_GICD, GICD_SIZE, &s)) {
		return acpi_fail("APIC", "no interrupt controller");
	}
	dist = acpi_u64(&s, GICD_BASE);
	version = acpi_u8(&s, GICD_VERSION);
	add_regions(a, &regions);
	if (regions.n == 0) {
		add_runs(a, version >= 4 ? V4_REDIST_SIZE : V3_REDIST_SIZE, &regions);
	}
	/* 0 is for the hardware to say; only a GICv3 has redistributors. */
	if (version == 0) {
		version = regions.n > 0 ? 3 : 2;
	}
	if (dist == 0 || version > 4) {
		return acpi_fail("APIC", "unknown interrupt controller");
	}
	if (version <= 2) {
		return write_v2(a, dist);
	}
	if (regions.n == 0 || regions.n / 4 > REGIONS_MAX) {
		return acpi_fail("APIC", "no redistributors, or too scattered");
	}
	return write_v3(a, dist, &regions);
}

int acpi_write_arm(struct acpi *a)
{
	if (write_cpus(a) == 0) {
		return acpi_fail("APIC", "no CPU that can be used");
	}
	acpi_write_psci(a);
	acpi_write_timers(a);
	return write_controller(a);
}
