/* SPDX-License-Identifier: MIT */
/* drivers/mmc/spi_slot.c and spi_data.c, drivers/spi, drivers/clock: SD cards on an SPI bus, which both lie.
 * sources: drivers/mmc/card.c drivers/mmc/disk.c drivers/mmc/spi_slot.c drivers/mmc/spi_data.c drivers/spi/spi.c drivers/spi/sifive_spi.c
	drivers/clock/clock.c drivers/clock/fu540_prci.c drivers/gpio/gpio.c kernel/fmt.c tests/unit/driver_env.c */
#include "spi_sd_env.h"

#include <drivers/clock.h>
#include <drivers/gpio.h>
#include <drivers/spi.h>

#define MANY 20U /* sectors */

static struct dt_node crystal = {
	.compatible = "fixed-clock",
	.props = { { .name = "clock-frequency", .n = 1, .cells = { CRYSTAL } } }
};
static struct dt_node prci = { .compatible = "sifive,fu540-c000-prci",
			       .reg = { { PRCI, 0x1000 } },
			       .props = { { .name = "clocks", .n = 1, .ref = &crystal } } };
static struct dt_node hosts[16], node; /* a host stays registered: a test has its own */
static unsigned host_n;
static uint8_t buf[MANY * 512 + 8];

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	fresh_disk();
	csd_v2(0);
	m.present = true;
	m.ready_in = 3;
	m.lie_at = -1;
	m.pll = RESET_CFG;
	m.fmt = 0x80000; /* as the host's probe left it */
	node = (struct dt_node){
		.compatible = "mmc-spi-slot",
		.parent = &hosts[0],
		.props = { { .name = "spi-max-frequency", .n = 1, .cells = { MAX_HZ } } }
	};
}

static struct dt_node spi_node(void)
{
	return (struct dt_node){
		.compatible = "sifive,spi0",
		.reg = { { BASE, 0x1000 } },
		.props = { { .name = "clocks", .n = 2, .cells = { 1, 3 }, .ref = &prci } }
	};
}

/* A host of its own, whose clock is asked for again. */
static int probe_host(void)
{
	hosts[host_n] = spi_node();
	node.parent = &hosts[host_n];
	return env_probe(&hosts[host_n++]);
}

static struct blkdev *probe(void)
{
	if (host_n == 0) {
		probe_host();
	}
	node.parent = node.parent == NULL ? &hosts[0] : node.parent;
	return env_probe(&node) == 0 ? got.disk : NULL;
}

/* --- clocks ---------------------------------------------------------------------------------- */

static void test_clocks(void)
{
	static struct dt_node ring, user, half;

	fresh();
	user = spi_node();
	check(clock_rate(&user) == 0, "a controller that nobody drives");
	prci.reg[0].size = 0x20;
	check(env_probe(&prci) == -EINVAL, "a window too small");
	prci.reg[0].size = 0x1000;
	check(env_probe(&prci) == 0 && env_probe(&prci) == -EINVAL, "one controller");
	check(clock_rate(&user) == 499999995, "the PLL, halved");
	m.sel = 1;
	check(clock_rate(&user) == CRYSTAL / 2, "the crystal, halved");
	user.props[0].cells[1] = 0;
	check(clock_rate(&user) == 999999990, "the PLL, whatever is selected");
	user.props[0].cells[1] = 1;
	check(clock_rate(&user) == 0, "a clock that is not known");
	half = (struct dt_node){ .compatible = "fixed-factor-clock",
				 .props = { { .name = "clocks", .n = 1, .ref = &crystal },
					    { .name = "clock-mult", .n = 1, .cells = { 3 } },
					    { .name = "clock-div", .n = 1, .cells = { 2 } } } };
	user.props[0].ref = &half;
	check(clock_rate(&user) == CRYSTAL * 3UL / 2, "by a factor");
	half.props[2].cells[0] = 0;
	check(clock_rate(&user) == 0, "divided by nothing");
	ring = half;
	ring.props[0].ref = &ring;
	user.props[0].ref = &ring;
	check(clock_rate(&user) == 0, "a ring of clocks");
	user.props[0].ref = NULL;
	check(clock_rate(&user) == 0, "no clock");
}

/* --- the host ---------------------------------------------------------------------------------------- */

