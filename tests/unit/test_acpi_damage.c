/* SPDX-License-Identifier: MIT */
/* boot/acpi*.c on tables that are damaged, cut short or lie. Every read is of a copy of exactly what was
 * mapped, so that the sanitizer sees those outside.
 * sources: tests/unit/test.c tests/unit/host/kernel.c tests/unit/acpi_env.c tests/unit/acpi_machines.c
	kernel/fdt.c boot/acpi.c boot/acpi_write.c boot/acpi_arm.c boot/acpi_riscv.c boot/acpi_fixed.c
	boot/acpi_serial.c boot/acpi_pci.c boot/acpi_aml.c boot/acpi_device.c @libfdt */
#include "../../boot/acpi.h"
#include "acpi_env.h"
#include "fdt_touch.h"
#include "test.h"

#include <errno.h>

/* More than ever comes of one flipped byte; the sanitizer slows the rest down. */
#define SECONDS 100

static void (*const machines[])(void) = { machine_virt_v2, machine_virt_v3 };

static void machine(unsigned i)
{
	if (i < 2) {
		machines[i]();
	} else if (i == 2) {
		machine_riscv_plic(2);
	} else {
		machine_riscv_aia(3);
	}
}
#define MACHINES 4

static int translate(void)
{
	int r = acpi_env_translate(ACPI_TREE_SIZE);

	if (r == 0) {
		fdt_touch_all(true);
		CHECK(dt_compatible(dt_root(), "coracle,acpi"));
	} else {
		CHECK(acpi_error()[0] != '\0');
		CHECK(r == -EINVAL || r == -ENOSPC);
	}
	return r;
}

static void sum_rsdp(void)
{
	uint8_t *p = acpi_env.memory;

	p[8] = 0;
	p[32] = 0;
	for (unsigned i = 0, a = 0; i < 20; i++) {
		a += p[i];
		p[8] = (uint8_t)(i == 19 ? -a : 0);
	}
	for (unsigned i = 0, a = 0; i < 36; i++) {
		a += p[i];
		p[32] = (uint8_t)(i == 35 ? -a : 0);
	}
}

static void test_rsdp(void)
{
	static const struct {
		unsigned at;
		uint8_t value;
		bool sum;
	} cases[] = {
		{ 0, 'X', true },   { 8, 0x55, false }, { 32, 0x55, false }, { 15, 0, true },
		{ 15, 1, true },    { 20, 35, true },	{ 21, 0xff, true },  { 23, 0xff, true },
		{ 24, 0x01, true }, { 31, 0xff, true }, { 27, 0x00, true },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_virt_v2();
		acpi_env.memory[cases[i].at] = cases[i].value;
		if (cases[i].sum) {
			sum_rsdp();
		}
		CHECK_EQ(translate(), -EINVAL);
	}
	machine_virt_v2();
	sum_rsdp();
	CHECK_EQ(translate(), 0);
	acpi_env.rsdp = 0;
	CHECK_EQ(translate(), -EINVAL);
	CHECK_STR(acpi_error(), "RSDP: not there, or bad checksum");
	acpi_env.rsdp = UINT64_MAX - 8;
	CHECK_EQ(translate(), -EINVAL);
	acpi_env.rsdp = ACPI_MEMORY_BASE + ACPI_MEMORY_SIZE - 20; /* ends where memory does */
	CHECK_EQ(translate(), -EINVAL);
}

/* Entries that name nothing, the XSDT itself, the RSDP, or the end of memory. */
static void test_xsdt(void)
{
	static const uint64_t odd[] = { 0,
					1,
					ACPI_MEMORY_BASE,
					UINT64_MAX,
					UINT64_MAX - 35,
					ACPI_MEMORY_BASE + ACPI_MEMORY_SIZE - 36,
					ACPI_MEMORY_BASE + ACPI_MEMORY_SIZE - 1 };
	uint32_t len;

	machine_virt_v2();
	for (unsigned i = 0; i <= ARRAY_SIZE(odd); i++) {
		uint8_t *x = table_bytes("XSDT", &len);
		uint64_t to = i < ARRAY_SIZE(odd)
				      ? odd[i]
				      : ACPI_MEMORY_BASE + (uint64_t)(x - acpi_env.memory);

		memcpy(x + len - 8, &to, 8);
		table_resum("XSDT");
		CHECK_EQ(translate(), 0); /* the last was MCFG */
		CHECK(dt_find("/pcie") == NULL);
	}
	table_bytes("XSDT", &len)[12]++;
	CHECK_EQ(translate(), -EINVAL);
	CHECK_STR(acpi_error(), "XSDT: not there, or damaged");
}

