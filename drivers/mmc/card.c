/* SPDX-License-Identifier: MIT */
/* A card from power-up to the transfer state. Spec: SD Physical Layer Simplified 6.00, 4.2 and 4.3. Cards of the
 * SD family only; an MMC answers none of ACMD41. What a card says of itself is checked here, once. */
#include "mmc.h"

#include <errno.h>
#include <kernel/log.h>
#include <kernel/time.h>
#include <string.h>

#define CMD_GO_IDLE	  0
#define CMD_ALL_SEND_CID  2
#define CMD_RELATIVE_ADDR 3
#define CMD_SWITCH_FUNC	  6
#define CMD_SELECT	  7
#define CMD_SEND_IF_COND  8
#define CMD_SEND_CSD	  9
#define CMD_STOP	  12
#define CMD_SEND_STATUS	  13
#define CMD_SET_BLOCKLEN  16
#define CMD_APP		  55
#define ACMD_BUS_WIDTH	  6
#define ACMD_SEND_OP_COND 41
#define ACMD_SEND_SCR	  51

#define HZ_DEFAULT   25000000U
#define HZ_HIGH	     50000000U
#define IF_COND	     0x1aaU	 /* 4.3.13: 2.7-3.6 V, and a pattern to be echoed */
#define OCR_VOLTAGE  0x00300000U /* 3.2-3.4 V */
#define OCR_CAPACITY (1U << 30)	 /* of the host: takes blocks; of the card: is addressed by them */
#define OCR_READY    (1U << 31)
#define CLASS_SWITCH (1U << 10)
#define SCR_WIDE     0x04 /* byte 1: bus of four lines */
#define SWITCH_LEN   64U
#define SWITCH_HIGH  0x80fffff1U /* 4.3.10: group 1 to function 1, the others as they are */
#define POWER_UP_NS  NS_PER_SEC	 /* 4.2.3 */
#define ANSWER_NS    (NS_PER_SEC / 2)
#define SETTLE_NS    NS_PER_SEC	     /* no card is busy for longer than 500 ms (4.6.2.2, 4.14) */
#define ASK_NS	     (5 * NS_PER_MS) /* between two questions */
#define SDUC_SECTORS (1ULL << 32)    /* more are addressed by another scheme */

/* --- commands ------------------------------------------------------------------------------------ */

static void wait_ns(uint64_t ns)
{
	uint64_t until = time_after(ns);

	while (time_now() < until) {
		arch_relax();
	}
}

int mmc_do(struct mmc *m, struct mmc_cmd *c, uint64_t ns)
{
	uint64_t deadline = time_after(ns);

	m->ops->start(m, c);
	while (!m->ops->poll(m)) {
		if (time_now() >= deadline) {
			m->ops->stop(m);
			return c->status = -ETIMEDOUT;
		}
		arch_relax();
	}
	return c->status;
}

static int ask(struct mmc *m, uint8_t index, enum mmc_resp resp, uint32_t arg, struct mmc_cmd *c)
{
	*c = (struct mmc_cmd){ .index = index, .resp = resp, .arg = arg };
	return mmc_do(m, c, ANSWER_NS);
}

/* With the answer R1, which is looked at. */
static int tell(struct mmc *m, uint8_t index, enum mmc_resp resp, uint32_t arg)
{
	struct mmc_cmd c;
	int r = ask(m, index, resp, arg, &c);

	return r == 0 && (c.response[0] & R1_ERRORS) != 0 ? -EIO : r;
}

static int read_bytes(struct mmc *m, uint8_t index, uint32_t arg, uint8_t *buf, uint32_t len)
{
	struct iovec iov = { buf, len };
	struct mmc_cmd c = { .index = index,
			     .resp = RESP_R1,
			     .arg = arg,
			     .iov = &iov,
			     .n = 1,
			     .blocks = 1,
			     .block_size = len,
			     .read = true };
	int r = mmc_do(m, &c, ANSWER_NS);

	return r == 0 && (c.response[0] & R1_ERRORS) != 0 ? -EIO : r;
}

