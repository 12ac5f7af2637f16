/* SPDX-License-Identifier: MIT */
/* An SD host controller with a card in it, for drivers/mmc: both do what the specifications say until they are told to
 * lie. The model may look only at memory that a descriptor names, and says so when a rule is broken. */
#pragma once

#include "mmc_env.h"

#include <kernel/page.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BASE 0xf1040000UL
#define RCA  0x45670000U

enum lie {
	HONEST,
	NO_ANSWER, /* command timeout */
	BAD_CRC,   /* of the answer */
	BAD_DATA,  /* CRC of data */
	NO_DATA,   /* data timeout */
	ADMA_FAULT,
	SAYS_ERROR,    /* in R1 */
	SILENT,	       /* never an end */
	STUCK,	       /* programs for ever */
	SHORT,	       /* says the transfer is complete before it is */
	ENDLESS_BLOCKS /* offers more blocks than asked for */
};

static struct {
	uint32_t regs[64];
	uint32_t caps, version;
	bool present, unlocked;
	bool stuck_reset;
	unsigned offset; /* of the registers in the window */
	/* the card */
	bool v1, bytes, not_sd, never_ready, locked, wide_ok, high_ok;
	unsigned state, app, ready_in;
	bool wide, high, failed_write;
	/* lies: about the next @lies commands of index @lie_at (-1: any) */
	enum lie lie;
	int lie_at;
	unsigned lies;
	/* data by register */
	uint32_t left, at, pio_block;
	uint8_t pio[64];
	bool pio_small, pio_read;
	unsigned small_len;
	/* what was seen */
	unsigned commands[64], dma, cleaned, invalidated;
} m;

/* --- the kernel's --------------------------------------------------------------------------- */