static void test_host(void)
{
	struct spi_host *h;
	uint8_t in[20];

	fresh();
	m.present = false;
	m.rx_n = 3; /* what its firmware left */
	check(probe_host() == 0 && m.rx_at == 3, "a host, emptied");
	h = spi_host_of(&node);
	check(h != NULL && spi_host_of(&hosts[0]) == NULL, "found by its child");
	check(h->ops->setup(h, 0, 0, 400000) == 0 && m.div == 624, "500 MHz divided to 400 kHz");
	check(h->ops->setup(h, 0, 0, MAX_HZ) == 0 && m.div == 12 && (m.csdef & 1) != 0,
	      "and to less than 20 MHz");
	check(h->ops->setup(h, 0, 0, UINT32_MAX) == 0 && m.div == 0, "as fast as it can");
	check(h->ops->setup(h, 0, 0, 61000) == -EINVAL && h->ops->setup(h, 0, 0, 0) == -EINVAL,
	      "slower than it can");
	check(h->ops->setup(h, 32, 0, MAX_HZ) == -EINVAL, "a line that it has not");
	h->ops->setup(h, 0, 0, 400000);
	check(h->ops->transfer(h, NULL, in, sizeof(in)) == 0 && in[19] == 0xff, "twenty bytes");
	m.host_stuck = true;
	check(h->ops->transfer(h, NULL, in, 1) == -ETIMEDOUT, "a host that stands still");

	fresh();
	hosts[host_n] = spi_node();
	hosts[host_n].reg[0].size = 0x70;
	check(env_probe(&hosts[host_n]) == -EINVAL, "a window too small");
	hosts[host_n] = spi_node();
	hosts[host_n].props[0].ref = NULL;
	check(env_probe(&hosts[host_n]) == -EINVAL && env.errors == 1, "no clock");
	node.parent = &crystal;
	check(env_probe(&node) == -ENODEV && env.errors == 2, "a slot whose host nobody drives");
}

/* --- what a card is -------------------------------------------------------------------------------------- */

static void test_identification(void)
{
	struct blkdev *d;

	fresh();
	d = probe();
	check(d != NULL && d->sectors == 1024 && !d->read_only && !d->volatile_cache,
	      "a card of 2.0");
	check(strcmp(d->serial, "abcdef12") == 0 && strncmp(d->name, "mmcblk", 6) == 0,
	      "serial number and name");
	check(m.crc && m.commands[59] == 1, "checksums are agreed on");
	check(m.div == 12 && (m.csmode & 2) == 0, "as fast as the slot, and not selected");
	check(m.commands[2] + m.commands[3] + m.commands[7] + m.commands[6] == 0,
	      "nothing that SPI has not");

	fresh();
	m.v1 = m.bytes = true;
	csd_v1(4095, 7, 10);
	d = probe();
	check(d != NULL && d->sectors == 4096UL * 1024, "a card of 1.0 with 2 GiB");
	fresh();
	csd_v2(0x3fffff);
	d = probe();
	check(d != NULL && d->sectors == 1UL << 32, "the largest of 2.0");
	fresh();
	m.no_crc_cmd = true;
	d = probe();
	m.lie = BAD_CRC;
	m.lies = 1;
	check(d != NULL && !m.crc && read_some(d, 1, buf, 512) == 0, "one without checksums");
	fresh();
	card_csd[3] |= 1 << 12;
	check(probe()->read_only, "read-only for a time, by the CSD");
}

static void test_refused(void)
{
	static const int sent[] = { 0, 8, 9, 10, 13, 16, 41, 51, 55, 58, 59 };
	static const enum lie lies[] = { NO_ANSWER, SAYS_CRC,	 SAYS_ILLEGAL, SAYS_ADDRESS,
					 BAD_CRC,   ERROR_TOKEN, JUNK_TOKEN,   NO_TOKEN };

	fresh();
	m.present = false;
	check(env_probe(&node) == 0 && got.disk == NULL && env.errors == 0, "an empty slot");
	fresh();
	m.not_sd = true;
	check(env_probe(&node) < 0 && got.disk == NULL && env.errors > 0, "an MMC");
	fresh();
	m.never_ready = true;
	check(env_probe(&node) == -ETIMEDOUT && got.disk == NULL, "does not power up");
	fresh();
	m.bad_echo = true;
	check(env_probe(&node) == -EOPNOTSUPP && got.disk == NULL, "does not take 3.3 V");
	fresh();
	m.locked = true;
	check(env_probe(&node) == -EACCES && got.disk == NULL, "a password");
	fresh();
	card_csd[0] = 0x800e0032;
	check(env_probe(&node) < 0 && got.disk == NULL, "an unknown CSD");
	fresh();
	m.host_stuck = true;
	check(env_probe(&node) == 0 && got.disk == NULL, "a host that stands still has no card");
	for (unsigned i = 0; i < ARRAY_SIZE(sent); i++) {
		for (unsigned k = 0; k < ARRAY_SIZE(lies); k++) {
			fresh();
			m.lie = lies[k];
			m.lie_at = sent[i];
			m.lies = 1000;
			env_probe(&node);
		}
	}
	check(true, "no lie about any one command hangs us");
	fresh();
	m.lie = SAYS_CRC;
	m.lie_at = 0;
	m.lies = 2;
	check(probe() != NULL, "a card that needs to be reset more than once");
}

