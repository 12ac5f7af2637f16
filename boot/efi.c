/* SPDX-License-Identifier: MIT */
/* The image as an EFI application: it gathers what it will need, moves to where it will stay, leaves boot services
 * and begins once more at its first byte, as every other loader would begin it. Spec: UEFI 2.10, 4 and 7.4.6. */
#include "acpi.h"
#include "boot.h"

#include <errno.h>
#include <kernel/arch.h>
#include <libfdt.h>
#include <string.h>

#define IMAGE_ALIGN ((uint64_t)1 << 21) /* as both boot protocols want it */
#define TREE_ROOM   (64UL << 10)	/* for what is added to a tree */
#define TREE_MAX    ((2UL << 20) - TREE_ROOM)
#define ACPI_TREE   (256UL << 10) /* for one made of ACPI's tables */
#define MAP_SLACK \
	32 /* descriptors: each allocation between the buffer's and the end may split one */
#define EXIT_TRIES 4
#define TABLES_MAX 1024

extern char _image_start[], _data_end[], _image_end[];

struct loader {
	efi_handle_t image;
	struct efi_system_table *system;
	struct efi_boot_services *boot;
	const char *error; /* what went wrong, in words */
	const void *tree;  /* the firmware's, or NULL: */
	const void *rsdp;  /* ACPI's root */
	uint64_t pages_at; /* where we go: the image, then the tree */
	size_t pages;
	uint64_t to;
	void *fdt;
	size_t fdt_size;
	struct efi_range initrd;
	struct efi_memory_map map;
	size_t map_room, map_key;
	uint64_t hart;
};

static int fail(struct loader *l, const char *error, int r)
{
	l->error = error;
	return r;
}

static void say(const struct efi_system_table *system, const char *text)
{
	uint16_t line[128];
	size_t n = 0;

	if (system->out == NULL) {
		return;
	}
	for (; *text != '\0' && n < ARRAY_SIZE(line) - 1; text++) {
		line[n++] = (uint8_t)*text;
	}
	line[n] = 0;
	system->out->output_string(system->out, line);
}

static const void *find_table(const struct efi_system_table *system, const struct efi_guid *guid)
{
	for (size_t i = 0; system->tables != NULL && i < MIN(system->table_count, TABLES_MAX);
	     i++) {
		if (memcmp(&system->tables[i].guid, guid, sizeof(*guid)) == 0) {
			return system->tables[i].table;
		}
	}
	return NULL;
}

/* A tree says exactly what is there, so it is preferred. */
static int find_tree(struct loader *l)
{
	static const struct efi_guid dtb = EFI_DTB_TABLE_GUID, acpi = EFI_ACPI_20_TABLE_GUID;

	l->tree = find_table(l->system, &dtb);
	l->rsdp = find_table(l->system, &acpi);
	if (l->tree == NULL && l->rsdp == NULL) {
		return fail(l, "the firmware has neither a device tree nor ACPI 2.0 tables",
			    -ENOENT);
	}
	if (l->tree == NULL) {
		l->fdt_size = ACPI_TREE + TREE_ROOM;
		return 0;
	}
	if (((uintptr_t)l->tree & 7) != 0 || fdt_check_header(l->tree) != 0 ||
	    fdt_totalsize(l->tree) > TREE_MAX) {
		return fail(l, "the firmware's device tree is damaged", -EINVAL);
	}
	l->fdt_size = fdt_totalsize(l->tree) + TREE_ROOM;
	return 0;
}

/* One piece for the image, at a multiple of 2 MiB, and the tree behind it: then the few page tables that the image
 * brings along always do (kernel/pagetable.c). What is in front of it is free memory later on. */
static int allocate(struct loader *l)
{
	size_t image = ALIGN_UP((size_t)(_image_end - _image_start), PAGE_SIZE);

	l->pages = (image + ALIGN_UP(l->fdt_size, PAGE_SIZE) + IMAGE_ALIGN) >> PAGE_SHIFT;
	if (l->boot->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, l->pages,
				    &l->pages_at) != EFI_SUCCESS) {
		l->pages = 0;
		return fail(l, "no memory", -ENOMEM);
	}
	l->to = ALIGN_UP(l->pages_at, IMAGE_ALIGN);
	l->fdt = (void *)(l->to + image);
	return 0;
}

static efi_status_t get_map(struct loader *l)
{
	uint32_t version;
	efi_status_t s;

	l->map.size = l->map_room;
	s = l->boot->get_memory_map(&l->map.size, (void *)(uintptr_t)l->map.descriptors,
				    &l->map_key, &l->map.descriptor_size, &version);
	return s == EFI_SUCCESS && l->map.size > l->map_room ? EFI_LOAD_ERROR : s;
}

/* The buffer: while boot services go, nothing can be allocated. */
static int prepare_map(struct loader *l)
{
	size_t size = 0;
	uint32_t version;
	void *p = NULL;

	if (l->boot->get_memory_map(&size, NULL, &l->map_key, &l->map.descriptor_size, &version) !=
		    EFI_BUFFER_TOO_SMALL ||
	    l->map.descriptor_size < sizeof(struct efi_memory_descriptor) ||
	    l->map.descriptor_size > PAGE_SIZE || size > TREE_MAX) {
		return fail(l, "the firmware gives no memory map", -EIO);
	}
	l->map_room = size + MAP_SLACK * l->map.descriptor_size;
	if (l->boot->allocate_pool(EFI_LOADER_DATA, l->map_room, &p) != EFI_SUCCESS) {
		return fail(l, "no memory", -ENOMEM);
	}
	l->map.descriptors = p;
	return 0;
}