int mmc_settle(struct mmc *m, uint32_t *errors)
{
	uint64_t deadline = time_after(SETTLE_NS);
	bool stopped = false;
	struct mmc_cmd c;

	*errors = 0;
	for (;;) {
		int r = ask(m, CMD_SEND_STATUS, RESP_R1, m->rca, &c);
		unsigned state = R1_STATE(c.response[0]);

		*errors |= r == 0 ? c.response[0] & R1_ERRORS : 0;
		if (r == 0 && state == STATE_TRAN && (c.response[0] & R1_READY) != 0) {
			return 0;
		}
		if (time_now() >= deadline || !m->ops->present(m)) {
			return r != 0 ? r : -ETIMEDOUT;
		}
		if (r == 0 && !stopped && (state == STATE_DATA || state == STATE_RCV)) {
			stopped = true;
			(void)ask(m, CMD_STOP, RESP_R1B, 0, &c);
		}
		wait_ns(NS_PER_MS);
	}
}

/* --- identification ------------------------------------------------------------------------------- */

/* Bits @hi to @lo of CID or CSD, of at most 32. */
static uint32_t bits(const uint32_t r[4], unsigned hi, unsigned lo)
{
	unsigned at = lo - 8, word = at / 32, n = hi - lo + 1;
	uint64_t two = r[word] | (word < 3 ? (uint64_t)r[word + 1] << 32 : 0);

	return (uint32_t)(two >> at % 32 & ((1ULL << n) - 1));
}

/* 4.2.3: until it has powered up, and which kind it is. */
static int power_up(struct mmc *m)
{
	uint64_t deadline = time_after(POWER_UP_NS);
	struct mmc_cmd c;
	bool v2;

	(void)ask(m, CMD_GO_IDLE, RESP_NONE, 0, &c);
	v2 = ask(m, CMD_SEND_IF_COND, RESP_R7, IF_COND, &c) == 0;
	if (v2 && (c.response[0] & 0xfff) != IF_COND) {
		log_error("mmc %s: a card that does not take 3.3 V", m->node);
		return -EOPNOTSUPP;
	}
	for (;;) {
		int r = ask(m, CMD_APP, RESP_R1, 0, &c);

		if (r == 0) {
			r = ask(m, ACMD_SEND_OP_COND, RESP_R3,
				OCR_VOLTAGE | (v2 ? OCR_CAPACITY : 0), &c);
		}
		if (r != 0) {
			log_error("mmc %s: no SD card answers: %d", m->node, r);
			return r;
		}
		if ((c.response[0] & OCR_READY) != 0) {
			break;
		}
		if (time_now() >= deadline) {
			log_error("mmc %s: the card does not power up", m->node);
			return -ETIMEDOUT;
		}
		wait_ns(ASK_NS);
	}
	m->ocr = c.response[0];
	m->blocks = v2 && (m->ocr & OCR_CAPACITY) != 0;
	return 0;
}

/* 5.3: how many sectors it has, and whether they may be written. */
static int read_csd(struct mmc *m, const uint32_t csd[4])
{
	uint64_t sectors;

	switch (bits(csd, 127, 126)) {
	case 0: {
		unsigned len = bits(csd, 83, 80), mult = bits(csd, 49, 47) + 2;

		if (len < MMC_SECTOR_SHIFT || len > 11) {
			return -EINVAL;
		}
		sectors = (uint64_t)(bits(csd, 73, 62) + 1) << (mult + len - MMC_SECTOR_SHIFT);
		break;
	}
	case 1:
		sectors = ((uint64_t)bits(csd, 69, 48) + 1) << 10;
		break;
	default:
		return -EOPNOTSUPP;
	}
	/* Addresses have 32 bits. */
	if (sectors > (m->blocks ? SDUC_SECTORS : SDUC_SECTORS >> MMC_SECTOR_SHIFT)) {
		return -EINVAL;
	}
	m->disk.sectors = sectors;
	m->disk.read_only = m->protected || bits(csd, 13, 12) != 0;
	m->fast = m->fast && (bits(csd, 95, 84) & CLASS_SWITCH) != 0;
	return 0;
}

