/* SPDX-License-Identifier: MIT */
/* drivers/irqchip/imsic.c, and aplic.c by messages in front of it, against a model of interrupt files in CSRs and
 * pages: two harts, of which the boot hart is the second in the tree.
 * sources: drivers/irqchip/imsic.c drivers/irqchip/aplic.c tests/unit/driver_env.c */
#include "../../drivers/irqchip/imsic.h"

#include "driver_env.h"

#include <arch/csr.h>
#include <errno.h>
#include <kernel/cpu.h>
#include <string.h>

#define APLIC	0xd000000UL
#define FILES	0x28000000UL
#define STEP	0x2000UL /* between files: one bit of guests */
#define SOURCES 8

unsigned cpu_count = 2;

/* By place in the tree: the boot hart's is 1. */
static struct file {
	unsigned select;
	uint64_t delivery, threshold, eip[32], eie[32];
	unsigned lie; /* the next claim's answer */
} file[2];

static struct {
	uint32_t domaincfg, sourcecfg[SOURCES + 1], target[SOURCES + 1];
	bool enabled[SOURCES + 1], pending[SOURCES + 1], wire[SOURCES + 1];
} a;

static unsigned strays;

static unsigned place(void)
{
	return cpu_self()->index == 0 ? 1 : 0;
}

static uint64_t claim(struct file *f)
{
	unsigned lie = f->lie;

	f->lie = 0;
	for (unsigned id = 1; id < 2048 && lie == 0 && f->delivery == 1; id++) {
		if ((f->eip[id / 64] & f->eie[id / 64]) >> id % 64 & 1) {
			f->eip[id / 64] &= ~(1ULL << id % 64);
			return (uint64_t)id << 16 | id;
		}
	}
	return (uint64_t)lie << 16 | lie;
}

static void indirect_write(struct file *f, uint64_t v)
{
	unsigned r = f->select;

	if (r == 0x70) {
		f->delivery = v;
	} else if (r == 0x72) {
		f->threshold = v;
	} else if (r >= 0x80 && r < 0xc0 && r % 2 == 0) {
		f->eip[(r - 0x80) / 2] = v;
	} else if (r >= 0xc0 && r < 0x100 && r % 2 == 0) {
		f->eie[(r - 0xc0) / 2] = v;
	} else {
		strays++;
	}
}

uint64_t host_csr_swap(unsigned csr, uint64_t v)
{
	struct file *f = &file[place()];

	switch (csr) {
	case 0x150:
		f->select = (unsigned)v;
		return 0;
	case 0x151:
		indirect_write(f, v);
		return 0;
	case 0x15c:
		return claim(f);
	default:
		strays++;
		return 0;
	}
}

static void message(unsigned to, unsigned id)
{
	file[to].eip[id / 64] |= 1ULL << id % 64;
}

/* The wire of a level is high, and the line enabled: a message, and no more until the bit is set again. */
static void forward(unsigned s)
{
	if (a.pending[s] && a.enabled[s] && (a.domaincfg & 0x104) == 0x104) {
		a.pending[s] = false;
		message(a.target[s] >> 18, a.target[s] & 2047);
	}
}

static void set_wire(unsigned s, bool high)
{
	a.pending[s] |= high && !a.wire[s];
	a.wire[s] = high;
	if (!high && a.sourcecfg[s] == 6) {
		a.pending[s] = false;
	}
	forward(s);
}

static uint64_t model_read(uintptr_t addr, unsigned size)
{
	uintptr_t off = addr - APLIC;
	uint64_t v = 0;

	(void)size;
	if (off == 0) {
		return 0x80000000 | a.domaincfg;
	}
	if (off <= SOURCES * 4) {
		return a.sourcecfg[off / 4];
	}
	for (unsigned s = 1; off == 0x1d00 && s <= SOURCES; s++) {
		v |= (uint64_t)a.wire[s] << s;
	}
	return v;
}

static void aplic_write(uintptr_t off, uint32_t v)
{
	if (off == 0) {
		a.domaincfg = v;
	} else if (off <= SOURCES * 4) {
		a.sourcecfg[off / 4] = v;
	} else if (off == 0x1cdc) {
		a.pending[v] = true; /* as QEMU before 9.0: whatever the wire is */
		forward(v);
	} else if (off == 0x1edc) {
		a.enabled[v] = true;
		forward(v);
	} else if (off == 0x1fdc) {
		a.enabled[v] = false;
	} else if (off > 0x3000) {
		a.target[(off - 0x3000) / 4] = v;
	}
}

static void model_write(uintptr_t addr, unsigned size, uint64_t v)
{
	(void)size;
	if (addr == FILES || addr == FILES + STEP) {
		message(addr == FILES ? 0 : 1, (unsigned)v);
	} else if (addr - APLIC < 0x8000) {
		aplic_write(addr - APLIC, (uint32_t)v);
	} else {
		strays++;
	}
}

