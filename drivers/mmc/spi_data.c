/* SPDX-License-Identifier: MIT */
/* Data of a command in SPI mode: blocks between tokens, and the time that the card takes for them.
 * Spec: SD Physical Layer Simplified 6.00, 7.2.3, 7.2.4, 7.3.3, 4.6.2. */
#include "spi_slot.h"

#include "sd_crc.h"

#include <errno.h>

#define CMD_READ_MULTIPLE  18
#define CMD_WRITE_MULTIPLE 25

#define TOKEN_START	 0xfe
#define TOKEN_START_MANY 0xfc /* of each block that CMD25 writes */
#define DATA_RESPONSE	 0x1f
#define DATA_ACCEPTED	 0x05
#define DATA_BAD_CRC	 0x0b

#define TOKEN_NS (200 * NS_PER_MS) /* 4.6.2.1: 100 ms */
#define BUSY_NS	 NS_PER_SEC	   /* 4.6.2.2: 500 ms */

static const struct iovec *data_of(const struct spi_slot *s)
{
	return s->cmd->resp == RESP_R2 ? &s->reg_iov : s->cmd->iov;
}

static uint32_t block_size(const struct spi_slot *s)
{
	return s->cmd->resp == RESP_R2 ? sizeof(s->reg) : s->cmd->block_size;
}

/* Where the next block of the data is; the end of a piece is that of a block. */
static uint8_t *next_block(struct spi_slot *s)
{
	const struct iovec *v = &data_of(s)[s->piece];
	uint8_t *p = (uint8_t *)v->iov_base + s->piece_off;

	s->left--;
	s->piece_off += block_size(s);
	if (s->piece_off >= v->iov_len) {
		s->piece++;
		s->piece_off = 0;
	}
	return p;
}

static void wait_for(struct spi_slot *s, enum step step, uint64_t ns)
{
	s->step = step;
	s->deadline = time_after(ns);
}

void spi_busy_begin(struct spi_slot *s)
{
	wait_for(s, STEP_BUSY, BUSY_NS);
}

void spi_data_begin(struct spi_slot *s)
{
	const struct mmc_cmd *c = s->cmd;

	s->piece = 0;
	s->piece_off = 0;
	s->left = c->resp == RESP_R2 ? 1 : c->blocks;
	s->reg_iov = (struct iovec){ s->reg, sizeof(s->reg) };
	if (c->index == CMD_READ_MULTIPLE) {
		s->open = OPEN_READ;
	} else if (c->index == CMD_WRITE_MULTIPLE) {
		s->open = OPEN_WRITE;
	}
	if (c->resp == RESP_R2 || c->read) {
		wait_for(s, STEP_TOKEN, TOKEN_NS);
	} else {
		s->step = STEP_WRITE;
	}
}

/* The 16 bytes as answers of the SD bus have them, without the last. */
static void take_register(struct spi_slot *s)
{
	for (unsigned i = 0; i < 15; i++) {
		unsigned bit = 8 * (14 - i);

		s->cmd->response[bit / 32] |= (uint32_t)s->reg[i] << bit % 32;
	}
}

/* Behind its token. 0, or what ends the command. */
static int read_block(struct spi_slot *s)
{
	uint32_t n = block_size(s);
	uint8_t *p = next_block(s), crc[2];
	int r = spi_receive(s, p, n);

	r = r != 0 ? r : spi_receive(s, crc, sizeof(crc));
	if (r == 0 && s->crc && (crc[0] << 8 | crc[1]) != sd_crc16(p, n)) {
		return -EILSEQ;
	}
	return r;
}

static int write_block(struct spi_slot *s)
{
	bool many = s->open == OPEN_WRITE;
	uint32_t n = block_size(s);
	const uint8_t *p = next_block(s);
	uint16_t crc = sd_crc16(p, n);
	uint8_t head[2] = { SPI_RELEASED, many ? TOKEN_START_MANY : TOKEN_START };
	uint8_t tail[2] = { (uint8_t)(crc >> 8), (uint8_t)crc }, answer = 0;
	int r = spi_send(s, head, sizeof(head));

	r = r != 0 ? r : spi_send(s, p, n);
	r = r != 0 ? r : spi_send(s, tail, sizeof(tail));
	r = r != 0 ? r : spi_receive(s, &answer, 1);
	if (r != 0 || (answer & DATA_RESPONSE) == DATA_ACCEPTED) {
		return r;
	}
	return (answer & DATA_RESPONSE) == DATA_BAD_CRC ? -EILSEQ : -EIO;
}

/* --- steps: true when it got on, false when the card is waited for ---------------------------------------- */

static bool still_waits(struct spi_slot *s)
{
	if (time_now() >= s->deadline) {
		spi_over(s, -ETIMEDOUT);
		return true;
	}
	return false;
}

static bool step_token(struct spi_slot *s)
{
	int b = spi_look(s, false), r;

	if (b == SPI_RELEASED) {
		return still_waits(s);
	}
	if (b != TOKEN_START) {
		spi_over(s, b < 0 ? b : -EIO); /* an error token, or no token at all */
		return true;
	}
	r = read_block(s);
	if (r == 0 && s->left > 0) {
		wait_for(s, STEP_TOKEN, TOKEN_NS);
		return true;
	}
	if (r == 0 && s->cmd->resp == RESP_R2) {
		take_register(s);
	}
	spi_over(s, r);
	return true;
}

static bool step_write(struct spi_slot *s)
{
	int r = write_block(s);

	if (r != 0) {
		s->open = s->open == OPEN_WRITE ? OPEN_FAILED : OPEN_NONE;
		spi_over(s, r);
	} else {
		spi_busy_begin(s);
	}
	return true;
}

static bool step_busy(struct spi_slot *s)
{
	int b = spi_look(s, true);

	if (b >= 0 && b != SPI_RELEASED) {
		return still_waits(s);
	}
	if (b >= 0 && s->cmd->iov != NULL && s->left > 0) {
		s->step = STEP_WRITE;
	} else {
		spi_over(s, b < 0 ? b : 0);
	}
	return true;
}

bool spi_data_step(struct spi_slot *s)
{
	switch (s->step) {
	case STEP_TOKEN:
		return step_token(s);
	case STEP_WRITE:
		return step_write(s);
	default:
		return step_busy(s);
	}
}
