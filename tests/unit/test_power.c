/* SPDX-License-Identifier: MIT */
/* drivers/power/syscon.c and sifive_test.c: what is written where, and which nodes are refused.
 * sources: drivers/power/syscon.c drivers/power/sifive_test.c tests/unit/driver_env.c */
#include "driver_env.h"

#include <drivers/power.h>
#include <errno.h>
#include <string.h>

#define BASE 0x100000UL

static struct {
	uintptr_t at;
	unsigned size, writes;
	uint64_t value, old;
} m;

static uint64_t model_read(uintptr_t a, unsigned size)
{
	(void)a;
	(void)size;
	return m.old;
}

static void model_write(uintptr_t a, unsigned size, uint64_t v)
{
	m.at = a;
	m.size = size;
	m.value = v;
	m.writes++;
}

static struct dt_node regmap = { .compatible = "syscon", .reg = { { BASE, 0x100 } } };

static struct dt_node node(const char *compatible, const char *name1, uint32_t v1,
			   const char *name2, uint32_t v2, uint32_t offset)
{
	return (struct dt_node){ .compatible = compatible,
				 .props = { { "regmap", NULL, 1, { 4 }, &regmap },
					    { "offset", NULL, 1, { offset }, NULL },
					    { name1, NULL, 1, { v1 }, NULL },
					    { name2, NULL, 1, { v2 }, NULL } } };
}

static void test_refusals(void)
{
	struct dt_node n = node("syscon-poweroff", NULL, 0, NULL, 0, 0);

	check(env_probe(&n) == -EINVAL, "neither value nor mask");
	n = node("syscon-poweroff", "value", 1, NULL, 0, 0xfd);
	check(env_probe(&n) == -EINVAL, "an offset that is not aligned");
	n = node("syscon-poweroff", "value", 1, NULL, 0, 0x100);
	check(env_probe(&n) == -EINVAL, "an offset beyond the window");
	n = node("syscon-poweroff", "value", 1, NULL, 0, 0xfffffffc);
	check(env_probe(&n) == -EINVAL, "an offset that wraps");
	regmap.props[0] = (struct env_prop){ "reg-io-width", NULL, 1, { 8 }, NULL };
	n = node("syscon-poweroff", "value", 1, NULL, 0, 0);
	check(env_probe(&n) == -EINVAL, "a width that does not exist");
	memset(regmap.props, 0, sizeof(regmap.props));
	check(env.power == NULL && m.writes == 0, "nothing was bound or touched");
}

static void test_syscon(void)
{
	struct dt_node n = node("syscon-poweroff", "value", 0x21, "mask", 0xf0, 8);

	check(env_probe(&n) == 0, "off: value and mask");
	m.old = 0xabcd;
	env.power->off(0);
	check(m.writes == 1 && m.at == BASE + 8 && m.size == 4 && m.value == 0xab2d,
	      "the mask's bits alone change");
	check(env_probe(&n) == -EBUSY, "a second one is refused");
	n = node("syscon-reboot", "mask", 0x7777, NULL, 0, 0);
	n.props[0].ref = NULL;
	n.parent = &regmap;
	check(env_probe(&n) == 0, "reset: a lone mask, below its controller");
	env.power->reset();
	check(m.at == BASE && m.value == 0x7777, "is the value");
}

static void test_finisher(void)
{
	static const struct {
		int status;
		uint32_t want;
	} t[] = {
		{ 0, 0x5555 }, { 1, 0x13333 }, { 255, 0xff3333 }, { 256, 0x5555 }, { -1, 0xff3333 }
	};
	struct dt_node n = { .compatible = "sifive,test1", .reg = { { BASE, 0x1000 } } };

	check(env_probe(&n) == 0 && env.power->rank > POWER_RANK_FIRMWARE, "before the firmware");
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		char what[40];

		env.power->off(t[i].status);
		snprintf(what, sizeof(what), "status %d: 0x%x", t[i].status, t[i].want);
		check(m.at == BASE && m.value == t[i].want, what);
	}
	env.power->reset();
	check(m.value == 0x7777, "reset");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	test_refusals();
	test_syscon();
	test_finisher();
	return check_done();
}