/* From "ready" to "stand-by", with what is asked on the way. */
static int identify(struct mmc *m)
{
	struct mmc_cmd c;
	int r = ask(m, CMD_ALL_SEND_CID, RESP_R2, 0, &c);

	if (r != 0) {
		return r;
	}
	fmt_snprintf(m->disk.serial, sizeof(m->disk.serial), "%08x", bits(c.response, 55, 24));
	r = ask(m, CMD_RELATIVE_ADDR, RESP_R6, 0, &c);
	if (r != 0) {
		return r;
	}
	m->rca = c.response[0] & 0xffff0000U;
	r = ask(m, CMD_SEND_CSD, RESP_R2, m->rca, &c);
	return r != 0 ? r : read_csd(m, c.response);
}

/* 4.3.10: answered with what the card will do; byte 16 has the function of group 1. */
static int high_speed(struct mmc *m)
{
	static uint8_t status[SWITCH_LEN];
	int r = read_bytes(m, CMD_SWITCH_FUNC, SWITCH_HIGH, status, sizeof(status));

	if (r != 0) {
		return r;
	}
	m->fast = (status[16] & 15) == 1;
	return 0;
}

static int app_tell(struct mmc *m, uint8_t index, uint32_t arg)
{
	int r = tell(m, CMD_APP, RESP_R1, m->rca);

	return r != 0 ? r : tell(m, index, RESP_R1, arg);
}

/* Selected: as wide and as fast as both sides can. */
static int speed_up(struct mmc *m)
{
	static uint8_t scr[8];
	int r = tell(m, CMD_APP, RESP_R1, m->rca);

	r = r != 0 ? r : read_bytes(m, ACMD_SEND_SCR, 0, scr, sizeof(scr));
	if (r != 0) {
		return r;
	}
	m->wide = m->wide && (scr[1] & SCR_WIDE) != 0;
	if (m->wide) {
		r = app_tell(m, ACMD_BUS_WIDTH, 2);
		if (r != 0) {
			return r;
		}
		m->ops->setup(m, MMC_HZ_IDENTIFY, true, false);
	}
	/* 5.6: SD_SPEC 0 knows no CMD6. */
	m->fast = m->fast && (scr[0] & 15) >= 1;
	if (m->fast) {
		r = high_speed(m);
	}
	m->ops->setup(m, m->fast ? HZ_HIGH : HZ_DEFAULT, m->wide, m->fast);
	return r;
}

static int select_card(struct mmc *m)
{
	struct mmc_cmd c;
	int r = ask(m, CMD_SELECT, RESP_R1B, m->rca, &c);

	if (r == 0 && (c.response[0] & R1_LOCKED) != 0) {
		log_error("mmc %s: the card is locked with a password", m->node);
		return -EACCES;
	}
	return r != 0 ? r : tell(m, CMD_SET_BLOCKLEN, RESP_R1, BLK_SECTOR);
}

int mmc_attach(struct mmc *m)
{
	int r;

	m->ops->setup(m, MMC_HZ_IDENTIFY, false, false);
	wait_ns(2 * NS_PER_MS); /* 6.4.1: 1 ms and 74 clocks from power-up */
	r = power_up(m);
	if (r != 0) {
		return r;
	}
	r = identify(m);
	r = r != 0 ? r : select_card(m);
	r = r != 0 ? r : speed_up(m);
	if (r != 0) {
		log_error("mmc %s: the card cannot be used: %d", m->node, r);
		return r;
	}
	return mmc_disk_add(m);
}
