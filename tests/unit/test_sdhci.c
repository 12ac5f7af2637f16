/* SPDX-License-Identifier: MIT */
/* drivers/mmc: SD cards behind a host controller that both lie, whatever they say the memory stays ours.
 * sources: drivers/mmc/card.c drivers/mmc/disk.c drivers/mmc/sdhci.c drivers/mmc/sdhci_data.c drivers/mmc/usdhc.c
	drivers/clock/clock.c kernel/fmt.c tests/unit/driver_env.c */
#include "sdhci_env.h"

#define CAPS_64 0x37ec6481U /* Versal's: ADMA2 with 64 bits, high speed, 100 MHz */
#define CAPS_32 0x27ec6481U
#define CAPS_0	0x05206481U /* no DMA */
#define MANY	20U	    /* sectors */

static struct dt_node node;
static uint8_t *memory; /* below 4 GiB */

static void fresh(void)
{
	env_reset();
	memset(&m, 0, sizeof(m));
	fresh_disk();
	m.caps = CAPS_64;
	m.version = 2;
	m.present = m.unlocked = m.wide_ok = m.high_ok = true;
	m.ready_in = 3;
	m.lie_at = -1;
	csd_v2(0);
	node = (struct dt_node){ .compatible = "arasan,sdhci-8.9a",
				 .reg = { { BASE, 0x1000 } },
				 .irq = 7 };
}

static struct blkdev *probe(void)
{
	return env_probe(&node) == 0 ? got.disk : NULL;
}

/* --- what a card is -------------------------------------------------------------------------- */

static void test_identification(void)
{
	struct blkdev *d;

	fresh();
	d = probe();
	check(d != NULL && d->sectors == 1024 && !d->read_only && !d->volatile_cache,
	      "a card of 2.0");
	check(strcmp(d->serial, "abcdef12") == 0 && strncmp(d->name, "mmcblk", 6) == 0,
	      "serial number and name");
	check(m.wide && m.high && (m.regs[0x28 / 4] & 6) == 6,
	      "four lines, high speed, both sides");
	check((m.regs[0x2c / 4] & 0xffff) == 0x0107, "100 MHz divided to 50");
	check(env.handler_irq == 7, "its interrupt");

	fresh();
	m.v1 = m.bytes = true;
	csd_v1(4095, 7, 10);
	d = probe();
	check(d != NULL && d->sectors == 4096UL * 1024, "a card of 1.0 with 2 GiB");
	fresh();
	m.bytes = true;
	m.high_ok = m.wide_ok = false;
	csd_v1(0, 0, 9);
	d = probe();
	check(d != NULL && d->sectors == 4, "the smallest there is");
	check(!m.wide && m.commands[6] == 0 && (m.regs[0x28 / 4] & 6) == 0, "narrow and slow");
	check((m.regs[0x2c / 4] & 0xffff) == 0x0207, "100 MHz divided to 25");
	fresh();
	csd_v2(0x3fffff);
	d = probe();
	check(d != NULL && d->sectors == 1UL << 32, "the largest of 2.0");
	fresh();
	m.version = 1;
	m.caps = (CAPS_64 & ~0xff00U) | 48 << 8;
	check(probe() != NULL && (m.regs[0x2c / 4] & 0xffff) == 0x0007, "48 MHz as they are");
	fresh();
	node.compatible = "cdns,sd4hc";
	m.offset = 0x200;
	check(probe() != NULL, "registers behind others");
}

static void test_refused(void)
{
	static const struct {
		const char *what;
		uint32_t csd, caps;
		bool not_sd, never, locked, reset;
	} cases[] = {
		{ "an unknown CSD", 0x800e0032, CAPS_64, false, false, false, false },
		{ "no clock", 0, 0x37ec0081, false, false, false, false },
		{ "an MMC", 0, CAPS_64, true, false, false, false },
		{ "a card that does not power up", 0, CAPS_64, false, true, false, false },
		{ "a password", 0, CAPS_64, false, false, true, false },
		{ "a reset without an end", 0, CAPS_64, false, false, false, true },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		fresh();
		card_csd[0] = cases[i].csd != 0 ? cases[i].csd : card_csd[0];
		m.caps = cases[i].caps;
		m.not_sd = cases[i].not_sd;
		m.never_ready = cases[i].never;
		m.locked = cases[i].locked;
		m.stuck_reset = cases[i].reset;
		check(env_probe(&node) < 0 && got.disk == NULL && env.errors > 0, cases[i].what);
	}
	fresh();
	m.bytes = true;
	csd_v1(4095, 7, 8);
	check(env_probe(&node) < 0 && got.disk == NULL, "blocks of 256 bytes");
	fresh();
	m.bytes = true;
	csd_v2(0x3fffff);
	check(env_probe(&node) < 0 && got.disk == NULL, "more than bytes of 32 bits address");
	fresh();
	m.present = false;
	check(env_probe(&node) == 0 && got.disk == NULL && env.errors == 0, "an empty slot");
	fresh();
	node.reg[0].size = 0x80;
	check(env_probe(&node) == -EINVAL, "a window too small");
	for (int index = 0; index < 64; index++) {
		static const enum lie lies[] = { NO_ANSWER, BAD_CRC, SILENT, BAD_DATA, SAYS_ERROR };

		for (unsigned k = 0; k < ARRAY_SIZE(lies); k++) {
			fresh();
			m.lie = lies[k];
			m.lie_at = index;
			m.lies = 1000;
			env_probe(&node);
		}
	}
	check(true, "no lie about any one command hangs us");
}

