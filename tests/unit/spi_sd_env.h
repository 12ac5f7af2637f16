/* SPDX-License-Identifier: MIT */
/* SiFive's SPI host with a card behind it, for drivers/spi and drivers/mmc: both do what the specifications say, byte by
 * byte, until they are told to lie; the model says so when the driver breaks a rule. */
#pragma once

#include "mmc_env.h"

#include <kernel/timer.h>

#define BASE	  0x10050000UL
#define PRCI	  0x10000000UL
#define CRYSTAL	  33333333U
#define FIFO	  8U
#define MAX_HZ	  20000000U
#define BUSY	  40U	      /* bytes, after a block was written */
#define ACCESS	  30U	      /* bytes, before a block is read */
#define RESET_CFG 0x82110ec0U /* of the PLL after a reset: f 59, r 0, q 2 */

enum lie {
	HONEST,
	NO_ANSWER,    /* of a command */
	SAYS_CRC,     /* in R1 */
	SAYS_ILLEGAL, /* in R1 */
	SAYS_ADDRESS, /* in R1 */
	BAD_CRC,      /* of a block that is read */
	ERROR_TOKEN,
	JUNK_TOKEN,
	NO_TOKEN,
	REFUSED_CRC, /* a block that is written: its answer */
	REFUSED,
	NO_VERDICT, /* no answer to it */
	STUCK,	    /* programs for ever */
	PULLED	    /* out of the slot, in the middle of the data */
};

static struct {
	/* the host */
	uint32_t div, mode, csmode, csdef, fmt, csid;
	uint8_t rx[FIFO];
	unsigned rx_n, rx_at;
	bool host_stuck;
	uint32_t pll, sel; /* of the clocks */
	/* the card */
	bool present, swapped, v1, bytes, not_sd, never_ready, bad_echo, no_crc_cmd, locked,
		failed_write;
	bool spi, idle, crc;
	unsigned app, ready_in, clocks; /* clocks: while it was not selected */
	uint8_t in[6];			/* the command that comes in */
	unsigned in_n, gap;		/* gap: bytes since the last answer */
	uint8_t out[600];		/* what it sends */
	unsigned out_n, out_at;
	unsigned busy;
	bool held; /* busy for ever */
	enum { QUIET, READS, WRITES } data;
	bool many, taking, broken;
	unsigned sector, wait, got_n;
	uint8_t block[514];
	/* lies: about the next @lies commands of index @lie_at (-1: any) */
	enum lie lie;
	int lie_at;
	unsigned lies;
	bool lying;
	/* what was seen */
	unsigned commands[64], stops;
	struct timer *timer;
} m;

/* --- the kernel's -------------------------------------------------------------------------------- */

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

void timer_start(struct timer *t, uint64_t deadline)
{
	t->deadline = deadline;
	t->pending = true;
	m.timer = t;
}

bool timer_cancel(struct timer *t)
{
	t->pending = false;
	return true;
}

/* --- checksums, by long division as the specification has them --------------------------------------- */

static unsigned divide(const uint8_t *p, unsigned bytes, unsigned degree, unsigned poly)
{
	unsigned v = 0;

	for (unsigned i = 0; i < bytes * 8 + degree; i++) {
		unsigned bit = i < bytes * 8 ? (unsigned)p[i / 8] >> (7 - i % 8) & 1 : 0;

		v = v << 1 | bit;
		v ^= (v >> degree & 1) != 0 ? 1U << degree | poly : 0;
	}
	return v;
}

/* --- the card -------------------------------------------------------------------------------------------- */

static void say(uint8_t b)
{
	host_require(m.out_n < sizeof(m.out), "no more than one answer at a time");
	m.out[m.out_n++] = b;
}

static void say_r1(uint8_t errors)
{
	m.out_n = m.out_at = 0;
	say(0xff);
	say(errors | (m.idle ? 1 : 0));
}

static void say_block(const uint8_t *p, unsigned n)
{
	unsigned crc = divide(p, n, 16, 0x1021);

	if (m.lying && (m.lie == ERROR_TOKEN || m.lie == JUNK_TOKEN)) {
		say(m.lie == ERROR_TOKEN ? 0x04 : 0xf1);
		return;
	}
	say(0xfe);
	for (unsigned i = 0; i < n; i++) {
		say(p[i]);
	}
	say((uint8_t)(crc >> 8));
	say((uint8_t)(crc ^ (m.lying && m.lie == BAD_CRC ? 0x10 : 0)));
}

static void say_csd(void)
{
	uint8_t b[16];

	for (unsigned i = 0; i < 16; i++) {
		b[i] = (uint8_t)(card_csd[i / 4] >> (24 - 8 * (i % 4)));
	}
	say(0xff);
	say_block(b, sizeof(b));
}

static void begin_transfer(uint32_t arg, bool read, bool many)
{
	unsigned sector = m.bytes ? arg / 512 : arg;

	host_require(!m.bytes || arg % 512 == 0, "a whole sector");
	host_require(sector < SECTORS, "within the card");
	m.data = read ? READS : WRITES;
	m.many = many;
	m.sector = sector;
	m.wait = ACCESS;
	m.taking = false;
}

