/* SPDX-License-Identifier: MIT */
/* What boot services alone can tell, into /chosen: random bytes, the time, the initrd. All of it may be missing.
 * Spec: UEFI 2.10, 8.3, 13.2, 37.5; Devicetree Specification 3.6; Linux Documentation/admin-guide/efi-stub.rst. */
#include "boot.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#define SEED	   64 /* bytes */
#define NS_PER_SEC 1000000000UL
#define INITRD_MAX (1UL << 30)

int efi_fdt_error(int r)
{
	return r >= 0 ? 0 : r == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL;
}

int efi_chosen(void *fdt)
{
	int node = fdt_subnode_offset(fdt, 0, "chosen");

	node = node >= 0 ? node : fdt_add_subnode(fdt, 0, "chosen");
	return node >= 0 ? node : efi_fdt_error(node);
}

int efi_seed(void *fdt, const struct efi_boot_services *boot)
{
	static const struct efi_guid guid = EFI_RNG_GUID;
	int node = efi_chosen(fdt);
	struct efi_rng *rng = NULL;
	uint8_t seed[SEED];
	void *p = NULL;

	if (node < 0 || boot->locate_protocol(&guid, NULL, &p) != EFI_SUCCESS || p == NULL) {
		return MIN(node, 0);
	}
	rng = p;
	if (rng->get_rng(rng, NULL, sizeof(seed), seed) != EFI_SUCCESS) {
		return 0;
	}
	return efi_fdt_error(fdt_setprop(fdt, node, "rng-seed", seed, sizeof(seed)));
}

/* Days from 1970-01-01 to the first of @month, in a year that begins with March. */
static uint64_t days_to(unsigned year, unsigned month)
{
	unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719468;
}

uint64_t efi_time_ns(const struct efi_time *t)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t seconds;

	/* Until 2262: what 63 bits of ns hold. */
	if (t->year < 1970 || t->year > 2261 || t->month < 1 || t->month > 12 || t->day < 1 ||
	    t->day > days[t->month - 1] || t->hour > 23 || t->minute > 59 || t->second > 59 ||
	    t->nanosecond >= NS_PER_SEC) {
		return 0;
	}
	seconds = (int64_t)(((days_to(t->year, t->month) + t->day - 1) * 24 + t->hour) * 60 +
			    t->minute);
	if (t->timezone >= -1440 && t->timezone <= 1440) {
		seconds += t->timezone;
	}
	seconds = seconds * 60 + t->second;
	return seconds < 0 ? 0 : (uint64_t)seconds * NS_PER_SEC + t->nanosecond;
}

int efi_wall_clock(void *fdt, const struct efi_runtime_services *runtime)
{
	struct efi_time t = { 0 };
	int node = efi_chosen(fdt);
	uint64_t ns;

	if (node < 0 || runtime == NULL || runtime->get_time(&t, NULL) != EFI_SUCCESS) {
		return MIN(node, 0);
	}
	ns = efi_time_ns(&t);
	return ns == 0 ? 0 : efi_fdt_error(fdt_setprop_u64(fdt, node, "coracle,wall-clock", ns));
}

/* A device path of one vendor node, and its end. Spec: UEFI 2.10, 10.3.5.3. */
struct vendor_path {
	uint8_t type, subtype;
	uint8_t length[2];
	struct efi_guid guid;
	uint8_t end[4];
};

static struct efi_load_file *find_initrd(const struct efi_boot_services *boot)
{
	static const struct efi_guid load_file2 = EFI_LOAD_FILE2_GUID;
	static const struct vendor_path vendor = {
		.type = 4,
		.subtype = 3,
		.length = { 20 },
		.guid = LINUX_EFI_INITRD_MEDIA_GUID,
		.end = { 0x7f, 0xff, 4, 0 },
	};
	void *path = (void *)(uintptr_t)&vendor, *file = NULL;
	efi_handle_t handle = NULL;

	if (boot->locate_device_path(&load_file2, &path, &handle) != EFI_SUCCESS ||
	    boot->handle_protocol(handle, &load_file2, &file) != EFI_SUCCESS) {
		return NULL;
	}
	return file;
}

int efi_initrd(void *fdt, const struct efi_boot_services *boot, struct efi_range *initrd)
{
	/* Behind the vendor node, where the search ended: the path's end. */
	static const uint8_t end[4] = { 0x7f, 0xff, 4, 0 };
	struct efi_load_file *file = find_initrd(boot);
	int node = efi_chosen(fdt), r;
	size_t size = 0, room;

	if (node < 0 || file == NULL) {
		return MIN(node, 0);
	}
	if (file->load_file(file, end, false, &size, NULL) != EFI_BUFFER_TOO_SMALL || size == 0 ||
	    size > INITRD_MAX) {
		return -EIO;
	}
	room = ALIGN_UP(size, PAGE_SIZE);
	if (boot->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, room >> PAGE_SHIFT,
				 &initrd->start) != EFI_SUCCESS) {
		return -ENOMEM;
	}
	initrd->end = initrd->start + room;
	if (file->load_file(file, end, false, &size, (void *)initrd->start) != EFI_SUCCESS ||
	    size > room) {
		return -EIO;
	}
	r = fdt_setprop_u64(fdt, node, "linux,initrd-start", initrd->start);
	r = r != 0 ? r : fdt_setprop_u64(fdt, node, "linux,initrd-end", initrd->start + size);
	return efi_fdt_error(r);
}
