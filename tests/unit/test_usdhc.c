/* SPDX-License-Identifier: MIT */
/* drivers/mmc: i.MX's uSDHC, by the model of the standard's host behind one of where the two differ: what the standard has
 * elsewhere is not touched, and no end of busy is told.
 * sources: drivers/mmc/card.c drivers/mmc/disk.c drivers/mmc/sdhci.c drivers/mmc/sdhci_data.c drivers/mmc/usdhc.c
	drivers/clock/clock.c kernel/fmt.c tests/unit/driver_env.c */
#include "sdhci_env.h"

#define MANY 20U /* sectors */

static struct {
	uint32_t control, clock, watermark, mix, vendor;
	bool no_adma, unstable;
	unsigned dividers;
} u;

static struct dt_node node;
static uint8_t *memory; /* below 4 GiB */

static void reset_all(void)
{
	u.control = 0x08800020;
	u.clock = 0x0080800f;
	u.watermark = 0x08100810;
	u.mix = 0x80000000;
	u.vendor = 0x30007809;
}

static void send_command(uint32_t word)
{
	bool data = (word & 1U << 21) != 0, dma = (u.mix & 1) != 0;

	host_require((word & 0xffff) == 0, "the mode is elsewhere");
	host_require((u.clock & 0xf) == 0xf && (u.vendor & 0x100) != 0, "the card has its clock");
	if (data) {
		uint32_t words = MIN((m.regs[1] & 0xfff) / 4, dma ? 64U : 128U);

		host_require((u.control >> 8 & 3) == (dma ? 2 : 0), "who moves the data");
		host_require((u.watermark & 0xff) == words && (u.watermark >> 16 & 0xff) == words,
			     "the watermarks");
	} else {
		host_require((u.mix & 0x3f) == 0, "no mode without data");
	}
	*reg(0x28) = dma ? 2U << 3 : 0;
	model_write(BASE + 0x0c, 4, word | (u.mix & 0x3f));
	if (!data) {
		/* "Transfer complete" is of data. */
		*reg(0x30) &= ~2U;
	}
}

static uint64_t usdhc_read(uintptr_t a, unsigned size)
{
	switch (a - BASE) {
	case 0x24:
		return (model_read(a, size) & ~0x00020000U) | (u.unstable ? 0 : 8);
	case 0x28:
		return u.control;
	case 0x2c:
		return u.clock | (*reg(0x2c) & 0x07000000);
	case 0x40:
		return (u.no_adma ? 0x07e00000U : 0x07f00000U) | 0xb407;
	case 0x44:
		return u.watermark;
	case 0x48:
		return u.mix;
	case 0xc0:
		return u.vendor;
	case 0xfc:
		return 2;
	default:
		return model_read(a, size);
	}
}

static void usdhc_write(uintptr_t a, unsigned size, uint64_t v64)
{
	uint32_t v = (uint32_t)v64;

	switch (a - BASE) {
	case 0x0c:
		send_command(v);
		break;
	case 0x28:
		host_require((v >> 4 & 3) == 2, "little-endian");
		u.control = v;
		break;
	case 0x2c:
		u.dividers += (v & 0xfff0) != (u.clock & 0xfff0);
		host_require((v & 0xf) == 0xf, "always written as ones");
		host_require((v & 0xfff0) == (u.clock & 0xfff0) || (u.vendor & 0x100) == 0,
			     "dividers change while the clock is off");
		model_write(a, size, v & 0x07000000);
		u.clock = v & ~0x07000000U;
		if ((v & 1U << 24) != 0) {
			reset_all();
		}
		break;
	case 0x44:
		u.watermark = v;
		break;
	case 0x48:
		u.mix = v;
		break;
	case 0xc0:
		u.vendor = v;
		break;
	case 0x5c:
		host_require(false, "addresses of 64 bits");
		break;
	default:
		model_write(a, size, v64);
	}
}

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	memset(&u, 0, sizeof(u));
	reset_all();
	u.mix |= 0x01400008; /* the boot ROM's: double data rate, tuned */
	u.vendor |= 2;
	m.present = m.unlocked = m.wide_ok = m.high_ok = true;
	m.ready_in = 3;
	m.lie_at = -1;
	csd_v2(0);
	fresh_disk();
	node = (struct dt_node){ .compatible = "fsl,imx8mm-usdhc",
				 .reg = { { BASE, 0x10000 } },
				 .irq = 23 };
}