/* A wrong checksum: fatal where nothing runs without the table, else the table is left out. */
static void test_checksums(void)
{
	for (unsigned m = 0; m < MACHINES; m++) {
		machine(m);
		for (unsigned i = 0; i < acpi_env.tables; i++) {
			const char *name = acpi_env.table[i].signature;
			bool vital = strcmp(name, "FACP") == 0 || strcmp(name, "APIC") == 0 ||
				     strcmp(name, "XSDT") == 0;
			uint32_t len;

			table_bytes(name, &len)[20]++;
			CHECK_EQ(translate(), vital ? -EINVAL : 0);
			if (!vital && strcmp(name, "DSDT") != 0) {
				CHECK(dt_u32(dt_find("/acpi"), "coracle,skipped", 0, 0) >= 1);
			}
			table_bytes(name, &len)[20]--;
		}
		CHECK_EQ(translate(), 0);
	}
}

/* Its length says so, and its checksum is right. */
static void cut(const char *name, uint32_t to)
{
	uint32_t len, was;
	uint8_t *p = table_bytes(name, &len);

	memcpy(&was, p + 4, 4);
	memcpy(p + 4, &to, 4);
	p[9] = 0;
	for (uint32_t i = 0; i < to && i < len; i++) {
		p[9] = (uint8_t)(p[9] - (i == 9 ? 0 : p[i]));
	}
	translate();
	memcpy(p + 4, &was, 4);
	table_resum(name);
}

static void truncations(void)
{
	static const uint32_t huge[] = { 0, 1, 35, 36, 0x7fffffff, 0x80000000, UINT32_MAX };

	for (unsigned m = 0; m < MACHINES; m++) {
		machine(m);
		for (unsigned i = 0; i < acpi_env.tables; i++) {
			for (uint32_t n = 36; n < acpi_env.table[i].len; n++) {
				cut(acpi_env.table[i].signature, n);
			}
			for (unsigned k = 0; k < ARRAY_SIZE(huge); k++) {
				cut(acpi_env.table[i].signature, huge[k]);
			}
		}
		CHECK_EQ(translate(), 0);
	}
}

static void test_truncations(void)
{
	CHECK(test_apart(truncations, SECONDS));
}

/* Each byte behind the header in turn, with values that lengths, counts and opcodes do not like. */
static void bytes(void)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

	for (unsigned m = 0; m < MACHINES; m++) {
		machine(m);
		for (unsigned i = 0; i < acpi_env.tables; i++) {
			const char *name = acpi_env.table[i].signature;
			uint32_t len;
			uint8_t *p = table_bytes(name, &len);

			for (uint32_t at = 36; at < len; at++) {
				uint8_t was = p[at];

				for (unsigned k = 0; k < ARRAY_SIZE(values); k++) {
					p[at] = values[k];
					table_resum(name);
					translate();
				}
				p[at] = was;
			}
			table_resum(name);
		}
		CHECK_EQ(translate(), 0);
	}
}

static void test_bytes(void)
{
	CHECK(test_apart(bytes, SECONDS));
}

/* Several at random, in any table. */
static void random_bytes(void)
{
	for (unsigned round = 0; round < 4000; round++) {
		machine(round % MACHINES);
		for (unsigned n = 1 + test_below(12); n > 0; n--) {
			unsigned i = test_below(acpi_env.tables);
			const char *name = acpi_env.table[i].signature;
			uint32_t len;
			uint8_t *p = table_bytes(name, &len);

			p[36 + test_below(len - 36)] = (uint8_t)test_random();
			table_resum(name);
		}
		translate();
	}
}

static void test_random_bytes(void)
{
	CHECK(test_apart(random_bytes, SECONDS));
}

static void test_room(void)
{
	size_t need = 0;

	machine_virt_v3();
	for (size_t room = 0; room < ACPI_TREE_SIZE && need == 0; room += 8) {
		int r = acpi_env_translate(room);

		if (r == 0) {
			need = room;
		} else {
			CHECK_EQ(r, -ENOSPC);
			CHECK_STR(acpi_error(), "tree: no room for it");
		}
	}
	CHECK(need > 1000 && need < 8192);
}

