/* SPDX-License-Identifier: MIT */
/* A device tree from ACPI's tables, so that nothing behind the entry knows of ACPI (docs/acpi.md).
 * Runs before the kernel: no allocator, no log, no relocation; the tables are in memory that
 * nobody else writes. Spec: ACPI 6.5. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Gives @len bytes at physical @addr to read, or NULL: not memory. They stay until acpi_to_fdt() is back. */
typedef const void *(*acpi_map_fn)(void *arg, uint64_t addr, uint64_t len);

/* Write the tree that the tables at @rsdp describe into @fdt (@size bytes, aligned to 8). It lacks what
 * firmware says elsewhere: /memory, bootargs, initrd, rng-seed, time.
 * Context: boot, once at a time. Returns 0, -EINVAL (damaged or not enough to run on) or -ENOSPC,
 * and acpi_error() says what was wrong. */
int acpi_to_fdt(acpi_map_fn map, void *arg, uint64_t rsdp, void *fdt, size_t size);
const char *acpi_error(void);
