/* SPDX-License-Identifier: MIT */
/* SD Host Controller: registers, and what its two files share. Spec: SD Host Controller Simplified 3.00, 2.1; offsets
 * are its own, registers of 8 and 16 bits are reached as parts of words: some controllers know no other access. */
#pragma once

#include "mmc.h"

#include <drivers/field.h>
#include <kernel/arch.h>

#define SDHCI_SIZE 0x100U

/* clang-format off */
#define REG_BLOCK		0x04 /* size, and from bit 16 count */
#define REG_ARGUMENT		0x08
#define REG_COMMAND		0x0c /* transfer mode, and from bit 16 command: written at once, it starts */
#define  MODE_DMA		BIT32(0)
#define  MODE_COUNT		BIT32(1)
#define  MODE_READ		BIT32(4)
#define  MODE_MULTI		BIT32(5)
#define  CMD_RESPONSE		FIELD(17, 16)
#define   RESPONSE_136		1U
#define   RESPONSE_48		2U
#define   RESPONSE_48_BUSY	3U
#define  CMD_CRC_CHECK		BIT32(19)
#define  CMD_INDEX_CHECK	BIT32(20)
#define  CMD_DATA		BIT32(21)
#define  CMD_TYPE		FIELD(23, 22)
#define   TYPE_ABORT		3U
#define  CMD_INDEX		FIELD(29, 24)
#define REG_RESPONSE(i)		(0x10 + 4 * (i))
#define REG_BUFFER		0x20
#define REG_PRESENT		0x24
#define  PRESENT_CMD_INHIBIT	BIT32(0)
#define  PRESENT_DAT_INHIBIT	BIT32(1)
#define  PRESENT_CARD		BIT32(16)
#define  PRESENT_STABLE		BIT32(17)
#define  PRESENT_WRITABLE	BIT32(19)
#define REG_CONTROL		0x28 /* host control 1, power, block gap, wake-up */
#define  CONTROL_WIDE		BIT32(1)
#define  CONTROL_HIGH_SPEED	BIT32(2)
#define  CONTROL_DMA		FIELD(4, 3)
#define   DMA_ADMA2_32		2U
#define   DMA_ADMA2_64		3U
#define  CONTROL_POWER		BIT32(8)
#define  CONTROL_VOLTAGE	FIELD(11, 9)
#define   VOLTAGE_3V3		7U
#define REG_CLOCK		0x2c /* clock, timeout, software reset */
#define  CLOCK_INTERNAL		BIT32(0)
#define  CLOCK_STABLE		BIT32(1)
#define  CLOCK_CARD		BIT32(2)
#define  CLOCK_DIV_HIGH		FIELD(7, 6)
#define  CLOCK_DIV		FIELD(15, 8)
#define  CLOCK_TIMEOUT		FIELD(19, 16)
#define   TIMEOUT_LONGEST	14U
#define  RESET_ALL		BIT32(24)
#define  RESET_CMD		BIT32(25)
#define  RESET_DAT		BIT32(26)
#define REG_STATUS		0x30
#define  INT_CMD_COMPLETE	BIT32(0)
#define  INT_TRANSFER_COMPLETE	BIT32(1)
#define  INT_WRITE_READY	BIT32(4)
#define  INT_READ_READY		BIT32(5)
#define  INT_REMOVAL		BIT32(7)
#define  INT_ERROR		BIT32(15)
#define  INT_CMD_TIMEOUT	BIT32(16)
#define  INT_CMD_CRC		FIELD(19, 17) /* CRC, end bit, index */
#define  INT_DATA_TIMEOUT	BIT32(20)
#define  INT_DATA_CRC		FIELD(22, 21) /* CRC, end bit */
#define  INT_ERRORS		FIELD(31, 16)
#define REG_STATUS_ENABLE	0x34
#define REG_SIGNAL_ENABLE	0x38
#define REG_CAPABILITIES	0x40
#define  CAP_CLOCK		FIELD(15, 8) /* MHz; 7 bits before version 3 */
#define  CAP_ADMA2		BIT32(19)
#define  CAP_HIGH_SPEED		BIT32(21)
#define  CAP_64			BIT32(28)
#define REG_ADMA		0x58 /* two words */
#define REG_VERSION		0xfc
#define  VERSION_SPEC		FIELD(23, 16)
#define   SPEC_3		2U
/* clang-format on */

/* What ends a command, one way or the other. */
#define INT_WORK                                                                       \
	(INT_CMD_COMPLETE | INT_TRANSFER_COMPLETE | INT_WRITE_READY | INT_READ_READY | \
	 INT_REMOVAL | INT_ERROR | INT_ERRORS)

struct sdhci {
	struct mmc mmc;
	uintptr_t base;
	bool usdhc;	   /* i.MX's variant: usdhc.c */
	uint32_t dma_bits; /* of REG_CONTROL: CONTROL_DMA, or where that is */
	uint32_t clock;	   /* Hz of what it divides */
	uint32_t spec;
	bool fixed; /* the card cannot be taken out, or nobody would see it */
	bool coherent;
	unsigned adma; /* bytes of a descriptor; 0: no DMA */
	void *table;   /* a page of them */
	_Atomic bool removed;
	bool dead;

	struct mmc_cmd *cmd; /* NULL: nothing runs */
	bool got_cmd, got_data;
	bool dma;	/* of this command's data */
	unsigned piece; /* by register: where it is */
	size_t piece_off;
	uint32_t blocks_left;
};

static inline uint32_t sdhci_read(const struct sdhci *h, unsigned reg)
{
	return mmio_read32(h->base + reg);
}

static inline void sdhci_write(const struct sdhci *h, unsigned reg, uint32_t v)
{
	mmio_write32(h->base + reg, v);
}

/* sdhci_data.c: ready for the data of h->cmd, which is about to be sent: transfer mode to be written with it. */
uint32_t sdhci_data_begin(struct sdhci *h);
/* The buffer has a block, or takes one. */
void sdhci_data_block(struct sdhci *h);
/* All data is there, or on the card. */
void sdhci_data_end(struct sdhci *h);
/* Finds out whether there is DMA. */
void sdhci_data_init(struct sdhci *h, uint32_t capabilities);

/* Until none of @bits is set in @reg, or all are, as @set says. False: not within @ns. */
bool sdhci_wait(const struct sdhci *h, unsigned reg, uint32_t bits, bool set, uint64_t ns);

/* --- usdhc.c: what i.MX's uSDHC does elsewhere, or not at all --- */

/* Behind a reset of all, and what of @n differs. */
void usdhc_init(struct sdhci *h, const struct dt_node *n);
/* Capabilities as the standard has them. */
uint32_t usdhc_capabilities(uint32_t v);
/* Clock and bus, as mmc_host_ops.setup. */
void usdhc_setup(const struct sdhci *h, uint32_t hz, bool wide);
/* Before a command: puts the transfer mode of REG_COMMAND's word where it has it; the word to be written. */
uint32_t usdhc_mode(const struct sdhci *h, uint32_t word);
