/* SPDX-License-Identifier: MIT */
/* boot/: the start under a firmware made up here, which also lies, refuses and runs out of memory.
 * sources: boot/efi.c boot/memory.c boot/options.c boot/chosen.c tests/unit/test.c tests/unit/host/kernel.c @libfdt
	@device-tree-compiler:libfdt/fdt_empty_tree.c
 * isystem: device-tree-compiler/libfdt */
#include "../../boot/acpi.h"
#include "../../boot/boot.h"

#include "kernel.h"
#include "test.h"

#include <errno.h>
#include <kernel/arch.h>
#include <libfdt.h>
#include <setjmp.h>

#define MIB	(1UL << 20)
#define ARENA	(16 * MIB)
#define MAP_MAX 200
#define NEVER	1000
#define HANDLE	((efi_handle_t)0x1234)
#define FILE_OF ((efi_handle_t)0x4321)

/* The image: 8 KiB in the file, 16 KiB in memory. */
__asm__(".pushsection .data\n.balign 4096\n"
	".globl _image_start, _data_end, _image_end\n"
	"_image_start: .fill 8192, 1, 0x5a\n_data_end: .fill 8192, 1, 0xa5\n_image_end:\n"
	".popsection");
extern char _image_start[], _data_end[], _image_end[];

/* One descriptor as firmware of a later version makes it: longer than what we know. */
struct long_descriptor {
	struct efi_memory_descriptor d;
	uint64_t more;
};

static struct efi_configuration_table tables[2];

static struct {
	uint8_t *arena;
	size_t used;
	unsigned allocated, fail_after; /* allocations that work */
	void *pool;
	int pools, pages; /* not freed */
	struct long_descriptor map[MAP_MAX];
	size_t map_count, map_size_lie;
	size_t key;
	unsigned exits, exits_refused;
	bool gone; /* boot services */
	bool no_image, no_rng, no_initrd, rng_fails, hart_fails, with_hart;
	const uint16_t *options;
	size_t initrd_size, initrd_then;
	char said[512];
	jmp_buf left;
	paddr_t to, fdt;
	size_t size;
	uint64_t cpu;
	struct efi_time time;
	int acpi; /* what the translator returns */
} fw;

void arch_efi_leave(paddr_t image, size_t size, paddr_t fdt, uint64_t cpu_id)
{
	fw.to = image;
	fw.size = size;
	fw.fdt = fdt;
	fw.cpu = cpu_id;
	longjmp(fw.left, 1);
}

/* A translator that looks at three addresses and makes a tree of nothing. */
int acpi_to_fdt(acpi_map_fn map, void *arg, uint64_t rsdp, void *fdt, size_t size)
{
	CHECK(rsdp == (uintptr_t)tables && !fw.gone);
	CHECK(map(arg, 0x80020000, 0x10000) == (const void *)0x80020000);
	CHECK(map(arg, 0x80020000, 0x10001) == NULL && map(arg, 0, 1) == NULL);
	CHECK(size >= 65536 && fdt_create_empty_tree(fdt, (int)size) == 0);
	return fw.acpi;
}

const char *acpi_error(void)
{
	return "XSDT: is not there";
}

static efi_status_t allocate_pages(unsigned how, unsigned type, size_t pages, uint64_t *at)
{
	CHECK(!fw.gone && how == EFI_ALLOCATE_ANY_PAGES && type == EFI_LOADER_DATA);
	if (fw.allocated++ >= fw.fail_after || fw.used + (pages << 12) > ARENA) {
		return EFI_OUT_OF_RESOURCES;
	}
	fw.pages += (int)pages;
	*at = (uint64_t)(uintptr_t)fw.arena + fw.used;
	fw.used += pages << 12;
	return EFI_SUCCESS;
}

static efi_status_t free_pages(uint64_t at, size_t pages)
{
	CHECK(!fw.gone && at >= (uintptr_t)fw.arena);
	fw.pages -= (int)pages;
	return EFI_SUCCESS;
}