/* Tables may lie in any kind of memory; what is none is not touched. */
static const void *map_table(void *arg, uint64_t addr, uint64_t len)
{
	const struct loader *l = arg;

	return efi_is_memory(&l->map, addr, len) ? (const void *)addr : NULL;
}

static int make_tree(struct loader *l)
{
	if (get_map(l) != EFI_SUCCESS) {
		return fail(l, "the firmware gives no memory map", -EIO);
	}
	if (acpi_to_fdt(map_table, l, (uintptr_t)l->rsdp, l->fdt, ACPI_TREE) != 0) {
		return fail(l, acpi_error(), -EINVAL);
	}
	if (fdt_open_into(l->fdt, l->fdt, (int)l->fdt_size) != 0) {
		return fail(l, "the tree made of ACPI's tables is damaged", -EINVAL);
	}
	return 0;
}

static int copy_tree(struct loader *l)
{
	if (l->tree == NULL) {
		return make_tree(l);
	}
	if (fdt_open_into(l->tree, l->fdt, (int)l->fdt_size) != 0 ||
	    fdt_check_full(l->fdt, l->fdt_size) != 0) {
		return fail(l, "the firmware's device tree is damaged", -EINVAL);
	}
	return 0;
}

static int add_options(struct loader *l)
{
	static const struct efi_guid guid = EFI_LOADED_IMAGE_GUID;
	const struct efi_loaded_image *self;
	char text[EFI_OPTIONS_MAX];
	void *p = NULL;

	if (l->boot->handle_protocol(l->image, &guid, &p) != EFI_SUCCESS || p == NULL) {
		return 0;
	}
	self = p;
	if (!efi_options(self->options, self->options_size, text)) {
		say(l->system, "Coracle: the load options are not text, or too long: ignored\r\n");
	}
	return efi_bootargs(l->fdt, text);
}

/* What /chosen and /memory say; room for the latter's values. */
static int complete_tree(struct loader *l)
{
	int r = efi_memory_prepare(l->fdt);

	r = r != 0 ? r : add_options(l);
	r = r != 0 ? r : efi_seed(l->fdt, l->boot);
	r = r != 0 ? r : efi_wall_clock(l->fdt, l->system->runtime);
	if (r != 0) {
		return fail(l, "the device tree takes no further nodes", r);
	}
	r = efi_initrd(l->fdt, l->boot, &l->initrd);
	return r == 0 ? 0 : fail(l, "the initrd cannot be loaded", r);
}

/* The RISC-V firmware's word for the hart that we run on; elsewhere nobody asks. */
static int find_hart(struct loader *l)
{
	static const struct efi_guid guid = RISCV_EFI_BOOT_GUID;
	struct efi_riscv_boot *riscv;
	void *p = NULL;
	size_t hart = 0;

	if (l->boot->locate_protocol(&guid, NULL, &p) == EFI_SUCCESS && p != NULL) {
		riscv = p;
		if (riscv->get_boot_hart(riscv, &hart) != EFI_SUCCESS) {
			return fail(l, "the firmware does not know the boot hart", -EIO);
		}
	}
	l->hart = hart;
	return 0;
}

/* The key is that of the latest map; the firmware's own timers may change it in between, which the first failed call has
 * stopped. Nothing but these two calls is allowed after it. */
static int exit_boot_services(struct loader *l)
{
	for (int i = 0; i < EXIT_TRIES; i++) {
		if (get_map(l) != EFI_SUCCESS) {
			return fail(l, "the firmware gives no memory map", -EIO);
		}
		if (l->boot->exit_boot_services(l->image, l->map_key) == EFI_SUCCESS) {
			return 0;
		}
	}
	return fail(l, "the firmware does not let go", -EIO);
}

static int load(struct loader *l)
{
	int r = find_tree(l);

	r = r != 0 ? r : allocate(l);
	r = r != 0 ? r : prepare_map(l);
	r = r != 0 ? r : copy_tree(l);
	r = r != 0 ? r : complete_tree(l);
	r = r != 0 ? r : find_hart(l);
	return r != 0 ? r : exit_boot_services(l);
}

static efi_status_t give_up(struct loader *l, int r)
{
	if (l->map.descriptors != NULL) {
		l->boot->free_pool((void *)(uintptr_t)l->map.descriptors);
	}
	if (l->initrd.end != 0) {
		l->boot->free_pages(l->initrd.start,
				    (l->initrd.end - l->initrd.start) >> PAGE_SHIFT);
	}
	if (l->pages != 0) {
		l->boot->free_pages(l->pages_at, l->pages);
	}
	say(l->system, "Coracle: ");
	say(l->system, l->error);
	say(l->system, "\r\n");
	return r == -ENOMEM ? EFI_OUT_OF_RESOURCES : r == -ENOENT ? EFI_NOT_FOUND : EFI_LOAD_ERROR;
}

efi_status_t efi_main(efi_handle_t image, struct efi_system_table *system)
{
	struct loader l = { .image = image, .system = system };
	struct efi_range ranges[EFI_RANGES];
	unsigned n;
	int r;

	if (system->header.signature != EFI_SYSTEM_TABLE_SIGNATURE || system->boot == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	l.boot = system->boot;
	r = load(&l);
	if (r != 0) {
		return give_up(&l, r);
	}
	n = efi_usable_memory(&l.map, ranges, EFI_RANGES);
	efi_memory_write(l.fdt, ranges, n);
	fdt_pack(l.fdt);
	/* The copy relocates itself again, for its own address, and clears its BSS. */
	memcpy((void *)l.to, _image_start, (size_t)(_data_end - _image_start));
	arch_efi_leave(l.to, (uintptr_t)l.fdt + l.fdt_size - l.to, (uintptr_t)l.fdt, l.hart);
}
