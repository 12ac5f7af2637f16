/* SPDX-License-Identifier: MIT */
/* drivers/serial/earlycon.c: words as Linux spells them, and which register gets the byte.
 * sources: drivers/serial/uart.c drivers/serial/earlycon.c tests/unit/driver_env.c */
#include "driver_env.h"
#include "host.h"

#include <errno.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/params.h>
#include <string.h>

#define BASE 0x10000400UL

static struct {
	const char *word;
	uint32_t busy, ready; /* what its status says before it can take a byte, and then */
	unsigned looks, writes, size;
	uintptr_t at, status, mapped;
} m;

const char *param(const char *name)
{
	host_require(strcmp(name, "earlycon") == 0, "no other word");
	return m.word;
}

bool page_overlaps_ram(paddr_t start, uint64_t size)
{
	return start + size > 0x80000000UL;
}

int pagetable_map(paddr_t start, uint64_t size, unsigned attr)
{
	host_require((attr & MAP_DEVICE) != 0 && start % PAGE_SIZE == 0 && size == PAGE_SIZE,
		     "a page of device memory");
	m.mapped = start;
	return 0;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	m.status = a;
	m.size = size;
	return m.looks++ < 3 ? m.busy : m.ready;
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	host_require(v == '!' && size == m.size, "the byte, as wide as the look before it");
	m.at = a;
	m.writes++;
}

static void probe(const char *word)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	m.word = word;
	host_require(drivers_start->probe(NULL, NULL) == -ENODEV, "it has no device");
}

static void test_kinds(void)
{
	static const struct {
		const char *word;
		unsigned size, status, data;
		uint32_t busy, ready;
	} kinds[] = {
		{ "uart8250,mmio32,0x10000400", 4, 0x14, 0, 0, 0x20 },
		{ "uart8250,mmio32,0x10000400,115200n8", 4, 0x14, 0, 0, 0x20 },
		{ "uart8250,mmio16,0x10000400", 2, 0x0a, 0, 0, 0x20 },
		{ "uart8250,mmio,0x10000400", 1, 0x05, 0, 0, 0x20 },
		{ "uart,mmio,0x10000400", 1, 0x05, 0, 0, 0x20 },
		{ "uart,mmio32,0x10000400", 4, 0x14, 0, 0, 0x20 },
		{ "bcm2835aux,mmio32,0x10000400", 4, 0x14, 0, 0, 0x20 },
		{ "bcm2835aux,0x10000400", 4, 0x14, 0, 0, 0x20 },
		{ "pl011,0x10000400", 4, 0x18, 0, 0x20, 0 },
		{ "pl011,mmio32,268436480", 4, 0x18, 0, 0x20, 0 },
		{ "cdns,0x10000400", 4, 0x2c, 0x30, 0x10, 0 },
		{ "sifive,0x10000400", 4, 0x00, 0, 0x80000000, 0 },
		{ "ec_imx6q,0x10000400", 4, 0xb4, 0x40, 0x10, 0 },
		{ "ec_imx21,0x10000400", 4, 0xb4, 0x40, 0x10, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		probe(kinds[i].word);
		m.busy = kinds[i].busy;
		m.ready = kinds[i].ready;
		if (env.console != NULL) {
			env.console->write(env.console, "!", 1);
		}
		check(env.console != NULL && env.console->node == NULL && m.writes == 1 &&
			      m.looks == 4 && m.size == kinds[i].size &&
			      m.status == BASE + kinds[i].status && m.at == BASE + kinds[i].data &&
			      m.mapped == 0x10000000UL,
		      kinds[i].word);
	}
}

static void test_refused(void)
{
	static const char *const words[] = {
		"pl011,0x80000000",
		"pl011,0",
		"pl011,",
		"pl011,0x10000400x",
		"pl011",
		"x,1",
		"uart8250,io,0x3f8",
		"uart8250,0x10000400",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		probe(words[i]);
		check(env.console == NULL && m.mapped == 0, words[i]);
	}
	probe(NULL);
	check(env.console == NULL, "no such word");
	probe("");
	check(env.console == NULL, "without a value: stdout-path's");
	probe("sbi");
	check(env.console == NULL, "the firmware's comes by itself");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	test_kinds();
	test_refused();
	return check_done();
}
