/* SPDX-License-Identifier: MIT */
/* What the parts of the translation share: reading a table, writing the tree. No static data here holds
 * a pointer: relocation has not been done yet. */
#pragma once

#include "acpi.h"

#include <kernel/types.h>

/* Bytes of a table. Outside of them it reads as zero, which in every table means "not there": older
 * revisions are the shorter ones. */
struct acpi_span {
	const uint8_t *p;
	uint32_t len;
};

#define ACPI_LINKS_MAX 32
#define ACPI_HOSTS_MAX 64
#define ACPI_CELLS_MAX 256

/* How an interrupt is signalled, as the extended interrupt descriptor has it (6.4.3.6, bits 1 and 2). */
#define ACPI_EDGE 1U
#define ACPI_LOW  2U

struct acpi_interrupt {
	uint32_t gsi;
	unsigned flags; /* ACPI_EDGE, ACPI_LOW */
	bool valid;
};

struct acpi {
	acpi_map_fn map;
	void *arg;
	struct acpi_span xsdt, madt, fadt, mcfg, iort;
	void *fdt;
	int fdt_error; /* of the first write that failed */
	uint32_t skipped;
	bool riscv;
	uint64_t serial; /* base of the console's registers, 0: none */
	unsigned links;
	unsigned hosts;
	bool gpio;
	uint64_t mcfg_used; /* bit i: its i-th entry has a node */
	struct {
		char name[4];
		struct acpi_interrupt irq;
	} link[ACPI_LINKS_MAX]; /* PCI interrupt links of the namespace */
	struct {
		uint16_t segment;
		uint8_t first, last;
	} host[ACPI_HOSTS_MAX]; /* buses that have a node */
};

/* A property's value under construction; what finds no room sets full. */
struct acpi_cells {
	uint32_t v[ACPI_CELLS_MAX];
	unsigned n;
	bool full;
};

/* phandles: fixed, by the order of the things in their table. */
enum {
	PHANDLE_GIC = 1,
	PHANDLE_IMSIC = 2,
	PHANDLE_GPIO = 3,
	PHANDLE_ITS = 0x100,
	PHANDLE_FRAME = 0x200,
	PHANDLE_PLIC = 0x300,
	PHANDLE_APLIC = 0x400,
	PHANDLE_HART = 0x10000,
};
#define ACPI_KIND_MAX 64 /* of each kind but harts */

/* MADT structures (5.2.12). */
enum {
	MADT_GICC = 0x0b,
	MADT_GICD = 0x0c,
	MADT_FRAME = 0x0d,
	MADT_GICR = 0x0e,
	MADT_ITS = 0x0f,
	MADT_RINTC = 0x18,
	MADT_IMSIC = 0x19,
	MADT_APLIC = 0x1a,
	MADT_PLIC = 0x1b,
};

/* --- acpi.c: tables */
uint8_t acpi_u8(const struct acpi_span *s, uint32_t at);
uint16_t acpi_u16(const struct acpi_span *s, uint32_t at);
uint32_t acpi_u32(const struct acpi_span *s, uint32_t at);
uint64_t acpi_u64(const struct acpi_span *s, uint32_t at);
/* @len bytes from @at on; nothing when they are not all there. */
struct acpi_span acpi_part(const struct acpi_span *s, uint32_t at, uint32_t len);
/* The first sound table with that signature; nothing when there is none. */
struct acpi_span acpi_find(const struct acpi *a, const char *signature);
/* The next one; *@at is 0 at first. */
struct acpi_span acpi_find_next(const struct acpi *a, const char *signature, uint32_t *at);
/* The DSDT, by the FADT. */
struct acpi_span acpi_dsdt(const struct acpi *a);
/* The next structure of that type in the MADT, of @min bytes or more; *@at is 0 at first. */
bool acpi_madt(const struct acpi *a, uint32_t *at, uint8_t type, uint32_t min, struct acpi_span *s);
/* Remember why. Returns -EINVAL. */
int acpi_fail(const char *table, const char *why);