static void app_command(unsigned index, uint32_t arg)
{
	static const uint8_t scr[8] = { 0x02, 0x25 };

	switch (index) {
	case 41:
		/* One of blocks waits for a host that knows them. */
		m.idle = m.never_ready || m.ready_in > 0 ||
			 (!m.v1 && !m.bytes && (arg & 1U << 30) == 0);
		m.ready_in -= m.ready_in > 0;
		say_r1(0);
		break;
	case 51:
		say_r1(0);
		say(0xff);
		say_block(scr, sizeof(scr));
		break;
	default:
		say_r1(4);
	}
}

static void stop_command(void)
{
	if (m.data == QUIET) {
		say_r1(4);
		return;
	}
	host_require(m.data == READS || m.broken, "a write that goes well ends by its token");
	m.data = QUIET;
	m.broken = false;
	m.out_n = m.out_at = 0;
	say(0x5a); /* the rest of a block */
	say(0xff);
	say(0);
	m.busy = m.lying && m.lie == STUCK ? 0 : BUSY;
	m.held = m.lying && m.lie == STUCK;
}

static void plain_command(unsigned index, uint32_t arg)
{
	static const uint8_t cid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xab, 0xcd, 0xef, 0x12 };

	switch (index) {
	case 0:
		m.idle = m.spi = true;
		m.crc = m.held = false;
		m.data = QUIET;
		say_r1(0);
		break;
	case 8:
		say_r1(m.v1 ? 4 : 0);
		for (unsigned i = 0; i < 4 && !m.v1; i++) {
			say((uint8_t)((m.bad_echo ? 0xaa : arg) >> (24 - 8 * i)));
		}
		break;
	case 9:
		say_r1(0);
		say_csd();
		break;
	case 10:
		say_r1(0);
		say(0xff);
		say_block(cid, sizeof(cid));
		break;
	case 12:
		stop_command();
		break;
	case 13:
		say_r1(0);
		say((uint8_t)((m.locked ? 1 : 0) | (m.failed_write ? 0x20 : 0)));
		m.failed_write = false;
		break;
	case 16:
		host_require(arg == 512, "sectors");
		say_r1(0);
		break;
	case 17:
	case 18:
	case 24:
	case 25:
		say_r1(0);
		begin_transfer(arg, index < 20, index == 18 || index == 25);
		break;
	case 55:
		m.app = 2;
		say_r1(m.not_sd ? 4 : 0);
		break;
	case 58:
		say_r1(0);
		say(m.bytes || m.v1 ? 0x80 : 0xc0);
		say(0xff);
		say(0x80);
		say(0);
		break;
	case 59:
		say_r1(m.no_crc_cmd ? 4 : 0);
		m.crc = !m.no_crc_cmd && (arg & 1) != 0;
		break;
	default:
		say_r1(4);
	}
}

static bool lies_instead(unsigned index)
{
	m.lying = m.lies > 0 && (m.lie_at < 0 || m.lie_at == (int)index);
	if (!m.lying) {
		return false;
	}
	m.lies--;
	switch (m.lie) {
	case NO_ANSWER:
		m.out_n = m.out_at = 0;
		return true;
	case SAYS_CRC:
		say_r1(0x08);
		return true;
	case SAYS_ILLEGAL:
		say_r1(0x04);
		return true;
	case SAYS_ADDRESS:
		say_r1(0x20);
		return true;
	default:
		return false;
	}
}

static void command(void)
{
	unsigned index = m.in[0] & 63;
	uint32_t arg = (uint32_t)m.in[1] << 24 | (uint32_t)m.in[2] << 16 | (uint32_t)m.in[3] << 8 |
		       m.in[4];
	bool early = index == 0 || index == 8 || index == 41 || index == 55 || index == 58 ||
		     index == 59;

	host_require(m.in[5] == (uint8_t)(divide(m.in, 5, 7, 0x09) << 1 | 1), "its checksum");
	host_require(m.data == QUIET || index == 12 || index == 0, "in data nothing but its end");
	m.commands[index]++;
	m.app -= m.app > 0;
	if (lies_instead(index)) {
		return;
	}
	if (index != 0 && m.idle && !early) {
		say_r1(4);
	} else if (m.app == 1) {
		app_command(index, arg);
	} else {
		plain_command(index, arg);
	}
}

