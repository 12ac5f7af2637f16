/* SPDX-License-Identifier: MIT */
/* kernel/symtab.c on tables in the format of tools/symtab.py, and on one that this tool makes.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/symtab.c */
#include "kernel.h"
#include "test.h"

#include <kernel/panic.h>
#include <stdlib.h>

/* Text of 1 MiB, of which not a byte is read; the table lies in a buffer whose end is movable. */
extern char text[1 << 20];
char text[1 << 20];
__asm__(".globl _image_start, _rodata_start\n"
	".set _image_start, text\n"
	".set _rodata_start, text + 0x100000\n");

/* gap of 0x20000 bytes: one filler of 0xffff units, then the rest */
__asm__(".data\n"
	".globl ksymtab_start, ksymtab_end\n"
	"ksymtab_start:\n"
	".byte 0x00, 0x00; .asciz \"entry\"\n"
	".byte 0x20, 0x00; .asciz \"small\"\n"
	".byte 0x01, 0x00; .asciz \"tiny\"\n"
	".byte 0x01, 0x00; .asciz \"after_tiny\"\n"
	".byte 0xff, 0xff; .asciz \"\"\n"
	".byte 0x02, 0x01; .asciz \"far\"\n"
	".byte 0x00, 0x10; .asciz \"last\"\n"
	"ksymtab_end:\n");

#define FAR  (0x44 + 2 * 0xffff + 2 * 0x102)
#define LAST (FAR + 2 * 0x1000)

static void expect(unsigned long at, const char *name, unsigned long offset)
{
	size_t off = 12345;

	if (!CHECK_STR(symtab_lookup((uintptr_t)text + at, &off), name) ||
	    !CHECK_EQ(off, name == NULL ? 12345 : offset)) {
		printf("# at 0x%lx\n", at);
	}
	CHECK_STR(symtab_lookup((uintptr_t)text + at, NULL), name);
}

static void test_lookup(void)
{
	expect(0, "entry", 0);
	expect(0x3f, "entry", 0x3f);
	expect(0x40, "small", 0);
	expect(0x41, "small", 1);
	expect(0x42, "tiny", 0);
	expect(0x43, "tiny", 1);
	expect(0x44, "after_tiny", 0);
	/* The filler ends no function. */
	expect(0x44 + 2 * 0xffff, "after_tiny", 2 * 0xffff);
	expect(FAR - 1, "after_tiny", FAR - 1 - 0x44);
	expect(FAR, "far", 0);
	expect(LAST - 1, "far", 2 * 0x1000 - 1);
	expect(LAST, "last", 0);
	expect(0xfffff, "last", 0xfffff - LAST);
}

static void test_outside(void)
{
	expect(0x100000, NULL, 0);
	expect(-1UL, NULL, 0);
	CHECK(symtab_lookup(0, NULL) == NULL);
	CHECK(symtab_lookup(UINTPTR_MAX, NULL) == NULL);
}

/* The tool's own output for the same functions is the table above, byte for byte. */
static void test_tool(void)
{
	char command[600], line[128], want[2048] = "", *w = want;
	const char *folder = getenv("UNIT_FIXTURES");
	static const char *const names[] = {
		"entry", "small", "tiny", "after_tiny", "far", "last"
	};
	static const unsigned long at[] = { 0, 0x40, 0x42, 0x44, FAR, LAST };
	FILE *f;

	snprintf(command, sizeof(command), "%s/nm.txt", folder != NULL ? folder : "/tmp");
	f = fopen(command, "w");
	if (f == NULL) {
		test_skip("no place for a file");
		return;
	}
	fprintf(f, "0000000040200000 R _image_start\n0000000040200044 t zz_local\n");
	for (unsigned i = 0; i < 6; i++) {
		fprintf(f, "%016lx T %s\n", 0x40200000 + at[i], names[i]);
	}
	fprintf(f, "0000000040200042 t tiny.isra.0\n0000000040300000 D data\n");
	fclose(f);
	snprintf(command, sizeof(command), "/usr/bin/python3 tools/symtab.py %s/nm.txt",
		 folder != NULL ? folder : "/tmp");
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL && w < want + 1800) {
		unsigned delta;

		if (sscanf(line, " .2byte %u", &delta) == 1) {
			w += sprintf(w, "%u:", delta);
		} else if (sscanf(line, " .asciz \"%63[^\"]", command) == 1) {
			w += sprintf(w, "%s ", command);
		} else if (strstr(line, ".asciz") != NULL) {
			w += sprintf(w, " ");
		}
	}
	CHECK(f != NULL && pclose(f) == 0);
	CHECK_STR(want, "0:entry 32:small 1:tiny 1:after_tiny 65535: 258:far 4096:last ");
}

static const struct test tests[] = {
	{ "an address belongs to the function before it, over gaps too", test_lookup },
	{ "outside of the text: no name", test_outside },
	{ "tools/symtab.py writes what the kernel reads", test_tool },
};
TEST_MAIN(tests)