void *page_alloc(size_t n, size_t align)
{
	(void)align;
	return mmap(NULL, n * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

void arch_dcache_clean(void *p, size_t n)
{
	(void)p;
	m.cleaned += (unsigned)n;
}

void arch_dcache_inval(void *p, size_t n)
{
	(void)p;
	m.invalidated += (unsigned)n;
}

/* --- data --------------------------------------------------------------------------------------- */

static uint32_t *reg(unsigned at)
{
	return &m.regs[at / 4];
}

static void raise(uint32_t bits)
{
	*reg(0x30) |= bits | ((bits & 0xffff0000U) != 0 ? 0x8000 : 0);
}

/* A byte of the transfer that runs, both ways. */
static uint8_t *card_byte(uint32_t i)
{
	return m.pio_small ? &m.pio[i] : &card_disk[0][0] + m.at + i;
}

static void run_adma(uint32_t total)
{
	bool wide = (*reg(0x28) >> 3 & 3) == 3;
	uint64_t table = *reg(0x58) | (wide ? (uint64_t)*reg(0x5c) << 32 : 0);
	uint32_t done = 0;
	uint32_t d[3] = { 0 };

	host_require((*reg(0x28) >> 3 & 3) >= 2, "ADMA2 is selected");
	for (unsigned i = 0; (d[0] & 2) == 0; i++) {
		uint32_t len;
		uint8_t *p;

		memcpy(d, (char *)(uintptr_t)table + (size_t)i * (wide ? 12 : 8), wide ? 12 : 8);
		len = d[0] >> 16;
		p = (uint8_t *)(uintptr_t)(d[1] | (wide ? (uint64_t)d[2] << 32 : 0));
		host_require((d[0] & 0x39) == 0x21, "a valid transfer descriptor");
		host_require(len != 0 && (uintptr_t)p % (wide ? 8 : 4) == 0 && len <= total - done,
			     "length and address by the rules");
		for (uint32_t k = 0; k < len; k++, done++) {
			if (m.pio_read) {
				p[k] = *card_byte(done);
			} else {
				*card_byte(done) = p[k];
			}
		}
	}
	host_require(done == total, "a descriptor for all of it");
	m.dma++;
	raise(2);
}

static void start_data(uint32_t word, bool small)
{
	uint32_t size = *reg(0x04) & 0xfff, count = *reg(0x04) >> 16;

	m.pio_small = small;
	m.pio_read = (word & 0x10) != 0;
	m.left = size * count;
	m.pio_block = size;
	m.small_len = 0;
	host_require(small || (size == 512 && m.at + m.left <= sizeof(card_disk)),
		     "within the card");
	host_require((word & 0x20) != 0 ? (word & 2) != 0 && count > 1 : count == 1, "the mode");
	if ((word & 1) != 0) {
		run_adma(m.left);
		m.left = 0;
	} else {
		raise(m.pio_read ? 0x20 : 0x10);
	}
}

/* A word through the buffer. */
static uint32_t buffer(bool read, uint32_t v)
{
	uint8_t b[4] = { 0 };

	if (m.lie == ENDLESS_BLOCKS && m.lies > 0 && m.left == 0) {
		return 0xdeadbeef;
	}
	host_require(m.left >= 4 && read == m.pio_read, "a word that is due");
	memcpy(b, &v, 4);
	for (unsigned i = 0; i < 4; i++) {
		if (read) {
			b[i] = *card_byte(m.small_len + i);
		} else {
			*card_byte(m.small_len + i) = b[i];
		}
	}
	m.small_len += 4;
	m.left -= 4;
	if (m.small_len % m.pio_block == 0) {
		raise(m.left == 0 ? 2 : read ? 0x20 : 0x10);
	}
	memcpy(&v, b, 4);
	return v;
}

/* --- the card ------------------------------------------------------------------------------------- */

static void answer(uint32_t v)
{
	*reg(0x10) = v;
	raise(1);
}

static uint32_t r1(void)
{
	uint32_t v = m.state << 9 | (m.state == 7 ? 0 : 0x100) | (m.locked ? 1U << 25 : 0) |
		     (m.failed_write ? 1U << 26 : 0);

	m.failed_write = false;
	return v;
}

/* 128 bits as the controller has them: without the checksum. */
static void answer_long(const uint32_t csd[4])
{
	for (unsigned i = 0; i < 4; i++) {
		*reg(0x10 + 4 * i) = csd[3 - i] >> 8 | (i < 3 ? csd[2 - i] << 24 : 0);
	}
	raise(1);
}

static void app_command(unsigned index, uint32_t arg, uint32_t word)
{
	switch (index) {
	case 6:
		m.wide = arg == 2;
		answer(r1());
		break;
	case 41:
		if (m.never_ready || m.ready_in > 0) {
			m.ready_in -= m.ready_in > 0;
			answer(0x00ff8000);
		} else {
			answer(0x80ff8000 | (m.bytes || (arg & 1U << 30) == 0 ? 0 : 1U << 30));
		}
		break;
	case 51:
		memset(m.pio, 0, sizeof(m.pio));
		m.pio[0] = m.high_ok ? 2 : 0;
		m.pio[1] = m.wide_ok ? 5 : 1;
		answer(r1());
		start_data(word, true);
		break;
	default:
		raise(1U << 16);
	}
}

static void transfer(unsigned index, uint32_t arg, uint32_t word)
{
	m.at = m.bytes ? arg : arg * 512;
	host_require(m.state == 4 && m.at % 512 == 0, "selected, and a whole sector");
	answer(r1());
	start_data(word, false);
	m.state = index == 18 ? 5 : index == 25 ? 6 : 4;
}

static void switch_function(uint32_t arg, uint32_t word)
{
	host_require(arg == 0x80fffff1U, "high speed");
	memset(m.pio, 0, sizeof(m.pio));
	m.pio[16] = m.high_ok ? 1 : 15;
	m.high = m.high_ok;
	answer(r1());
	start_data(word, true);
}

static void plain_command(unsigned index, uint32_t arg, uint32_t word)
{
	static const uint32_t cid[4] = { 0x01020304, 0x05060708, 0x09abcdef, 0x12345678 };

	switch (index) {
	case 0:
		m.state = 0;
		raise(1);
		break;
	case 2:
		answer_long(cid);
		break;
	case 3:
		answer(RCA | 0x500);
		break;
	case 6:
		switch_function(arg, word);
		break;
	case 7:
		if (arg != RCA) {
			raise(1U << 16);
			break;
		}
		m.state = 4;
		answer(r1());
		raise(2);
		break;
	case 8:
		if (m.v1) {
			raise(1U << 16);
		} else {
			answer(arg);
		}
		break;
	case 9:
		answer_long(card_csd);
		break;
	case 12:
		host_require((word >> 22 & 3) == 3, "an abort");
		answer(r1());
		m.state = m.lie == STUCK && m.lies > 0 ? 7 : 4;
		raise(2);
		break;
	case 13:
	case 16:
		answer(r1());
		break;
	case 17:
	case 18:
	case 24:
	case 25:
		transfer(index, arg, word);
		break;
	case 55:
		if (m.not_sd) {
			raise(1U << 16);
		} else {
			m.app = 2;
			answer(r1());
		}
		break;
	default:
		raise(1U << 16);
	}
}

static bool lies_instead(unsigned index)
{
	bool now = m.lies > 0 && (m.lie_at < 0 || m.lie_at == (int)index);

	if (!now || m.lie == STUCK || m.lie == ENDLESS_BLOCKS) {
		return false;
	}
	m.lies--;
	if (index == 18 || index == 25) {
		m.state = index == 18 ? 5 : 6;
	}
	switch (m.lie) {
	case NO_ANSWER:
		raise(1U << 16);
		break;
	case BAD_CRC:
		raise(1U << 17);
		break;
	case BAD_DATA:
		answer(r1());
		raise(1U << 21);
		break;
	case NO_DATA:
		answer(r1());
		raise(1U << 20);
		break;
	case ADMA_FAULT:
		answer(r1());
		raise(1U << 25);
		break;
	case SAYS_ERROR:
		answer(r1() | 1U << 19);
		raise(2);
		break;
	case SHORT:
		answer(r1());
		raise(2);
		break;
	default:
		break;
	}
	return true;
}

static void command(uint32_t word)
{
	unsigned index = word >> 24 & 63;

	m.commands[index]++;
	m.app -= m.app > 0;
	if (!m.present) {
		raise(1U << 16);
	} else if (lies_instead(index)) {
		return;
	} else if (m.app == 1) {
		app_command(index, *reg(0x08), word);
	} else {
		plain_command(index, *reg(0x08), word);
	}
}

/* --- registers --------------------------------------------------------------------------------------- */

static uint64_t model_read(uintptr_t a, unsigned size)
{
	unsigned at = (unsigned)(a - BASE - m.offset);

	host_require(size == 4 && at < 0x100, "accesses of 32 bits, in the window");
	switch (at) {
	case 0x20:
		return buffer(true, 0);
	case 0x24:
		return 0x00020000U | (m.present ? 1U << 16 : 0) | (m.unlocked ? 1U << 19 : 0);
	case 0x40:
		return m.caps;
	case 0xfc:
		return m.version << 16;
	default:
		return *reg(at);
	}
}

static void model_write(uintptr_t a, unsigned size, uint64_t v64)
{
	unsigned at = (unsigned)(a - BASE - m.offset);
	uint32_t v = (uint32_t)v64;

	host_require(size == 4 && at < 0x100, "accesses of 32 bits, in the window");
	switch (at) {
	case 0x0c:
		*reg(at) = v;
		command(v);
		break;
	case 0x20:
		buffer(false, v);
		break;
	case 0x2c:
		*reg(at) = (v & ~(m.stuck_reset ? 0U : 0x07000000U)) | ((v & 1) != 0 ? 2 : 0);
		if ((v & 1U << 24) != 0) {
			memset(m.regs, 0, sizeof(m.regs));
			*reg(at) = m.stuck_reset ? v : 0;
		}
		break;
	case 0x30:
		*reg(at) &= ~v;
		*reg(at) = (*reg(at) & ~0x8000U) | ((*reg(at) >> 16) != 0 ? 0x8000U : 0);
		break;
	default:
		*reg(at) = v;
	}
}