static efi_status_t allocate_pool(unsigned type, size_t size, void **buffer)
{
	CHECK(!fw.gone && fw.exits == 0 && type == EFI_LOADER_DATA);
	if (fw.allocated++ >= fw.fail_after) {
		return EFI_OUT_OF_RESOURCES;
	}
	fw.pools++;
	fw.key++;
	*buffer = fw.pool = malloc(size);
	return EFI_SUCCESS;
}

static efi_status_t free_pool(void *buffer)
{
	CHECK(buffer == fw.pool);
	free(buffer);
	fw.pool = NULL;
	fw.pools--;
	return EFI_SUCCESS;
}

static efi_status_t get_memory_map(size_t *size, void *map, size_t *key, size_t *descriptor_size,
				   uint32_t *version)
{
	size_t need = fw.map_count * sizeof(fw.map[0]);

	CHECK(!fw.gone);
	*descriptor_size = sizeof(fw.map[0]);
	*version = 1;
	*key = fw.key;
	if (*size < need) {
		*size = need;
		return EFI_BUFFER_TOO_SMALL;
	}
	memcpy(map, fw.map, need);
	*size = need + fw.map_size_lie;
	return EFI_SUCCESS;
}

/* The first ones fail as if a timer had changed the map in between. */
static efi_status_t exit_boot_services(efi_handle_t image, size_t key)
{
	CHECK(image == HANDLE && !fw.gone);
	if (fw.exits++ < fw.exits_refused) {
		fw.key++;
		return EFI_INVALID_PARAMETER;
	}
	CHECK_EQ(key, fw.key);
	fw.gone = true;
	return EFI_SUCCESS;
}