static const struct dt_node cpu[2] = {
	{ .compatible = "riscv", .props = { { "reg", NULL, 1, { 0 }, NULL } } },
	{ .compatible = "riscv", .props = { { "reg", NULL, 1, { 1 }, NULL } } },
};
static const struct dt_node intc[2] = {
	{ .compatible = "riscv,cpu-intc", .parent = &cpu[0] },
	{ .compatible = "riscv,cpu-intc", .parent = &cpu[1] },
};

static struct dt_node node(uint32_t ids, uint32_t line)
{
	return (struct dt_node){
		.compatible = "riscv,imsics",
		.props = { { "riscv,num-ids", NULL, 1, { ids }, NULL },
			   { "interrupts-extended", NULL, 4, { 0, line, 1, line }, &intc[1] },
			   { "riscv,guest-index-bits", NULL, 1, { 1 }, NULL } },
		.reg = { { FILES, 2 * STEP } },
	};
}

static struct irqchip *chip;	/* the IMSIC's */
static irq_handler_t interrupt; /* of the hart's external line */

static void take(unsigned on)
{
	host_thread.cpu = &cpus[on];
	interrupt(NULL);
	host_thread.cpu = &cpus[0];
}

static void test_refusals(void)
{
	static const struct {
		const char *prop;
		uint32_t v;
	} t[] = { { "riscv,guest-index-bits", 8 },
		  { "riscv,hart-index-bits", 15 },
		  { "riscv,group-index-bits", 14 },
		  { "riscv,group-index-shift", 56 } };
	static const uint32_t ids[] = { 0, 62, 2048, 0xffffffff };
	struct dt_node n = node(255, 11);

	check(env_probe(&n) == -ENODEV && env.errors == 0, "the machine's files are not ours");
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		n = node(ids[i], 9);
		check(env_probe(&n) == -EINVAL, "a number of identities that cannot be");
	}
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		n = node(255, 9);
		n.props[i == 0 ? 2 : 3] = (struct env_prop){ t[i].prop, NULL, 1, { t[i].v }, NULL };
		check(env_probe(&n) == -EINVAL, t[i].prop);
	}
	n = node(255, 9);
	n.reg[0].size = STEP;
	check(env_probe(&n) == -EINVAL && env.chip == NULL, "a window that ends before our file");
	n = node(255, 9);
	n.props[1].n = 2;
	check(env_probe(&n) == -ENOENT, "no file for our hart");
	check(imsic_alloc(&n) == -ENODEV && strays == 0, "nothing was touched");
}

static struct dt_node files;

static void test_probe(void)
{
	files = node(2047, 9);
	memset(file, 0xff, sizeof(file));
	check(env_probe(&files) == 0 && env.chip_lines == 256 && env.handler_irq == 9 &&
		      env.msi->node == &files,
	      "bound behind the supervisor line, for messages as well");
	check(file[1].delivery == 1 && file[1].threshold == 0 && file[1].eip[0] == 0 &&
		      file[1].eip[31] == 0 && file[1].eie[3] == ~0ULL && file[1].eie[4] == 0 &&
		      file[1].eie[31] == 0,
	      "nothing pending, our identities enabled and no others");
	check(file[0].delivery == ~0ULL && strays == 0, "the other hart's file is its own");
	chip = env.chip;
	interrupt = env.handler;
	check(env_probe(&files) == -EBUSY, "a second one is refused");
	file[0].delivery = 0;
	memset(file[0].eip, 0, sizeof(file[0].eip));
}

static void test_messages(void)
{
	struct msi_vector v[3];

	check(env.msi->ops->alloc(env.msi, 0, 3, v) == 0 && v[0].address == FILES + STEP &&
		      v[0].data == 1 && v[2].data == 3 && v[2].irq == 3,
	      "three identities, at our file");
	check(env.msi->ops->alloc(env.msi, 0, 1, v) == -EBUSY, "a device has its own once");
	check(env.msi->ops->alloc(env.msi, 1, 253, v) == -ENOSPC, "more than are left");
	message(1, 1);
	message(1, 2);
	take(0);
	check(env.delivered_n == 0, "masked ones wait");
	message(1, 1);
	chip->ops->unmask(chip, 1);
	take(0);
	check(env.delivered_n == 1 && env.delivered[0] == 1, "until they are unmasked, once");
	message(1, 1);
	take(0);
	check(env.delivered_n == 2, "the next comes at once");
	chip->ops->mask(chip, 1);
	message(1, 1);
	take(0);
	chip->ops->unmask(chip, 1);
	take(0);
	chip->ops->unmask(chip, 1);
	take(0);
	check(env.delivered_n == 3, "masked again: it waits again, once");
	file[1].lie = 2000;
	take(0);
	file[1].lie = 256;
	take(0);
	check(env.delivered_n == 3 && env.errors == 1, "an identity that is none: said once");
	check(chip->ops->xlate(chip, NULL, 0) == -EINVAL, "no wire leads here");
}