/* Nothing stays of one translation for the next. */
static void test_twice(void)
{
	static uint64_t first[ACPI_TREE_SIZE / 8];

	machine_virt_v3();
	CHECK_EQ(translate(), 0);
	memcpy(first, acpi_env.tree, sizeof(first));
	machine_riscv_aia(2);
	CHECK_EQ(translate(), 0);
	acpi_env.rsdp = 0;
	CHECK_EQ(translate(), -EINVAL);
	machine_virt_v3();
	memset(acpi_env.tree, 0, sizeof(acpi_env.tree));
	CHECK_EQ(translate(), 0);
	CHECK_STR(acpi_error(), "");
	CHECK(memcmp(first, acpi_env.tree, dt_used_size()) == 0);
}

/* --- not enough to run on */

static void small(unsigned cpus, unsigned flags, uint64_t cpu_base, unsigned version, bool gicd)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	for (unsigned i = 0; i < cpus; i++) {
		put_gicc(i, i, flags, cpu_base, 0);
	}
	if (gicd) {
		put_gicd(0x1000000, version);
	}
	table_end();
	acpi_env_finish();
}

static void test_not_enough(void)
{
	static const struct {
		unsigned cpus, flags;
		uint64_t cpu_base;
		unsigned version;
		bool gicd;
		const char *error;
	} cases[] = {
		{ 0, 1, 0, 3, true, "APIC: no CPU that can be used" },
		{ 2, 0, 0, 3, true, "APIC: no CPU that can be used" },
		{ 1, 1, 0, 3, false, "APIC: no interrupt controller" },
		{ 1, 1, 0, 3, true, "APIC: no redistributors, or too scattered" },
		{ 1, 1, 0, 2, true, "APIC: GICv2 without a CPU interface" },
		{ 1, 1, 0, 0, true, "APIC: GICv2 without a CPU interface" },
		{ 1, 1, 0x2000000, 5, true, "APIC: unknown interrupt controller" },
		{ 1, 1, 0x2000000, 0, true, "" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		small(cases[i].cpus, cases[i].flags, cases[i].cpu_base, cases[i].version,
		      cases[i].gicd);
		CHECK_EQ(translate(), cases[i].error[0] == '\0' ? 0 : -EINVAL);
		CHECK_STR(acpi_error(), cases[i].error);
	}
	acpi_env_reset();
	acpi_env_finish();
	CHECK_EQ(translate(), -EINVAL);
	CHECK_STR(acpi_error(), "FACP: not there, or damaged");
	acpi_env_reset();
	put_fadt(1);
	acpi_env_finish();
	CHECK_EQ(translate(), -EINVAL);
	CHECK_STR(acpi_error(), "APIC: not there, or damaged");
}

/* Forty redistributors, each apart from the others. */
static void test_scattered(void)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	put_gicd(0x1000000, 3);
	for (unsigned i = 0; i < 40; i++) {
		put_gicc(i, i, 1, 0, 0x2000000 + 0x100000ULL * i);
	}
	table_end();
	acpi_env_finish();
	CHECK_EQ(translate(), -EINVAL);
	CHECK_STR(acpi_error(), "APIC: no redistributors, or too scattered");
}

/* The last address there is, and the same twice. */
static void last_address(void)
{
	acpi_env_reset();
	put_fadt(1);
	madt_begin();
	put_gicd(0x1000000, 3);
	put_gicc(0, 0, 1, 0, UINT64_MAX);
	put_gicc(1, 1, 1, 0, 0x2000000);
	put_gicc(2, 2, 1, 0, 0x2000000);
	table_end();
	acpi_env_finish();
	CHECK_EQ(translate(), 0);
	CHECK_EQ(dt_u32(dt_find("/interrupt-controller"), "#redistributor-regions", 0, 0), 2);
}

static void test_last_address(void)
{
	CHECK(test_apart(last_address, 10));
}

static const struct test tests[] = {
	{ "RSDP: signature, checksums, revision, lengths, place", test_rsdp },
	{ "XSDT: entries that name nothing, itself, or the end of memory", test_xsdt },
	{ "a wrong checksum leaves the table out, or is an error", test_checksums },
	{ "every table at every length", test_truncations },
	{ "every byte of every table at five values", test_bytes },
	{ "several bytes at random", test_random_bytes },
	{ "the tree has no room, at each size below what it needs", test_room },
	{ "the second translation is as the first", test_twice },
	{ "without CPU or interrupt controller there is an error that says so", test_not_enough },
	{ "redistributors that are too scattered", test_scattered },
	{ "a redistributor at the last address, and one that two CPUs name", test_last_address },
};
TEST_MAIN(tests)