static efi_status_t get_rng(struct efi_rng *self, const struct efi_guid *algorithm, size_t size,
			    uint8_t *buffer)
{
	CHECK(self != NULL && algorithm == NULL);
	memset(buffer, 7, size);
	return fw.rng_fails ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static efi_status_t get_boot_hart(struct efi_riscv_boot *self, size_t *hart)
{
	CHECK(self->revision == 0x10000);
	*hart = 5;
	return fw.hart_fails ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static efi_status_t load_file(struct efi_load_file *self, const void *path, bool boot_policy,
			      size_t *size, void *buffer)
{
	CHECK(self != NULL && ((const uint8_t *)path)[0] == 0x7f && !boot_policy);
	if (buffer == NULL || *size < fw.initrd_size) {
		*size = fw.initrd_size;
		return EFI_BUFFER_TOO_SMALL;
	}
	memset(buffer, 0x11, fw.initrd_size);
	*size = fw.initrd_then;
	return EFI_SUCCESS;
}

static efi_status_t get_time(struct efi_time *t, void *capabilities)
{
	CHECK(capabilities == NULL);
	*t = fw.time;
	return EFI_SUCCESS;
}

static efi_status_t output_string(struct efi_text_output *self, const uint16_t *text)
{
	size_t n = strlen(fw.said);

	(void)self;
	for (; *text != 0 && n < sizeof(fw.said) - 1; text++) {
		fw.said[n++] = (char)*text;
	}
	fw.said[n] = '\0';
	return EFI_SUCCESS;
}

static bool is(const struct efi_guid *g, uint32_t first)
{
	return g->a == first;
}

static efi_status_t handle_protocol(efi_handle_t handle, const struct efi_guid *protocol,
				    void **interface)
{
	static struct efi_loaded_image self;
	static struct efi_load_file file = { load_file };

	if (handle == FILE_OF && is(protocol, 0x4006c0c1)) {
		*interface = &file;
		return EFI_SUCCESS;
	}
	CHECK(handle == HANDLE && is(protocol, 0x5b1b31a1));
	if (fw.no_image) {
		return EFI_UNSUPPORTED;
	}
	self.options = fw.options;
	self.options_size = 0;
	while (fw.options != NULL && fw.options[self.options_size / 2] != 0) {
		self.options_size += 2;
	}
	*interface = &self;
	return EFI_SUCCESS;
}

static efi_status_t locate_device_path(const struct efi_guid *protocol, void **path,
				       efi_handle_t *handle)
{
	const uint8_t *p = *path;

	CHECK(is(protocol, 0x4006c0c1) && p[0] == 4 && p[1] == 3 && p[2] == 20 && p[20] == 0x7f);
	*handle = FILE_OF;
	return fw.no_initrd ? EFI_NOT_FOUND : EFI_SUCCESS;
}

static efi_status_t locate_protocol(const struct efi_guid *protocol, void *registration,
				    void **interface)
{
	static struct efi_rng rng = { .get_rng = get_rng };
	static struct efi_riscv_boot hart = { 0x10000, get_boot_hart };

	CHECK(registration == NULL);
	if (is(protocol, 0x3152bca5) && !fw.no_rng) {
		*interface = &rng;
		return EFI_SUCCESS;
	}
	if (is(protocol, 0xccd15fec) && fw.with_hart) {
		*interface = &hart;
		return EFI_SUCCESS;
	}
	return EFI_NOT_FOUND;
}

static struct efi_boot_services services = {
	.allocate_pages = allocate_pages,
	.free_pages = free_pages,
	.get_memory_map = get_memory_map,
	.allocate_pool = allocate_pool,
	.free_pool = free_pool,
	.handle_protocol = handle_protocol,
	.locate_device_path = locate_device_path,
	.exit_boot_services = exit_boot_services,
	.locate_protocol = locate_protocol,
};
static struct efi_runtime_services runtime = { .get_time = get_time };
static struct efi_text_output out = { .output_string = output_string };
static struct efi_system_table st;
static uint64_t tree[2048];

static void add_map(uint32_t type, uint64_t at, uint64_t pages)
{
	fw.map[fw.map_count++].d =
		(struct efi_memory_descriptor){ type, at, 0, pages, EFI_MEMORY_WB };
}

static void make_tree(const char *bootargs)
{
	CHECK_EQ(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	fdt_setprop_u32(tree, 0, "#address-cells", 2);
	fdt_setprop_u32(tree, 0, "#size-cells", 2);
	for (int i = 0; i < 2; i++) {
		int node = fdt_add_subnode(tree, 0, i == 0 ? "memory@0" : "memory@100000000");

		fdt_setprop(tree, node, "device_type", "memory", 7);
		fdt_setprop_u64(tree, node, "reg", 0x1000);
	}
	if (bootargs != NULL) {
		int node = fdt_add_subnode(tree, 0, "chosen");

		fdt_setprop(tree, node, "bootargs", bootargs, (int)strlen(bootargs) + 1);
	}
}

/* A firmware at which there is nothing wrong. */
static void new_firmware(void)
{
	static const struct efi_guid dtb = EFI_DTB_TABLE_GUID;
	uint8_t *arena = fw.arena;

	free(fw.pool);
	memset(&fw, 0, sizeof(fw));
	fw.arena = arena != NULL ? arena : aligned_alloc(2 * MIB, ARENA + 2 * MIB);
	fw.used = 4096; /* not a multiple of 2 MiB */
	fw.fail_after = NEVER;
	fw.no_initrd = true;
	fw.time = (struct efi_time){ 2026, 12, 1, 5, 38, 10, 0, 0, EFI_UNSPECIFIED_TIMEZONE, 0, 0 };
	add_map(EFI_CONVENTIONAL_MEMORY, 0x80000000, 16);
	add_map(EFI_LOADER_CODE, 0x80010000, 16);
	add_map(5, 0x80020000, 16); /* runtime services */
	add_map(EFI_BOOT_SERVICES_DATA, 0x80030000, 16);
	make_tree("quiet");
	tables[0] = (struct efi_configuration_table){ EFI_LOADED_IMAGE_GUID, NULL };
	tables[1] = (struct efi_configuration_table){ dtb, tree };
	st = (struct efi_system_table){ .header.signature = EFI_SYSTEM_TABLE_SIGNATURE,
					.out = &out,
					.runtime = &runtime,
					.boot = &services,
					.table_count = 2,
					.tables = tables };
}

/* Whether the image went on; what it returned is in @status. */
static bool start(efi_status_t *status)
{
	if (setjmp(fw.left) != 0) {
		CHECK(fw.gone);
		return true;
	}
	*status = efi_main(HANDLE, &st);
	CHECK(!fw.gone && fw.pools == 0 && fw.pages == 0);
	return false;
}

static const void *chosen(const char *name, int *len)
{
	const void *fdt = (const void *)(uintptr_t)fw.fdt;

	return fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), name, len);
}

static void test_start(void)
{
	efi_status_t s = 0;
	const fdt64_t *reg;
	const void *fdt;
	int len;

	new_firmware();
	fw.options = u"Image.EFI debug -- a \u00e9";
	fw.with_hart = true;
	CHECK(start(&s));
	fdt = (const void *)(uintptr_t)fw.fdt;
	CHECK_EQ(fw.to % (2 * MIB), 0);
	CHECK_EQ(fw.fdt, fw.to + 16384);
	CHECK(fw.size >= 16384 + fdt_totalsize(fdt) && fw.cpu == 5);
	CHECK(fw.to >= (uintptr_t)fw.arena && fw.to + fw.size <= (uintptr_t)fw.arena + fw.used);
	CHECK(memcmp((void *)(uintptr_t)fw.to, _image_start, 8192) == 0);
	CHECK_EQ(fdt_check_full(fdt, fw.size), 0);
	CHECK_STR(chosen("bootargs", NULL), "quiet debug -- a \xc3\xa9");
	CHECK(chosen("rng-seed", &len) != NULL && len == 64);
	CHECK_EQ(fdt64_ld(chosen("coracle,wall-clock", &len)), 1796103490000000000);
	CHECK(chosen("linux,initrd-start", NULL) == NULL);
	CHECK(fdt_path_offset(fdt, "/memory@0") < 0 &&
	      fdt_path_offset(fdt, "/memory@100000000") < 0);
	reg = fdt_getprop(fdt, fdt_path_offset(fdt, "/memory"), "reg", &len);
	CHECK_EQ(len, 32);
	CHECK(fdt64_ld(&reg[0]) == 0x80000000 && fdt64_ld(&reg[1]) == 0x20000);
	CHECK(fdt64_ld(&reg[2]) == 0x80030000 && fdt64_ld(&reg[3]) == 0x10000);
}

static void test_nothing_but_a_tree(void)
{
	efi_status_t s = 0;

	new_firmware();
	make_tree(NULL);
	fw.no_image = fw.no_rng = true;
	st.runtime = NULL;
	st.out = NULL;
	CHECK(start(&s));
	CHECK(chosen("bootargs", NULL) == NULL && chosen("rng-seed", NULL) == NULL &&
	      chosen("coracle,wall-clock", NULL) == NULL && fw.cpu == 0);
	new_firmware();
	fw.rng_fails = true;
	CHECK(start(&s) && chosen("rng-seed", NULL) == NULL);
}

static void test_exit(void)
{
	efi_status_t s = 0;

	new_firmware();
	fw.exits_refused = 1;
	CHECK(start(&s));
	CHECK_EQ(fw.exits, 2);
	new_firmware();
	fw.exits_refused = NEVER;
	CHECK(!start(&s) && s == EFI_LOAD_ERROR);
	CHECK(fw.exits < 10 && strstr(fw.said, "does not let go") != NULL);
	new_firmware();
	fw.map_size_lie = 4096;
	CHECK(!start(&s) && strstr(fw.said, "no memory map") != NULL);
}

static void test_no_memory(void)
{
	efi_status_t s = 0;

	for (unsigned i = 0;; i++) {
		new_firmware();
		fw.no_initrd = false;
		fw.initrd_size = fw.initrd_then = 5000;
		fw.fail_after = i;
		if (start(&s)) {
			CHECK_EQ(i, 3);
			return;
		}
		CHECK_EQ(s, EFI_OUT_OF_RESOURCES);
		CHECK(strncmp(fw.said, "Coracle: ", 9) == 0);
	}
}

static void test_tables(void)
{
	efi_status_t s = 0;

	new_firmware();
	st.table_count = 1;
	CHECK(!start(&s) && s == EFI_NOT_FOUND);
	CHECK_STR(fw.said,
		  "Coracle: the firmware has neither a device tree nor ACPI 2.0 tables\r\n");
	new_firmware();
	st.tables = NULL;
	CHECK(!start(&s) && s == EFI_NOT_FOUND);
	new_firmware();
	st.header.signature++;
	CHECK(!start(&s) && s == EFI_INVALID_PARAMETER);
	new_firmware();
	st.boot = NULL;
	CHECK(!start(&s) && s == EFI_INVALID_PARAMETER);
	new_firmware();
	tables[1].table = (char *)tree + 4;
	CHECK(!start(&s) && s == EFI_LOAD_ERROR);
	new_firmware();
	fw.hart_fails = fw.with_hart = true;
	CHECK(!start(&s) && strstr(fw.said, "boot hart") != NULL);
}

static void test_acpi(void)
{
	static const struct efi_guid acpi = EFI_ACPI_20_TABLE_GUID;
	efi_status_t s = 0;
	int len;

	new_firmware();
	tables[0] = (struct efi_configuration_table){ acpi, tables };
	CHECK(start(&s));
	CHECK_STR(chosen("bootargs", NULL), "quiet"); /* both: the tree is taken */
	new_firmware();
	tables[0] = (struct efi_configuration_table){ acpi, tables };
	st.table_count = 1;
	fw.options = u"debug";
	CHECK(start(&s));
	CHECK_STR(chosen("bootargs", NULL), "debug");
	CHECK(chosen("rng-seed", &len) != NULL && len == 64);
	CHECK(fdt_path_offset((void *)(uintptr_t)fw.fdt, "/memory") > 0);
	new_firmware();
	tables[0] = (struct efi_configuration_table){ acpi, tables };
	st.table_count = 1;
	fw.acpi = -EINVAL;
	CHECK(!start(&s) && s == EFI_LOAD_ERROR);
	CHECK_STR(fw.said, "Coracle: XSDT: is not there\r\n");
}

/* Each word of the tree wrong in turn: it starts with what libfdt takes, or says that the tree is damaged. */
static void test_damaged_tree(void)
{
	static uint8_t good[sizeof(tree)];
	efi_status_t s = 0;
	size_t n;

	new_firmware();
	memcpy(good, tree, sizeof(good));
	n = fdt_off_dt_strings(tree) + fdt_size_dt_strings(tree);
	for (size_t i = 0; i < n; i += 4) {
		new_firmware();
		memcpy(tree, good, sizeof(good));
		memset((char *)tree + i, i % 8 == 0 ? 0xff : 0x7f, 4);
		if (!start(&s)) {
			CHECK(s == EFI_LOAD_ERROR && fw.said[0] != '\0');
		}
	}
}

static void test_initrd(void)
{
	efi_status_t s = 0;
	const uint8_t *at;

	new_firmware();
	fw.no_initrd = false;
	fw.initrd_size = fw.initrd_then = 5000;
	CHECK(start(&s));
	at = (const uint8_t *)(uintptr_t)fdt64_ld(chosen("linux,initrd-start", NULL));
	CHECK_EQ(fdt64_ld(chosen("linux,initrd-end", NULL)), (uintptr_t)at + 5000);
	CHECK(at[0] == 0x11 && at[4999] == 0x11);
	new_firmware();
	fw.no_initrd = false;
	CHECK(!start(&s) && strstr(fw.said, "initrd") != NULL); /* none of its bytes */
	new_firmware();
	fw.no_initrd = false;
	fw.initrd_size = 5000;
	fw.initrd_then = 50000; /* more than there was room for */
	CHECK(!start(&s) && strstr(fw.said, "initrd") != NULL);
	new_firmware();
	fw.no_initrd = false;
	fw.initrd_size = fw.initrd_then = 1UL << 40;
	CHECK(!start(&s) && strstr(fw.said, "initrd") != NULL);
}

/* --- single parts ------------------------------------------------------------------------------ */

static void test_options(void)
{
	static uint16_t longest[EFI_OPTIONS_MAX];
	char text[EFI_OPTIONS_MAX];

#define OPTIONS(s) efi_options(s, sizeof(s) - 2, text)
	CHECK(OPTIONS(u"") && strcmp(text, "") == 0);
	CHECK(efi_options(NULL, 100, text) && strcmp(text, "") == 0);
	CHECK(efi_options(u"ab", 3, text) && strcmp(text, "a") == 0); /* half a unit is none */
	CHECK(OPTIONS(u"a\tb\0c") && strcmp(text, "a\tb") == 0);
	CHECK(OPTIONS(u"FS0:\\Image.efi  a b") && strcmp(text, "a b") == 0);
	CHECK(OPTIONS(u"x.eFi") && strcmp(text, "") == 0);
	CHECK(OPTIONS(u"x=y.efi.z .efi") && strcmp(text, "x=y.efi.z .efi") == 0);
	CHECK(OPTIONS(u"\u00e9\u20ac\U0001f600") && strcmp(text, "\xc3\xa9\xe2\x82\xac??") == 0);
	CHECK(!OPTIONS(u"a\nb") && text[0] == '\0');
	CHECK(!OPTIONS(u"\x01") && text[0] == '\0');
	for (size_t i = 0; i < EFI_OPTIONS_MAX; i++) {
		longest[i] = 'x';
	}
	CHECK(!efi_options(longest, sizeof(longest), text) && text[0] == '\0');
	CHECK(efi_options(longest, 2 * (EFI_OPTIONS_MAX - 4), text));
	CHECK_EQ(strlen(text), EFI_OPTIONS_MAX - 4);
}

static const char *bootargs_of(const char *old, size_t len, const char *text)
{
	static uint64_t fdt[2048];
	static char none[] = "";
	const char *args;
	int node;

	fdt_create_empty_tree(fdt, sizeof(fdt));
	node = fdt_add_subnode(fdt, 0, "chosen");
	if (old != NULL) {
		fdt_setprop(fdt, node, "bootargs", old, (int)len);
	}
	CHECK_EQ(efi_bootargs(fdt, text), 0);
	args = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);
	return args == NULL ? none : args;
}