static void test_second_hart(void)
{
	check(chip->ops->route(chip, 1, 1) == -ENOTSUP && imsic_hart_index(1) == -ENOTSUP,
	      "a hart that does not run yet");
	files.props[1] =
		(struct env_prop){ "interrupts-extended", NULL, 4, { 1, 9, 0, 9 }, &intc[0] };
	host_thread.cpu = &cpus[1];
	chip->ops->cpu_init(chip);
	host_thread.cpu = &cpus[0];
	check(file[0].delivery == 1 && file[0].eie[0] == ~0ULL && imsic_hart_index(1) == 0 &&
		      imsic_hart_index(0) == 1,
	      "it has a file of its own");
	env.delivered_n = 0;
	check(chip->ops->route(chip, 1, 1) == 0, "sent there");
	message(1, 1); /* a device knows the old page */
	take(0);
	check(env.delivered_n == 0 && (file[0].eip[0] & 2) != 0, "what comes here is passed on");
	take(1);
	check(env.delivered_n == 1, "and taken there");
	chip->ops->mask(chip, 1);
	message(0, 1);
	take(1);
	chip->ops->route(chip, 1, 0);
	chip->ops->unmask(chip, 1);
	check((file[1].eip[0] & 2) != 0, "what was held goes where the line is now");
	take(0);
	check(env.delivered_n == 2, "and is taken");
}

static void done(unsigned line)
{
	/* Of the IMSIC's lines each calls the APLIC's; the APLIC's own numbers are 7 and 8. */
	if (env.handler_arg != NULL && line != 7 && line != 8) {
		env.handler(env.handler_arg);
	} else if (line == 7) {
		set_wire(7, false);
	}
}

static unsigned again;

static void stays(unsigned line)
{
	if (line == 7 && again-- == 0) {
		set_wire(7, false);
	} else if (line != 7) {
		env.handler(env.handler_arg);
	}
}

static void test_aplic(void)
{
	struct dt_node n = {
		.compatible = "riscv,aplic",
		.props = { { "riscv,num-sources", NULL, 1, { SOURCES }, NULL },
			   { "msi-parent", NULL, 1, { 1 }, &files } },
		.reg = { { APLIC, 0x4000 } },
	};
	const uint32_t level[] = { 7, 4 };
	int line, id;

	check(env_probe(&n) == 0 && a.domaincfg == 0x104, "an APLIC by messages, without IDCs");
	a.wire[7] = true; /* before anybody looked */
	line = env.chip->ops->xlate(env.chip, level, 2);
	id = env.handler_irq;
	check(line == 7 && id == 4 && a.target[7] == (1U << 18 | 4),
	      "a line has the next identity, to our hart");
	check(env.chip->ops->xlate(env.chip, level, 2) == 7 && env.handler_irq == id &&
		      imsic_alloc(&files) == 5,
	      "and keeps it");
	chip->ops->unmask(chip, (unsigned)id);
	env.delivered_n = 0;
	env.on_deliver = done;
	take(0);
	check(env.delivered_n == 0, "masked");
	env.chip->ops->unmask(env.chip, 7);
	take(0);
	check(env.delivered_n == 2 && env.delivered[1] == 7, "a level that was there before");
	take(0);
	check(env.delivered_n == 2, "and is gone");
	again = 3;
	env.on_deliver = stays;
	set_wire(7, true);
	take(0);
	check(env.delivered_n == 2 + 2 * 4, "a level that stays comes again");
	env.chip->ops->mask(env.chip, 7);
	set_wire(7, true);
	take(0);
	check(env.delivered_n == 10, "not while masked");
	env.on_deliver = done;
	env.chip->ops->unmask(env.chip, 7);
	take(0);
	check(env.delivered_n == 12, "but then");
	check(env.chip->ops->route(env.chip, 7, 1) == 0 && env.set_cpu_irq == id &&
		      env.set_cpu_to == 1 && a.target[7] == 4,
	      "sent to the other hart: the identity, and the message");
	check(env.chip->ops->route(env.chip, 8, 1) == -ENOTSUP, "one that nobody uses");
	for (unsigned i = 6; i < 256; i++) {
		imsic_alloc(&files);
	}
	check(env.chip->ops->xlate(env.chip, (const uint32_t[]){ 8, 1 }, 2) == -ENOSPC,
	      "no identity is left");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	env_reset();
	cpus[0].hw_id = 1;
	cpus[1].index = 1;
	test_refusals();
	env.errors = 0;
	test_probe();
	test_messages();
	test_second_hart();
	test_aplic();
	check(strays == 0, "no register that is none");
	return check_done();
}
