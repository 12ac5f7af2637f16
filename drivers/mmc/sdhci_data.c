/* SPDX-License-Identifier: MIT */
/* Data of a command: the device's by a table of descriptors that names the caller's memory (ADMA2), or, where it
 * cannot reach that, through a register. Spec: SD Host Controller Simplified 3.00, 1.13 and 2.2.8. */
#include "sdhci.h"

#include <kernel/page.h>
#include <string.h>

#define DESC_VALID     BIT32(0)
#define DESC_END       BIT32(1)
#define DESC_TRANSFER  (2U << 4)
#define DESC_LENGTH    FIELD(31, 16)
#define DESC_32	       8U
#define DESC_64	       12U
#define DESC_MAX       (32U << 10) /* 65536 is written as 0, which not every controller takes */
#define ALIGN_32       4U
#define ALIGN_64       8U
#define CACHE_LINE_MAX 128U

void sdhci_data_init(struct sdhci *h, uint32_t capabilities)
{
	if ((capabilities & CAP_ADMA2) == 0) {
		return;
	}
	h->table = page_alloc(1, 1);
	if (h->table != NULL) {
		h->adma = (capabilities & CAP_64) != 0 ? DESC_64 : DESC_32;
	}
}

/* --- ADMA2 ------------------------------------------------------------------------------------------ */

/* Descriptors begin at addresses of their size's alignment. Without coherence a line of the cache that also holds
 * another's bytes may be written back over what the device wrote. */
static bool reaches(const struct sdhci *h, const struct mmc_cmd *c)
{
	size_t align = !h->coherent && c->read ? CACHE_LINE_MAX
		       : h->adma == DESC_64    ? ALIGN_64
					       : ALIGN_32;
	size_t descriptors = 0;

	for (unsigned i = 0; i < c->n; i++) {
		uintptr_t at = (uintptr_t)c->iov[i].iov_base;
		size_t len = c->iov[i].iov_len;

		if (at % align != 0 || len % align != 0 ||
		    (h->adma == DESC_32 && (at + len) >> 32 != 0)) {
			return false;
		}
		descriptors += (len + DESC_MAX - 1) / DESC_MAX;
	}
	return descriptors * h->adma <= PAGE_SIZE;
}

static void for_memory(const struct sdhci *h, void (*fn)(void *p, size_t n))
{
	const struct mmc_cmd *c = h->cmd;

	for (unsigned i = 0; !h->coherent && i < c->n; i++) {
		fn(c->iov[i].iov_base, c->iov[i].iov_len);
	}
}

static void write_table(struct sdhci *h)
{
	const struct mmc_cmd *c = h->cmd;
	char *d = h->table, *last = d;

	for (unsigned i = 0; i < c->n; i++) {
		for (size_t off = 0, len; off < c->iov[i].iov_len; off += len) {
			uint64_t at = (uintptr_t)c->iov[i].iov_base + off;
			uint32_t word[3];

			len = MIN(c->iov[i].iov_len - off, (size_t)DESC_MAX);
			word[0] = field_set(DESC_VALID | DESC_TRANSFER, DESC_LENGTH, (uint32_t)len);
			word[1] = (uint32_t)at;
			word[2] = (uint32_t)(at >> 32);
			memcpy(d, word, h->adma);
			last = d;
			d += h->adma;
		}
	}
	*(uint32_t *)last |= DESC_END;
	if (!h->coherent) {
		arch_dcache_clean(h->table, (size_t)(d - (char *)h->table));
	}
}

static void begin_dma(struct sdhci *h)
{
	uint64_t table = (uintptr_t)h->table;
	uint32_t select = h->adma == DESC_64 ? DMA_ADMA2_64 : DMA_ADMA2_32;

	write_table(h);
	/* A read's lines leave the cache, too: none may be written back while the device writes. */
	for_memory(h, h->cmd->read ? arch_dcache_inval : arch_dcache_clean);
	sdhci_write(h, REG_CONTROL, field_set(sdhci_read(h, REG_CONTROL), h->dma_bits, select));
	sdhci_write(h, REG_ADMA, (uint32_t)table);
	if (h->adma == DESC_64) {
		sdhci_write(h, REG_ADMA + 4, (uint32_t)(table >> 32));
	}
}

/* --- by register --------------------------------------------------------------------------------------- */

/* Where the next word of the data is; the end of a piece is that of a block. */
static char *next_word(struct sdhci *h)
{
	const struct iovec *v = &h->cmd->iov[h->piece];
	char *p = (char *)v->iov_base + h->piece_off;

	h->piece_off += sizeof(uint32_t);
	if (h->piece_off >= v->iov_len) {
		h->piece++;
		h->piece_off = 0;
	}
	return p;
}

void sdhci_data_block(struct sdhci *h)
{
	const struct mmc_cmd *c = h->cmd;

	if (h->blocks_left == 0) {
		return; /* more than it was asked for */
	}
	h->blocks_left--;
	for (uint32_t i = 0; i < c->block_size; i += sizeof(uint32_t)) {
		uint32_t word;

		if (c->read) {
			word = sdhci_read(h, REG_BUFFER);
			memcpy(next_word(h), &word, sizeof(word));
		} else {
			memcpy(&word, next_word(h), sizeof(word));
			sdhci_write(h, REG_BUFFER, word);
		}
	}
}

/* --- both ---------------------------------------------------------------------------------------------- */

uint32_t sdhci_data_begin(struct sdhci *h)
{
	const struct mmc_cmd *c = h->cmd;

	h->dma = c->dma && h->adma != 0 && reaches(h, c);
	h->piece = 0;
	h->piece_off = 0;
	h->blocks_left = h->dma ? 0 : c->blocks;
	if (h->dma) {
		begin_dma(h);
	}
	sdhci_write(h, REG_BLOCK, c->block_size | c->blocks << 16);
	return (h->dma ? MODE_DMA : 0) | (c->read ? MODE_READ : 0) |
	       (c->blocks > 1 ? MODE_MULTI | MODE_COUNT : 0);
}

void sdhci_data_end(struct sdhci *h)
{
	dma_rmb();
	if (h->dma && h->cmd->read) {
		/* What was fetched on suspicion while the device wrote. */
		for_memory(h, arch_dcache_inval);
	}
}
