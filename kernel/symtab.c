/* SPDX-License-Identifier: MIT */
/* Address to function, from the table that tools/symtab.py puts into the image: for each function
 * in ascending order a u16 distance from the one before, in units of two bytes, and its name;
 * an empty name only fills a gap. */
#include <kernel/panic.h>
#include <string.h>

extern const unsigned char ksymtab_start[], ksymtab_end[];
extern char _image_start[], _rodata_start[];

const char *symtab_lookup(uintptr_t pc, size_t *offset)
{
	uintptr_t at = (uintptr_t)_image_start, found_at = 0;
	const char *found = NULL;

	if (pc < at || pc >= (uintptr_t)_rodata_start) {
		return NULL;
	}
	for (const unsigned char *p = ksymtab_start; p + 3 <= ksymtab_end;) {
		const char *name = (const char *)p + 2;

		at += 2UL * (unsigned)(p[0] | p[1] << 8);
		if (at > pc) {
			break;
		}
		if (name[0] != '\0') {
			found = name;
			found_at = at;
		}
		p += 2 + strlen(name) + 1;
	}
	if (found != NULL && offset != NULL) {
		*offset = pc - found_at;
	}
	return found;
}
