/* SPDX-License-Identifier: MIT */
/* The parts of the start under UEFI, each for itself. What firmware hands over is checked where it is read.
 * Context of all: boot services are there, or have just gone; one CPU, no interrupts of ours, none of the kernel's
 * state: no kmalloc(), no log, no thread pointer. Errors are -errno. */
#pragma once

#include "efi.h"

/* --- memory.c: the memory map as /memory --- */

/* More pieces of RAM than the page allocator takes in (kernel/page.c, RANGES) less what is reserved in them. */
#define EFI_RANGES 96

struct efi_range {
	uint64_t start, end;
};

/* Memory that is free for all once boot services have gone: sorted, joined, the largest ones if there are more
 * than @max. Returns how many. */
unsigned efi_usable_memory(const struct efi_memory_map *map, struct efi_range *ranges,
			   unsigned max);
/* [addr, addr + size) lies in one descriptor that is memory of any kind, not a device's. */
bool efi_is_memory(const struct efi_memory_map *map, uint64_t addr, uint64_t size);
/* Put one memory node, with room for EFI_RANGES, in place of all that are in @fdt. -ENOSPC, -EINVAL. */
int efi_memory_prepare(void *fdt);
/* Fill it. Cannot fail after the other. */
void efi_memory_write(void *fdt, const struct efi_range *ranges, unsigned n);

/* --- options.c: load options as bootargs --- */

#define EFI_OPTIONS_MAX 4096 /* bytes of text, with its end */

/* UTF-16 text of @size bytes, which may lack its end, to UTF-8 without a leading program name. false: it is not text, or
 * too long; @text is empty then. */
bool efi_options(const void *options, size_t size, char text[EFI_OPTIONS_MAX]);
/* Append @text to /chosen/bootargs, unless it is there already or begins with what is there. */
int efi_bootargs(void *fdt, const char *text);

/* --- chosen.c: what else goes into /chosen --- */

/* Of /chosen, made if need be: its offset, or -errno. */
int efi_chosen(void *fdt);
int efi_seed(void *fdt, const struct efi_boot_services *boot);
/* coracle,wall-clock: ns since 1970, two cells, when the application was started. Its reader is wallclock.c. */
int efi_wall_clock(void *fdt, const struct efi_runtime_services *runtime);
/* @t as ns since 1970; 0: it is no time. */
uint64_t efi_time_ns(const struct efi_time *t);
/* The initrd that the loader offers, read into @initrd, pages that are the caller's also when this fails. */
int efi_initrd(void *fdt, const struct efi_boot_services *boot, struct efi_range *initrd);

/* libfdt's error as -errno. */
int efi_fdt_error(int r);

/* --- efi.c --- */

/* Entry in C; returns only where the image cannot start: the firmware then tries the next boot option. */
efi_status_t efi_main(efi_handle_t image, struct efi_system_table *system);