static void test_bootargs(void)
{
	static uint64_t fdt[32];

	CHECK_STR(bootargs_of(NULL, 0, ""), "");
	CHECK_STR(bootargs_of(NULL, 0, "a"), "a");
	CHECK_STR(bootargs_of("", 0, "a"), "a");
	CHECK_STR(bootargs_of("", 1, "a"), "a");
	CHECK_STR(bootargs_of("b", 2, "a"), "b a");
	CHECK_STR(bootargs_of("b", 1, "a"), "b a"); /* a string without its end */
	CHECK_STR(bootargs_of("a -- b", 7, "a -- b"), "a -- b");
	CHECK_STR(bootargs_of("x a", 4, "a"), "x a");
	CHECK_STR(bootargs_of("a", 2, "a initrd=x"), "a initrd=x");
	fdt_create_empty_tree(fdt, sizeof(fdt));
	CHECK_EQ(efi_bootargs(fdt,
			      "a string for which there is no room in a tree of so few bytes, "
			      "and which goes on and on, as long as the whole tree: it is too "
			      "long for it, and nothing is written behind the end of the tree; "
			      "one line more and then it is enough; no, another one: x y z x y z "
			      "x y z x y z x y z x y z x y z x y z x y z x y z x y z x y z x y z"),
		 -ENOSPC);
}

