/* SPDX-License-Identifier: MIT */
/* What i.MX's uSDHC does elsewhere than the SD Host Controller that it is made after, or not at all: it has no switch for the card's
 * power, a clock of its own kind, the transfer mode in a register of its own, and sees neither card nor switch unless the
 * board has wired them to it. Spec: i.MX 8M Plus Applications Processor Reference Manual (IMX8MPRM), Ultra Secured Digital Host
 * Controller; binding mmc/fsl-imx-esdhc. */
#include "sdhci.h"

#include <kernel/log.h>
#include <kernel/time.h>

/* clang-format off */
#define PRESENT_CLOCK_STABLE	BIT32(3)
#define CONTROL_WIDTH		FIELD(2, 1)
#define CONTROL_LITTLE		FIELD(5, 4) /* byte order of the buffer */
#define  LITTLE			2U
#define CONTROL_DMA_SELECT	FIELD(9, 8)
#define CLOCK_ALWAYS		FIELD(3, 0) /* "always written as ones" */
#define CLOCK_BY		FIELD(7, 4)  /* the divider, less one */
#define CLOCK_BY_POWER		FIELD(15, 8) /* and that of a power of two, halved */
#define REG_WATERMARK		0x44
#define  WATERMARK_READ		FIELD(7, 0)
#define  WATERMARK_WRITE	FIELD(23, 16)
#define REG_MIX			0x48
#define  MIX_MODE		FIELD(5, 0) /* as in REG_COMMAND; bit 3, double data rate, is not in that */
#define  MIX_TUNING		FIELD(25, 22)
#define REG_VENDOR		0xc0
#define  VENDOR_1V8		BIT32(1)
#define  VENDOR_CLOCK_ON	BIT32(8) /* also between commands */
#define CAP_USDHC_ADMA2		BIT32(20)
#define CAP_USDHC_OTHER		FIELD(15, 0) /* not the standard's */
/* clang-format on */

#define HZ_MOST	     400000000U /* of the clock that it divides; a slower one makes the card's slower */
#define BY_MAX	     16U
#define POWER_MAX    256U
#define WORDS_BUFFER 128U /* of four bytes */
#define WORDS_DMA    64U
#define STABLE_NS    (10 * NS_PER_MS)

void usdhc_init(struct sdhci *h, const struct dt_node *n)
{
	h->dma_bits = CONTROL_DMA_SELECT;
	h->spec = SPEC_3;
	h->clock = dt_u32(n, "assigned-clock-rates", 0, HZ_MOST);
	/* Else by a pin, or not. */
	h->fixed = h->fixed || !dt_has(n, "fsl,cd-controller");
	/* What the boot ROM's own accesses left. */
	sdhci_write(h, REG_MIX, sdhci_read(h, REG_MIX) & ~(MIX_MODE | MIX_TUNING));
	sdhci_write(h, REG_VENDOR, sdhci_read(h, REG_VENDOR) & ~VENDOR_1V8);
}

uint32_t usdhc_capabilities(uint32_t v)
{
	return (v & ~(CAP_ADMA2 | CAP_64 | CAP_USDHC_OTHER)) |
	       ((v & CAP_USDHC_ADMA2) != 0 ? CAP_ADMA2 : 0);
}

/* Two dividers, one behind the other: the fastest clock that is not above @hz. */
static uint32_t dividers(const struct sdhci *h, uint32_t hz)
{
	uint32_t n = (h->clock + hz - 1) / hz, power = 1, by;

	while (power < POWER_MAX && n > power * BY_MAX) {
		power *= 2;
	}
	by = MIN(MAX((n + power - 1) / power, 1U), BY_MAX);
	return field_set(field_set(0, CLOCK_BY, by - 1), CLOCK_BY_POWER, power / 2);
}

void usdhc_setup(const struct sdhci *h, uint32_t hz, bool wide)
{
	uint32_t vendor = sdhci_read(h, REG_VENDOR) & ~VENDOR_CLOCK_ON, control = 0;
	uint32_t clock = CLOCK_ALWAYS | dividers(h, MAX(hz, 1U));

	control = field_set(control, CONTROL_LITTLE, LITTLE);
	sdhci_write(h, REG_CONTROL, field_set(control, CONTROL_WIDTH, wide ? 1 : 0));
	sdhci_write(h, REG_VENDOR, vendor);
	sdhci_write(h, REG_CLOCK, field_set(clock, CLOCK_TIMEOUT, TIMEOUT_LONGEST));
	if (!sdhci_wait(h, REG_PRESENT, PRESENT_CLOCK_STABLE, true, STABLE_NS)) {
		log_warn("sdhci %s: its clock does not become stable", h->mmc.node);
	}
	sdhci_write(h, REG_VENDOR, vendor | VENDOR_CLOCK_ON);
}

uint32_t usdhc_mode(const struct sdhci *h, uint32_t word)
{
	const struct mmc_cmd *c = h->cmd;
	uint32_t mode = word & MIX_MODE, words, v;

	if (c->iov != NULL) {
		words = MIN(c->block_size / 4, (mode & MODE_DMA) != 0 ? WORDS_DMA : WORDS_BUFFER);
		v = field_set(sdhci_read(h, REG_WATERMARK), WATERMARK_READ, words);
		sdhci_write(h, REG_WATERMARK, field_set(v, WATERMARK_WRITE, words));
		if ((mode & MODE_DMA) == 0) {
			/* Or it reads descriptors that are none. */
			v = sdhci_read(h, REG_CONTROL);
			sdhci_write(h, REG_CONTROL, field_set(v, CONTROL_DMA_SELECT, 0));
		}
	}
	sdhci_write(h, REG_MIX, (sdhci_read(h, REG_MIX) & ~MIX_MODE) | mode);
	return word & ~0xffffU;
}