/* --- data -------------------------------------------------------------------------------------------------- */

static void transfers(bool bytes, unsigned align, const char *what)
{
	uint8_t *p = buf + align;
	struct blkdev *d;
	bool good = true;

	fresh();
	m.bytes = bytes;
	d = probe();
	for (unsigned n = 1; n <= MANY; n++) {
		memset(p, 0, MANY * 512);
		good = read_some(d, n, p, n * 512UL) == 0 && holds(p, n, n) && good;
	}
	check(good && m.commands[17] == 1 && m.commands[18] == MANY - 1, what);
	check(m.commands[12] == MANY - 1 && m.stops == 0, "and stopped");
	for (unsigned n = 1; n <= MANY; n++) {
		memset(p, (int)(0x80 + n), n * 512UL);
		good = write_some(d, n, p, n * 512UL) == 0 && good;
		good = memcmp(card_disk[n], p, n * 512UL) == 0 && card_disk[2 * n][0] != 0x80 + n &&
		       good;
	}
	check(good && m.commands[24] == 1 && m.commands[25] == MANY - 1, "written");
	check(m.commands[12] == MANY - 1 && m.stops == MANY - 1, "and stopped, by a token");
	check(m.commands[13] == MANY + 1, "asked for errors after each write");
}

static void test_pieces(void)
{
	struct iovec iov[3] = { { buf, 512 }, { buf + 2048, 1024 }, { buf + 4096, 512 } };
	struct blk_req r, other;
	struct blkdev *d;

	fresh();
	d = probe();
	memset(buf, 0, sizeof(buf));
	check(run(d, &r, BLK_READ, 5, iov, 3) == 0 && holds(buf, 5, 1) && holds(buf + 2048, 6, 2) &&
		      holds(buf + 4096, 8, 1) && buf[512] == 0 && buf[2048 + 1024] == 0,
	      "pieces that lie apart");
	r = (struct blk_req){ .op = BLK_READ, .at = 0, .count = 1, .iov = iov, .n = 1 };
	other = r;
	check(!d->ops->irq(d), "idle: nothing to look for");
	check(d->ops->submit(d, &r) == 0 && d->ops->submit(d, &other) == -EBUSY, "one at a time");
	d->ops->kick(d);
	check(!d->ops->poll(d) && !d->ops->irq(d) && m.timer->pending,
	      "while the card takes its time a timer looks");
	m.timer->fn(m.timer);
	check(got.kicks == 1, "and wakes who waits");
	while (!d->ops->poll(d)) {
	}
	check(got.done == &r && got.status == 0 && !d->ops->poll(d), "and it ends, once");
}

/* --- lies ---------------------------------------------------------------------------------------------------- */

static void one_lie(enum lie lie, int index, unsigned times, int expected, const char *what)
{
	struct blkdev *d;

	fresh();
	d = probe();
	m.lie = lie;
	m.lie_at = index;
	m.lies = times;
	check(ends_with(d, index, buf, expected), what);
	m.lies = 0;
	check(works_or_is_gone(d, buf), "and the next one works, or the card is gone");
}

static void test_lies(void)
{
	one_lie(BAD_CRC, 18, 1, 0, "data that came damaged is read again");
	one_lie(BAD_CRC, 17, 2, 0, "twice");
	one_lie(BAD_CRC, 18, 100, -EIO, "and then no more");
	one_lie(SAYS_CRC, 17, 1, 0, "a command that came damaged");
	one_lie(SAYS_CRC, 25, 1, 0, "of a write");
	one_lie(ERROR_TOKEN, 18, 1, -EIO, "an error token");
	one_lie(ERROR_TOKEN, 17, 1, -EIO, "of one block");
	one_lie(JUNK_TOKEN, 18, 1, -EIO, "a token that is none");
	one_lie(NO_TOKEN, 18, 1, -EIO, "no data");
	one_lie(NO_ANSWER, 18, 1, -EIO, "no answer");
	one_lie(NO_ANSWER, 24, 1, -EIO, "to a write");
	one_lie(SAYS_ILLEGAL, 17, 1, -EIO, "the card knows no reading");
	one_lie(SAYS_ADDRESS, 17, 1, -EIO, "an address that it has not");
	one_lie(REFUSED_CRC, 24, 1, 0, "a block that came damaged is written again");
	one_lie(REFUSED_CRC, 25, 2, 0, "of many, which end by a command");
	one_lie(REFUSED_CRC, 25, 100, -EIO, "and then no more");
	one_lie(REFUSED, 24, 1, -EIO, "a block that cannot be written");
	one_lie(REFUSED, 25, 1, -EIO, "of many");
	one_lie(NO_VERDICT, 25, 1, -EIO, "a block without an answer");
}