/* A byte of a block that is written. */
static void take_data(uint8_t b)
{
	if (!m.taking) {
		m.taking = b == (m.many ? 0xfc : 0xfe);
		m.got_n = 0;
		if (m.many && b == 0xfd) {
			m.data = QUIET;
			m.stops++;
			m.out_n = m.out_at = 0;
			say(0xff);
			m.busy = BUSY;
		}
		host_require(m.taking || b == 0xff || b == 0xfd || b == 0x4c || m.broken,
			     "a token of this command");
		return;
	}
	m.block[m.got_n++] = b;
	if (m.got_n < sizeof(m.block)) {
		return;
	}
	m.taking = false;
	m.out_n = m.out_at = 0;
	host_require(!m.crc || divide(m.block, 512, 16, 0x1021) ==
				       (unsigned)(m.block[512] << 8 | m.block[513]),
		     "its checksum");
	if (m.lying && (m.lie == REFUSED || m.lie == REFUSED_CRC || m.lie == NO_VERDICT)) {
		if (m.lie != NO_VERDICT) {
			say(m.lie == REFUSED ? 0xed : 0xeb);
		}
		m.broken = m.many;
		m.data = m.many ? WRITES : QUIET;
		return;
	}
	host_require(m.sector < SECTORS, "within the card");
	memcpy(card_disk[m.sector++], m.block, 512);
	say(0xe5);
	m.busy = BUSY;
	m.held = m.lying && m.lie == STUCK;
	m.present = m.present && !(m.lying && m.lie == PULLED);
	m.data = m.many ? WRITES : QUIET;
}

static uint8_t card_sends(void)
{
	if (m.out_at < m.out_n) {
		return m.out[m.out_at++];
	}
	if (m.held || m.busy > 0) {
		m.busy -= m.busy > 0;
		return 0;
	}
	m.gap++;
	if (m.data == READS && !(m.lying && m.lie == NO_TOKEN) && m.wait-- == 0) {
		m.out_n = m.out_at = 0;
		m.wait = ACCESS;
		if (m.lying && m.lie == PULLED) {
			m.present = false;
			return 0xff;
		}
		say_block(card_disk[m.sector % SECTORS], 512);
		m.sector++;
		m.data = m.many ? READS : QUIET;
	}
	return 0xff;
}

/* Eight clocks. */
static uint8_t exchange(uint8_t b)
{
	uint8_t answer;

	if ((m.csmode & 2) == 0 || !m.present) {
		m.clocks += 8;
		m.in_n = 0;
		return 0xff;
	}
	if (m.in_n == 0 && (b & 0xc0) == 0x40 && !m.taking) {
		host_require(m.spi || (b == 0x40 && m.clocks >= 74), "74 clocks, then CMD0");
		host_require(m.gap > 0 || m.data == READS, "eight clocks behind an answer");
		host_require(!m.held && m.busy == 0, "not while it is busy");
	}
	answer = card_sends();
	if (m.in_n > 0 || ((b & 0xc0) == 0x40 && !m.taking)) {
		m.in[m.in_n++] = b;
		if (m.in_n == 6) {
			m.in_n = 0;
			m.gap = 0;
			command();
		}
	} else if (m.data == WRITES) {
		take_data(b);
	}
	return answer;
}

/* --- registers -------------------------------------------------------------------------------------------- */

static uint64_t tlclk(void)
{
	uint64_t pll = (uint64_t)CRYSTAL * 2 * ((m.pll >> 6 & 0x1ff) + 1) / ((m.pll & 0x3f) + 1) >>
		       (m.pll >> 15 & 7);

	return ((m.sel & 1) != 0 ? CRYSTAL : pll) / 2;
}

static uint64_t model_read(uintptr_t a, unsigned size)
{
	host_require(size == 4, "accesses of 32 bits");
	if (a == PRCI + 4 || a == PRCI + 0x24) {
		return a == PRCI + 4 ? m.pll : m.sel;
	}
	switch (a - BASE) {
	case 0x14:
		return m.csdef;
	case 0x48:
		return m.rx_n - m.rx_at < FIFO ? 0 : 1U << 31;
	case 0x4c:
		return m.rx_at < m.rx_n && !m.host_stuck ? m.rx[m.rx_at++] : 1U << 31;
	default:
		host_require(false, "a register");
		return 0;
	}
}

static void send_byte(uint8_t b)
{
	uint64_t hz = tlclk() / (2 * (m.div + 1UL));

	host_require(m.fmt == 0x80000 && m.mode == 0 && m.csid == 0, "eight bits, mode 0");
	host_require(hz <= ((m.idle && !m.swapped) || !m.spi ? 400000 : MAX_HZ),
		     "no faster than the card");
	if (m.rx_at == m.rx_n) {
		m.rx_at = m.rx_n = 0;
	}
	if (m.host_stuck) {
		return;
	}
	host_require(m.rx_n < FIFO, "room in the FIFO");
	m.rx[m.rx_n++] = exchange(b);
}

static void model_write(uintptr_t a, unsigned size, uint64_t v64)
{
	uint32_t v = (uint32_t)v64;

	host_require(size == 4, "accesses of 32 bits");
	switch (a - BASE) {
	case 0x00:
		host_require(v <= 0xfff, "twelve bits");
		m.div = v;
		break;
	case 0x04:
		m.mode = v;
		break;
	case 0x10:
		m.csid = v;
		break;
	case 0x14:
		m.csdef = v;
		break;
	case 0x18:
		m.csmode = v;
		break;
	case 0x40:
		m.fmt = v;
		break;
	case 0x48:
		send_byte((uint8_t)v);
		break;
	case 0x60:
	case 0x70:
		host_require(v == 0, "no flash, no interrupts");
		break;
	default:
		host_require(false, "a register");
	}
}