/* --- acpi_write.c: the tree */
void acpi_begin(struct acpi *a, const char *name);
void acpi_begin_at(struct acpi *a, const char *name, uint64_t addr);
void acpi_end(struct acpi *a);
void acpi_put(struct acpi *a, const char *name, const void *p, unsigned len);
void acpi_put_str(struct acpi *a, const char *name, const char *s);
void acpi_put_flag(struct acpi *a, const char *name);
void acpi_put_u32(struct acpi *a, const char *name, uint32_t v);
void acpi_put_u64(struct acpi *a, const char *name, uint64_t v);
void acpi_put_reg(struct acpi *a, uint64_t addr, uint64_t size);
void acpi_put_cells(struct acpi *a, const char *name, const struct acpi_cells *c);
void acpi_put_irq(struct acpi *a, const struct acpi_interrupt *irq);
/* Room for @n cells to be filled by acpi_cell(), or NULL. */
void *acpi_put_room(struct acpi *a, const char *name, unsigned n);
void *acpi_cell(void *at, uint32_t v);
void acpi_add(struct acpi_cells *c, uint32_t v);
void acpi_add_u64(struct acpi_cells *c, uint64_t v);
/* @s and the number behind it into @buf; returns the length. */
size_t acpi_text(char *buf, size_t size, const char *s, uint64_t v, unsigned base);
/* Appends controller and specifier of a GSI; with the unit address between them for an
 * interrupt-map. False: no controller has it. */
bool acpi_add_irq(const struct acpi *a, struct acpi_cells *c, const struct acpi_interrupt *irq,
		  bool map);

/* --- one part each; they write nodes of the root */
int acpi_write_arm(struct acpi *a);
int acpi_write_riscv(struct acpi *a);
uint32_t acpi_its_phandle(const struct acpi *a, uint32_t id);
bool acpi_riscv_gsi(const struct acpi *a, uint32_t gsi, struct acpi_cells *c, unsigned flags);
bool acpi_has_imsic(const struct acpi *a);
void acpi_write_timers(struct acpi *a);
void acpi_write_psci(struct acpi *a);
bool acpi_has_psci(const struct acpi *a);
void acpi_write_serial(struct acpi *a);
/* Hosts that the namespace did not describe. */
void acpi_write_pci(struct acpi *a);

/* --- acpi_aml.c, acpi_resource.c: the namespace */
struct acpi_device {
	char name[4];
	char hid[9];
	struct acpi_span crs, aei; /* resource descriptors */
	struct acpi_span prt;	   /* the package, as it is encoded */
	uint32_t segment, bus;
	bool absent;	 /* _STA */
	bool incoherent; /* its DMA passes the caches by */
	bool dynamic;	 /* something of the above only a method knows */
};

/* Calls @visit for each device that is a static definition. */
void acpi_walk(struct acpi *a, void (*visit)(struct acpi *a, const struct acpi_device *d));
void acpi_write_devices(struct acpi *a);
void acpi_write_host(struct acpi *a, const struct acpi_device *d);

/* An integer, a name, a package or any other object of the byte stream at *@at, which moves on. */
bool acpi_aml_integer(const struct acpi_span *s, uint32_t *at, uint64_t *v);
bool acpi_aml_name(const struct acpi_span *s, uint32_t *at, char last[4]);
bool acpi_aml_package(const struct acpi_span *s, uint32_t *at, struct acpi_span *elements);

/* One resource descriptor (6.4): @type is the tag without its length; false at the end. */
bool acpi_resource(const struct acpi_span *s, uint32_t *at, unsigned *type, struct acpi_span *body);
#define ACPI_RES_MEMORY32 0x86
#define ACPI_RES_DWORD	  0x87
#define ACPI_RES_WORD	  0x88
#define ACPI_RES_IRQ	  0x89
#define ACPI_RES_QWORD	  0x8a
#define ACPI_RES_GPIO	  0x8c

enum { ACPI_WINDOW_MEMORY = 0, ACPI_WINDOW_IO = 1, ACPI_WINDOW_BUS = 2 };

struct acpi_window {
	unsigned kind;
	bool prefetch;
	uint64_t first, size; /* on the far side of the bridge */
	uint64_t offset;      /* to be added for ours */
};

/* An address space descriptor of any width (6.4.3.5) that means a range. */
bool acpi_window(unsigned type, const struct acpi_span *body, struct acpi_window *w);
/* The first interrupt, and the first memory range. */
struct acpi_interrupt acpi_crs_irq(const struct acpi_span *crs);
bool acpi_crs_memory(const struct acpi_span *crs, uint64_t *base, uint64_t *size);
