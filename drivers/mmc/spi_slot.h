/* SPDX-License-Identifier: MIT */
/* A slot on an SPI bus: what its two files share. Spec: SD Physical Layer Simplified 6.00, 7. */
#pragma once

#include "mmc.h"

#include <drivers/gpio.h>
#include <drivers/spi.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define SPI_RELEASED 0xff /* what is read of a line that the card does not drive */

enum step { STEP_TOKEN, STEP_WRITE, STEP_BUSY };

/* What the card is in, behind a command of many blocks. */
enum open {
	OPEN_NONE,
	OPEN_READ,
	OPEN_WRITE,
	OPEN_FAILED, /* a write whose block was refused: 7.3.3.1, it ends by a command, not by a token */
};

struct spi_slot {
	struct mmc mmc;
	struct spi_host *bus;
	unsigned cs;
	bool crc; /* of data: the card checks it, and makes it */
	bool dead;
	enum open open;
	struct gpio detect;   /* chip NULL: nothing sees a card but its answers */
	_Atomic bool removed; /* as the line says */
	struct timer timer;

	struct mmc_cmd *cmd; /* NULL: nothing runs */
	enum step step;
	bool waits; /* the last look saw a card that is not done */
	uint64_t deadline;
	unsigned piece; /* of the data: where it is */
	size_t piece_off;
	uint32_t left;	 /* blocks */
	uint8_t reg[16]; /* CSD or CID, which come as data */
	struct iovec reg_iov;
};

static inline int spi_send(struct spi_slot *s, const uint8_t *p, size_t n)
{
	return s->bus->ops->transfer(s->bus, p, NULL, n);
}

static inline int spi_receive(struct spi_slot *s, uint8_t *p, size_t n)
{
	return s->bus->ops->transfer(s->bus, NULL, p, n);
}

/* Bytes until the line is released, or is not, as @released says; a few at most. The last one, or -errno. */
int spi_look(struct spi_slot *s, bool released);
/* s->cmd has ended so. */
void spi_over(struct spi_slot *s, int status);

/* spi_data.c: s->cmd goes on with its data. */
void spi_data_begin(struct spi_slot *s);
/* s->cmd goes on until the card is not busy any more. */
void spi_busy_begin(struct spi_slot *s);
/* A block, a token, a busy card: true when it got on, false when the card is waited for. */
bool spi_data_step(struct spi_slot *s);