static void test_protection(void)
{
	fresh();
	m.unlocked = false;
	check(probe()->read_only, "the switch at its side");
	fresh();
	node.props[0] = (struct env_prop){ .name = "wp-inverted" };
	check(probe()->read_only, "inverted");
	fresh();
	m.unlocked = false;
	node.props[0] = (struct env_prop){ .name = "disable-wp" };
	check(!probe()->read_only, "not there");
	fresh();
	card_csd[3] |= 1 << 12;
	check(probe()->read_only, "for a time, by the CSD");
}

/* --- data ------------------------------------------------------------------------------------------ */

static void transfers(uint32_t caps, unsigned align, unsigned dma, const char *what)
{
	uint8_t *p = memory + align;
	struct blkdev *d;
	bool good = true;

	fresh();
	m.caps = caps;
	d = probe();
	for (unsigned n = 1; n <= MANY; n++) {
		memset(p, 0, MANY * 512);
		good = read_some(d, n, p, n * 512UL) == 0 && holds(p, n, n) && good;
	}
	check(good && m.commands[17] == 1 && m.commands[18] == MANY - 1, what);
	for (unsigned n = 1; n <= MANY; n++) {
		memset(p, (int)(0x80 + n), n * 512UL);
		good = write_some(d, n, p, n * 512UL) == 0 && good;
		good = memcmp(card_disk[n], p, n * 512UL) == 0 && card_disk[2 * n][0] != 0x80 + n &&
		       good;
	}
	check(good && m.state == 4 && m.commands[12] == 2 * (MANY - 1), "written, and stopped");
	check(m.commands[13] == MANY, "asked for errors after each write");
	check(m.dma == dma * MANY, "by whom it was to be");
}

static void test_pieces(void)
{
	struct blkdev *d;
	struct iovec iov[3] = { { memory, 512 }, { memory + 4096, 1024 }, { memory + 8192, 512 } };
	struct blk_req r, other;

	for (unsigned k = 0; k < 2; k++) {
		fresh();
		m.caps = k == 0 ? CAPS_64 : CAPS_0;
		d = probe();
		memset(memory, 0, 16384);
		check(run(d, &r, BLK_READ, 5, iov, 3) == 0 && holds(memory, 5, 1) &&
			      holds(memory + 4096, 6, 2) && holds(memory + 8192, 8, 1) &&
			      memory[512] == 0 && memory[4096 + 1024] == 0,
		      "pieces that lie apart");
	}
	fresh();
	d = probe();
	check(m.invalidated == 0, "nothing of the cache is touched by a probe");
	read_some(d, 0, memory, 512);
	check(m.invalidated == 1024, "around a read");
	node.props[0] = (struct env_prop){ .name = "dma-coherent" };
	got.disk = NULL;
	d = probe();
	m.invalidated = m.cleaned = 0;
	read_some(d, 0, memory + 8, 512);
	check(m.invalidated == 0 && m.cleaned == 0, "not where it is coherent");

	r = (struct blk_req){ .op = BLK_READ, .at = 0, .count = 1, .iov = iov, .n = 1 };
	other = r;
	check(d->ops->submit(d, &r) == 0 && d->ops->submit(d, &other) == -EBUSY, "one at a time");
	d->ops->kick(d);
	d->ops->kick(d);
	check(d->ops->poll(d) && got.done == &r, "and it ends");
	check(!d->ops->poll(d), "once");
}

/* --- lies ------------------------------------------------------------------------------------------------ */

static void one_lie(enum lie lie, int index, unsigned times, int expected, const char *what)
{
	struct blkdev *d;

	fresh();
	d = probe();
	m.lie = lie;
	m.lie_at = index;
	m.lies = times;
	check(ends_with(d, index, memory, expected), what);
	m.lies = 0;
	check(works_or_is_gone(d, memory), "and the next one works, or the card is gone");
}

static void test_lies(void)
{
	one_lie(BAD_DATA, 18, 1, 0, "data that came damaged is read again");
	one_lie(BAD_DATA, 17, 2, 0, "twice");
	one_lie(BAD_DATA, 18, 100, -EIO, "and then no more");
	one_lie(BAD_CRC, 25, 1, 0, "an answer that came damaged");
	one_lie(BAD_DATA, 25, 100, -EIO, "written damaged");
	one_lie(NO_DATA, 18, 1, -EIO, "no data");
	one_lie(NO_ANSWER, 18, 1, -EIO, "no answer");
	one_lie(NO_ANSWER, 12, 1, -EIO, "none to the stop");
	one_lie(ADMA_FAULT, 18, 1, -EIO, "a fault of the device's reading");
	one_lie(SAYS_ERROR, 17, 1, -EIO, "the card says error");
	one_lie(SAYS_ERROR, 12, 1, -EIO, "at the stop");
	one_lie(SHORT, 18, 1, 0, "an end too early, which DMA cannot see");
}