static struct blkdev *probe(void)
{
	return env_probe(&node) == 0 ? got.disk : NULL;
}

/* Hz of the card from those of the root. */
static double rate(double hz)
{
	unsigned power = (u.clock >> 8 & 0xff) * 2, by = (u.clock >> 4 & 15) + 1;

	return hz / (power == 0 ? 1 : power) / by;
}

static void test_setup(void)
{
	static const uint32_t rates[] = { 400000000, 200000000, 198000000, 50000000, 24000000 };
	struct blkdev *d;

	fresh();
	d = probe();
	check(d != NULL && d->sectors == 1024 && !d->read_only, "a card");
	check(m.wide && m.high && (u.control & 6) == 2, "four lines");
	check((u.mix & 0x03c00008) == 0 && (u.vendor & 2) == 0, "what the boot ROM left is gone");
	check(rate(400e6) == 50e6 && u.dividers >= 2, "400 MHz are what nobody tells, to 50");
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		fresh();
		node.props[0] =
			(struct env_prop){ "assigned-clock-rates", NULL, 1, { rates[i] }, NULL };
		check(probe() != NULL && rate(rates[i]) <= 50e6 && rate(rates[i]) > 23e6,
		      "as the tree says");
	}
	fresh();
	m.high_ok = m.wide_ok = false;
	m.bytes = true;
	csd_v1(0, 0, 9);
	d = probe();
	check(d != NULL && d->sectors == 4 && rate(400e6) == 25e6 && (u.control & 6) == 0,
	      "narrow and slow");
	fresh();
	u.unstable = true;
	check(probe() != NULL, "a clock that says of itself that it is unstable is tried");
	fresh();
	node.props[0] = (struct env_prop){ "assigned-clock-rates", NULL, 1, { 0 }, NULL };
	check(probe() == NULL && env.errors > 0, "no clock");
}

static void test_slot(void)
{
	fresh();
	m.unlocked = false;
	check(!probe()->read_only, "its line for the switch is of something else");
	fresh();
	m.unlocked = false;
	node.props[0] = (struct env_prop){ .name = "fsl,wp-controller" };
	check(probe()->read_only, "unless the tree says that it is there");
	fresh();
	m.present = false;
	check(env_probe(&node) < 0, "nobody sees whether there is a card: it is asked");
	fresh();
	m.present = false;
	node.props[0] = (struct env_prop){ .name = "fsl,cd-controller" };
	check(env_probe(&node) == 0 && got.disk == NULL && env.errors == 0, "an empty slot");
}

static void test_transfers(bool dma)
{
	struct blkdev *d;
	bool good = true;

	fresh();
	u.no_adma = !dma;
	d = probe();
	for (unsigned n = 1; n <= MANY; n++) {
		memset(memory, 0, MANY * 512);
		good = read_some(d, n, memory, n * 512UL) == 0 && holds(memory, n, n) && good;
	}
	check(good, "read");
	for (unsigned n = 1; n <= MANY; n++) {
		memset(memory, (int)(0x80 + n), n * 512UL);
		good = write_some(d, n, memory, n * 512UL) == 0 && good;
		good = memcmp(card_disk[n], memory, n * 512UL) == 0 && good;
	}
	check(good && m.state == 4, "written, and stopped without an end of busy");
	check(m.dma == (dma ? 2 * MANY : 0), dma ? "by ADMA2" : "by register");
	m.lie = BAD_DATA;
	m.lie_at = 18;
	m.lies = 1;
	check(read_some(d, 40, memory, 4096) == 0 && holds(memory, 40, 8),
	      "data that came damaged is read again");
	m.lie = STUCK;
	m.lie_at = -1;
	m.lies = 1;
	check(write_some(d, 3, memory, 1024) == -EIO && got.gone == 1,
	      "a card that programs for ever is given up");
	check((u.control >> 4 & 3) == 2 && read_some(d, 3, memory, 512) == -ENODEV, "for good");
}

int main(void)
{
	env_read = usdhc_read;
	env_write = usdhc_write;
	memory = page_alloc(8, 1);
	test_setup();
	test_slot();
	test_transfers(true);
	test_transfers(false);
	return check_done();
}