static void test_gone(void)
{
	struct blkdev *d;

	one_lie(STUCK, 24, 1, -EIO, "a card that programs for ever is given up");
	check(got.gone == 1, "for good");
	one_lie(STUCK, 25, 1, -EIO, "of many");
	check(got.gone == 1, "for good");
	one_lie(STUCK, 12, 1, -EIO, "or has no end of a read");
	check(got.gone == 1, "for good");
	one_lie(PULLED, 18, 1, -EIO, "taken out while it is read");
	check(got.gone == 1, "it is gone");
	one_lie(PULLED, 25, 1, -EIO, "taken out while it is written");
	check(got.gone == 1 && read_some(got.disk, 0, buf, 512) == -ENODEV, "it is gone");

	fresh();
	d = probe();
	m.idle = m.swapped = true;
	check(read_some(d, 0, buf, 512) == -EIO && got.gone == 1, "another card, not set up");
	fresh();
	d = probe();
	m.failed_write = true;
	check(write_some(d, 3, buf, 512) == -EIO && got.gone == 0, "an error of programming");
	check(write_some(d, 3, buf, 512) == 0, "once");
	m.host_stuck = true;
	check(read_some(d, 0, buf, 512) == -EIO && got.gone == 1, "a host that stands still");
	d->ops->stop(d);
	check(!d->ops->poll(d) && !d->ops->irq(d) && (m.csmode & 2) == 0, "stopped: let go");
}

/* --- the contact of the slot --------------------------------------------------------------------------------------- */

static bool contact; /* the line's level: low, a card is in */
static bool unwatched;

static bool contact_get(struct gpio_chip *c, unsigned line)
{
	(void)c;
	host_require(line == 11, "the line of the slot");
	return contact;
}

static int contact_watch(struct gpio_chip *c, unsigned line)
{
	(void)c;
	(void)line;
	return unwatched ? -ENOENT : 0;
}

static const struct gpio_ops contact_ops = { .get = contact_get, .watch = contact_watch };

static void test_contact(void)
{
	static struct dt_node chip_node = {
		.props = { { .name = "#gpio-cells", .n = 1, .cells = { 2 } } }
	};
	static struct gpio_chip chip = { .ops = &contact_ops, .node = &chip_node, .lines = 16 };
	struct iovec iov = { buf, 512 };
	struct blk_req r = { .op = BLK_READ, .count = 1, .iov = &iov, .n = 1 };
	const struct env_prop gpios = {
		.name = "gpios", .n = 3, .cells = { 1, 11, 1 }, .ref = &chip_node
	};
	struct blkdev *d;

	fresh();
	node.props[1] = gpios;
	check(probe() != NULL && chip.watched == NULL, "a contact that nobody drives: it answers");
	gpio_register(&chip);
	fresh();
	node.props[1] = gpios;
	contact = true;
	check(env_probe(&node) == 0 && got.disk == NULL && m.commands[0] == 0 && env.errors == 0,
	      "no card, by the contact");
	unwatched = true;
	contact = false;
	check(probe() != NULL && chip.watched == NULL, "a contact that does not interrupt");
	unwatched = false;
	fresh();
	node.props[1] = gpios;
	node.props[1].name = "cd-gpios";
	d = probe();
	check(d != NULL && chip.watched != NULL, "a card, by the contact");
	d->ops->submit(d, &r);
	d->ops->kick(d);
	check(!d->ops->poll(d), "while it is read");
	gpio_changed(&chip, 11);
	check(!got.resized, "a contact that bounced");
	contact = true;
	m.present = false;
	gpio_changed(&chip, 11);
	gpio_changed(&chip, 11);
	check(got.resized, "taken out");
	check(d->ops->poll(d) && got.status == -ENODEV && got.gone == 1, "what ran ends at once");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	test_clocks();
	test_host();
	test_identification();
	test_refused();
	transfers(false, 0, "reads of a card of blocks");
	transfers(true, 3, "of bytes, to an odd address");
	test_pieces();
	test_lies();
	test_gone();
	test_contact();
	return check_done();
}