static unsigned usable(struct efi_range *r, unsigned max)
{
	const struct efi_memory_map map = { fw.map, fw.map_count * sizeof(fw.map[0]),
					    sizeof(fw.map[0]) };

	return efi_usable_memory(&map, r, max);
}

static void test_memory_map(void)
{
	struct efi_memory_map map = { fw.map, 0, sizeof(fw.map[0]) };
	struct efi_range r[5];

	new_firmware();
	fw.map_count = 0;
	CHECK_EQ(usable(r, 4), 0);
	/* Backwards, with every type: only five of them are ours. */
	for (unsigned i = 16; i-- > 0;) {
		add_map(i, 0x100000 * (i + 1), 1);
	}
	CHECK_EQ(usable(r, 5), 5);
	CHECK(r[0].start == 0x200000 && r[0].end == 0x201000 && r[3].start == 0x500000 &&
	      r[4].start == 0x800000);
	/* Between two that then touch; inside one; over several. */
	fw.map_count = 0;
	add_map(7, 0x3000, 1);
	add_map(7, 0x1000, 1);
	CHECK_EQ(usable(r, 4), 2);
	add_map(3, 0x2000, 1);
	CHECK_EQ(usable(r, 4), 1);
	CHECK(r[0].start == 0x1000 && r[0].end == 0x4000);
	add_map(4, 0x2000, 1);
	add_map(4, 0x9000, 1);
	add_map(4, 0xb000, 1);
	CHECK_EQ(usable(r, 4), 3);
	add_map(4, 0x2000, 16);
	CHECK_EQ(usable(r, 4), 1);
	CHECK(r[0].start == 0x1000 && r[0].end == 0x12000);
	/* Nonsense. */
	fw.map_count = 0;
	add_map(7, 0x1800, 1);
	add_map(7, 0x1000, 0);
	add_map(7, 0x1000, UINT64_MAX);
	add_map(7, UINT64_MAX - 0xfff, 1);
	add_map(7, 0x1000, 1UL << 52);
	CHECK_EQ(usable(r, 4), 0);
	add_map(7, 0x1000, 1);
	fw.map[5].d.attribute = EFI_MEMORY_WB | EFI_MEMORY_SP;
	CHECK_EQ(usable(r, 4), 0);
	fw.map[5].d.attribute = 0;
	CHECK_EQ(usable(r, 4), 0);
	map.size = sizeof(fw.map[0]);
	map.descriptor_size = 8;
	CHECK_EQ(efi_usable_memory(&map, r, 4), 0);
	map.descriptor_size = 0;
	CHECK_EQ(efi_usable_memory(&map, r, 4), 0);
}