static void test_busy(void)
{
	struct blkdev *d;

	fresh();
	d = probe();
	m.lie = STUCK;
	m.lies = 1;
	check(write_some(d, 3, memory, 1024) == -EIO && got.gone == 1,
	      "a card that programs for ever is given up");
	check(m.regs[0x38 / 4] == 0 && read_some(d, 3, memory, 512) == -ENODEV, "for good");

	fresh();
	d = probe();
	m.failed_write = true;
	m.state = 4;
	check(write_some(d, 3, memory, 512) == -EIO, "an error of programming");
	fresh();
	m.caps = CAPS_0;
	d = probe();
	m.lie = SHORT;
	m.lie_at = 18;
	m.lies = 1;
	check(read_some(d, 3, memory, 4096) == -EIO, "an end too early, by register");
	m.lie = SILENT;
	m.lie_at = 17;
	m.lies = 1;
	check(read_some(d, 3, memory, 512) == 1, "no end");
	d->ops->stop(d);
	check(m.regs[0x28 / 4] == 0 && !d->ops->poll(d), "stopped: off, and nothing is polled");
}

/* Errors behind errors, and what comes when nobody waits for it. */
static void test_aftermath(void)
{
	struct blkdev *d;

	fresh();
	d = probe();
	m.lie = BAD_DATA;
	m.lies = 1;
	m.stuck_reset = true;
	check(read_some(d, 3, memory, 4096) == -ENODEV && got.gone == 1,
	      "a controller that does not recover is given up");
	fresh();
	d = probe();
	raise(2);
	check(!d->ops->irq(d) && (m.regs[0x30 / 4] & 2) == 0, "too late: it is not told for ever");
	fresh();
	node.props[0] = (struct env_prop){ .name = "non-removable" };
	d = probe();
	check(d != NULL && (m.regs[0x34 / 4] & 0x80) == 0, "a fixed card is not taken out");
}

static void test_endless(void)
{
	struct blkdev *d;

	fresh();
	m.caps = CAPS_0;
	d = probe();
	m.lie = ENDLESS_BLOCKS;
	m.lies = 1;
	memset(memory, 0, 1024);
	m.regs[0x30 / 4] = 0;
	check(read_some(d, 3, memory, 512) == 0, "read");
	raise(0x20);
	d->ops->poll(d);
	check(memory[512] == 0, "blocks that nobody asked for go nowhere");
}

static void test_removal(void)
{
	struct iovec iov = { memory, 512 };
	struct blk_req r = { .op = BLK_READ, .count = 1, .iov = &iov, .n = 1 };
	struct blkdev *d;

	fresh();
	d = probe();
	check(!d->ops->irq(d) && (m.regs[0x38 / 4] & 0x80) != 0, "removal is listened for");
	env.handler(env.handler_arg);
	check(got.kicks == 0 && m.regs[0x38 / 4] != 0, "an interrupt of somebody else");
	raise(0x80);
	env.handler(env.handler_arg);
	check(!got.resized, "a contact that bounced");
	m.present = false;
	raise(0x80);
	env.handler(env.handler_arg);
	check(got.resized && m.regs[0x38 / 4] == 0, "taken out");
	check(read_some(d, 0, memory, 512) == -ENODEV && got.gone == 1, "nothing is read any more");

	fresh();
	d = probe();
	m.lie = SILENT;
	m.lies = 1;
	d->ops->submit(d, &r);
	d->ops->kick(d);
	d->ops->irq(d);
	m.present = false;
	raise(0x80);
	env.handler(env.handler_arg);
	check(d->ops->poll(d) && got.done == &r && got.status == -ENODEV, "what ran ends at once");
	check(m.regs[0x28 / 4] == 0, "with the device off");

	fresh();
	node.props[0] = (struct env_prop){ .name = "non-removable" };
	m.present = false;
	check(env_probe(&node) < 0, "a fixed card that is not there");
}

int main(void)
{
	env_read = model_read;
	env_write = model_write;
	memory = page_alloc(8, 1);
	test_identification();
	test_refused();
	test_protection();
	transfers(CAPS_64, 0, 2, "ADMA2 of 64 bits");
	transfers(CAPS_32, 0, 2, "ADMA2 of 32 bits");
	transfers(CAPS_64, 8, 1, "a line of the cache is shared: written by the device alone");
	transfers(CAPS_0, 0, 0, "no DMA");
	transfers(CAPS_0, 3, 0, "at an odd address");
	test_pieces();
	test_lies();
	test_busy();
	test_aftermath();
	test_endless();
	test_removal();
	return check_done();
}
