/* SPDX-License-Identifier: MIT */
/* SiFive's SPI host, by its FIFOs, one data line each way. Spec: SiFive FU540-C000 Manual v1p4, 19; binding
 * spi/spi-sifive. */
#include <drivers/clock.h>
#include <drivers/field.h>
#include <drivers/spi.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/time.h>

#define SCKDIV	     0x00
#define SCKDIV_MAX   0xfffU
#define SCKMODE	     0x04
#define CSID	     0x10
#define CSDEF	     0x14
#define CSMODE	     0x18
#define CSMODE_AUTO  0U
#define CSMODE_HOLD  2U
#define FMT	     0x40
#define FMT_8_BITS   (8U << 16) /* single, most significant bit first, received as well */
#define TXDATA	     0x48
#define RXDATA	     0x4c
#define RXDATA_EMPTY BIT32(31)
#define FCTRL	     0x60 /* bit 0: the flash is mapped, and the FIFOs are not ours */
#define IE	     0x70
#define SIZE	     0x78U

#define FIFO_DEPTH 8U
#define BYTE_NS	   (10 * NS_PER_MS) /* more than the slowest byte and a full FIFO take */

struct sifive_spi {
	struct spi_host host;
	uintptr_t base;
	uint64_t clock; /* Hz of what it divides */
	uint32_t depth; /* bytes of the FIFOs */
};

static struct sifive_spi *spi_of(struct spi_host *h)
{
	return container_of(h, struct sifive_spi, host);
}

static uint32_t read(const struct sifive_spi *s, unsigned reg)
{
	return mmio_read32(s->base + reg);
}

static void write(const struct sifive_spi *s, unsigned reg, uint32_t v)
{
	mmio_write32(s->base + reg, v);
}

/* 19.4: hz = clock / (2 * (div + 1)), rounded down. */
static int sifive_setup(struct spi_host *h, unsigned cs, unsigned mode, uint32_t hz)
{
	struct sifive_spi *s = spi_of(h);
	uint64_t n = hz == 0 ? UINT64_MAX : (s->clock + 2ULL * hz - 1) / (2ULL * hz);

	if (n > SCKDIV_MAX + 1ULL || cs > 31) {
		return -EINVAL;
	}
	write(s, SCKDIV, n <= 1 ? 0 : (uint32_t)n - 1);
	write(s, SCKMODE, mode);
	write(s, CSMODE, CSMODE_AUTO);
	write(s, CSID, cs);
	write(s, CSDEF, read(s, CSDEF) | 1U << cs);
	return 0;
}

/* What nobody waited for. */
static void drain(const struct sifive_spi *s)
{
	for (unsigned i = 0; i < s->depth && (read(s, RXDATA) & RXDATA_EMPTY) == 0; i++) {
	}
}

/* 19.9: in HOLD the line falls with the first frame, and rises when the mode changes. */
static void sifive_select(struct spi_host *h, bool on)
{
	const struct sifive_spi *s = spi_of(h);

	drain(s);
	write(s, CSMODE, on ? CSMODE_HOLD : CSMODE_AUTO);
}

static int take(const struct sifive_spi *s, uint8_t *in)
{
	uint32_t v = read(s, RXDATA);
	uint64_t deadline = (v & RXDATA_EMPTY) != 0 ? time_after(BYTE_NS) : 0;

	while ((v & RXDATA_EMPTY) != 0) {
		if (time_now() >= deadline) {
			return -ETIMEDOUT;
		}
		arch_relax();
		v = read(s, RXDATA);
	}
	if (in != NULL) {
		*in = (uint8_t)v;
	}
	return 0;
}

/* What is sent is taken back before more is sent: there is always room. */
static int sifive_transfer(struct spi_host *h, const uint8_t *out, uint8_t *in, size_t n)
{
	const struct sifive_spi *s = spi_of(h);

	for (size_t at = 0; at < n;) {
		size_t burst = MIN(n - at, (size_t)s->depth);

		for (size_t i = 0; i < burst; i++) {
			write(s, TXDATA, out != NULL ? out[at + i] : 0xff);
		}
		for (size_t i = 0; i < burst; i++, at++) {
			int r = take(s, in != NULL ? in + at : NULL);

			if (r != 0) {
				return r;
			}
		}
	}
	return 0;
}

static const struct spi_host_ops sifive_ops = {
	.setup = sifive_setup,
	.select = sifive_select,
	.transfer = sifive_transfer,
};

static int sifive_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	struct sifive_spi *s;

	(void)m;
	if (base == 0 || size < SIZE) {
		return -EINVAL;
	}
	s = kzalloc(sizeof(*s));
	if (s == NULL) {
		return -ENOMEM;
	}
	s->base = base;
	s->clock = clock_rate(dev->node);
	s->depth = dt_u32(dev->node, "sifive,fifo-depth", 0, FIFO_DEPTH);
	if (s->clock == 0 || s->depth == 0) {
		log_error("spi %s: nobody says how fast its clock is", dev->name);
		kfree(s);
		return -EINVAL;
	}
	write(s, IE, 0);
	write(s, FCTRL, 0);
	write(s, CSMODE, CSMODE_AUTO);
	write(s, FMT, FMT_8_BITS);
	drain(s);
	s->host = (struct spi_host){ .ops = &sifive_ops, .node = dev->node };
	spi_host_register(&s->host);
	return 0;
}

static const struct dt_match sifive_match[] = { { "sifive,spi0", 0 }, { NULL, 0 } };

DRIVER(STAGE_BUS, sifive_spi, sifive_match, sifive_probe);