static void test_memory_full(void)
{
	struct efi_range r[4];

	new_firmware();
	fw.map_count = 0;
	for (unsigned i = 0; i < 8; i++) {
		add_map(7, 0x100000 * (i + 1), i < 4 ? i + 1 : 9 - i);
	}
	/* 1 2 3 4 5 4 3 2: two of three pages or more go. */
	CHECK_EQ(usable(r, 4), 4);
	CHECK(r[0].start == 0x300000 || r[0].start == 0x400000);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(r[i].end - r[i].start >= 0x3000 && (i == 0 || r[i - 1].end < r[i].start));
	}
}

static void test_memory_kinds(void)
{
	const struct efi_memory_map map = { fw.map, 4 * sizeof(fw.map[0]), sizeof(fw.map[0]) };

	new_firmware();
	fw.map_count = 0;
	add_map(9, 0x1000, 2);
	add_map(EFI_MEMORY_MAPPED_IO, 0x3000, 1);
	add_map(EFI_UNUSABLE_MEMORY, 0x4000, 1);
	add_map(0, 0x5000, 1);
	CHECK(efi_is_memory(&map, 0x1000, 0x2000) && efi_is_memory(&map, 0x2fff, 1));
	CHECK(!efi_is_memory(&map, 0x2fff, 2) && !efi_is_memory(&map, 0x3000, 1));
	CHECK(!efi_is_memory(&map, 0x4000, 1) && !efi_is_memory(&map, 0, 1));
	CHECK(!efi_is_memory(&map, UINT64_MAX, 2) && !efi_is_memory(&map, 0x6000, 1));
}

static void test_memory_cells(void)
{
	static uint64_t fdt[1024];
	const struct efi_range r[] = { { 0x1000, 0x3000 },
				       { 0xfffff000, 0x200000000 },
				       { 0x300000000, 0x300001000 } };
	const fdt32_t *reg;
	int len;

	fdt_create_empty_tree(fdt, sizeof(fdt));
	fdt_setprop_u32(fdt, 0, "#address-cells", 1);
	fdt_setprop_u32(fdt, 0, "#size-cells", 1);
	CHECK_EQ(efi_memory_prepare(fdt), 0);
	efi_memory_write(fdt, r, 3);
	reg = fdt_getprop(fdt, fdt_path_offset(fdt, "/memory"), "reg", &len);
	CHECK_EQ(len, 16);
	CHECK(fdt32_ld(&reg[0]) == 0x1000 && fdt32_ld(&reg[1]) == 0x2000);
	CHECK(fdt32_ld(&reg[2]) == 0xfffff000 && fdt32_ld(&reg[3]) == 0xfffff000);
	efi_memory_write(fdt, r, 0);
	fdt_getprop(fdt, fdt_path_offset(fdt, "/memory"), "reg", &len);
	CHECK_EQ(len, 0);
	fdt_setprop_u32(fdt, 0, "#size-cells", 3);
	CHECK_EQ(efi_memory_prepare(fdt), -EINVAL);
	fdt_create_empty_tree(fdt, 256);
	CHECK_EQ(efi_memory_prepare(fdt), -ENOSPC);
}

static void test_time(void)
{
	struct efi_time t = { 1970, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0 };

	CHECK_EQ(efi_time_ns(&t), 1000000000);
	t = (struct efi_time){ 2000, 2, 29, 23, 59, 59, 0, 999999999, 0, 0, 0 };
	CHECK_EQ(efi_time_ns(&t), 951868799999999999);
	t.timezone = 60; /* UTC is ahead by an hour */
	CHECK_EQ(efi_time_ns(&t), 951872399999999999);
	t.timezone = -1440;
	CHECK_EQ(efi_time_ns(&t), 951782399999999999);
	t.timezone = EFI_UNSPECIFIED_TIMEZONE;
	CHECK_EQ(efi_time_ns(&t), 951868799999999999);
	t = (struct efi_time){ 2261, 12, 31, 23, 59, 59, 0, 0, 0, 0, 0 };
	CHECK_EQ(efi_time_ns(&t), 9214646399000000000);
	t.year = 2262;
	CHECK_EQ(efi_time_ns(&t), 0);
	t = (struct efi_time){ 1970, 1, 1, 0, 0, 0, 0, 0, -60, 0, 0 };
	CHECK_EQ(efi_time_ns(&t), 0);
	t = (struct efi_time){ 2026, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	CHECK_EQ(efi_time_ns(&t), 0);
	t = (struct efi_time){ 2026, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	CHECK_EQ(efi_time_ns(&t), 0);
	t = (struct efi_time){ 2026, 1, 1, 24, 0, 0, 0, 0, 0, 0, 0 };
	CHECK_EQ(efi_time_ns(&t), 0);
}

static const struct test tests[] = {
	{ "the image moves to 2 MiB, with its tree, the options, the seed, the time", test_start },
	{ "firmware that offers nothing but a tree is enough", test_nothing_but_a_tree },
	{ "boot services that do not let go at once, or never", test_exit },
	{ "each allocation that fails ends it, and all is given back", test_no_memory },
	{ "missing tables and protocols are told in words", test_tables },
	{ "without a tree ACPI's tables are made one, from memory alone", test_acpi },
	{ "a damaged tree never crashes it", test_damaged_tree },
	{ "the loader's initrd, and one that lies about its size", test_initrd },
	{ "load options: UTF-16 to UTF-8, no program name, nothing but text", test_options },
	{ "bootargs grow by what is not there yet", test_bootargs },
	{ "a memory map in any order, and nonsense in it", test_memory_map },
	{ "more pieces than there is room for: the largest stay", test_memory_full },
	{ "what is memory and what is a device's", test_memory_kinds },
	{ "memory in one cell each, none, and no room", test_memory_cells },
	{ "the firmware's time in ns, and no time", test_time },
};

TEST_MAIN(tests)
