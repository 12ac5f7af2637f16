/* SPDX-License-Identifier: MIT */
/* SD Host Controller: set-up, commands, interrupt. One slot; signals of 3.3 V. A card that comes later than the boot
 * is not looked for. Spec: SD Host Controller Simplified 3.00; bindings mmc-controller, and of each compatible. */
#include "sdhci.h"

#include <drivers/clock.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/time.h>

#define RESET_NS  (100 * NS_PER_MS)
#define STABLE_NS (150 * NS_PER_MS) /* 3.2.1 */
#define IDLE_NS	  (10 * NS_PER_MS)
#define DIV_MAX_3 0x3ffU
#define DIV_MAX_2 0x80U

/* Data of a match. */
#define OFFSET 0xfffUL /* where the standard's registers begin in the window */
#define USDHC  0x1000UL

static struct sdhci *host_of(struct mmc *m)
{
	return container_of(m, struct sdhci, mmc);
}

bool sdhci_wait(const struct sdhci *h, unsigned reg, uint32_t bits, bool set, uint64_t ns)
{
	uint64_t deadline = time_after(ns);

	while ((sdhci_read(h, reg) & bits) != (set ? bits : 0)) {
		if (time_now() >= deadline) {
			return false;
		}
		arch_relax();
	}
	return true;
}

static bool reset(const struct sdhci *h, uint32_t which)
{
	sdhci_write(h, REG_CLOCK, sdhci_read(h, REG_CLOCK) | which);
	return sdhci_wait(h, REG_CLOCK, which, false, RESET_NS);
}

/* --- the slot ---------------------------------------------------------------------------------------- */

/* 3.5: the divider is twice what is written; version 2 knows powers of two alone. */
static uint32_t divider(const struct sdhci *h, uint32_t hz)
{
	uint32_t n = h->clock <= hz ? 0 : (h->clock + 2 * hz - 1) / (2 * hz), power = 1;

	if (h->spec >= SPEC_3) {
		return MIN(n, DIV_MAX_3);
	}
	while (power < n && power < DIV_MAX_2) {
		power <<= 1;
	}
	return n == 0 ? 0 : power;
}

static void set_clock(const struct sdhci *h, uint32_t hz)
{
	uint32_t n = divider(h, hz), v = CLOCK_INTERNAL;

	v = field_set(v, CLOCK_DIV, n);
	v = field_set(v, CLOCK_DIV_HIGH, n >> 8);
	v = field_set(v, CLOCK_TIMEOUT, TIMEOUT_LONGEST);
	sdhci_write(h, REG_CLOCK, field_set(0, CLOCK_TIMEOUT, TIMEOUT_LONGEST));
	sdhci_write(h, REG_CLOCK, v);
	if (!sdhci_wait(h, REG_CLOCK, CLOCK_STABLE, true, STABLE_NS)) {
		log_warn("sdhci %s: its clock does not become stable", h->mmc.node);
	}
	sdhci_write(h, REG_CLOCK, v | CLOCK_CARD);
}

static void host_setup(struct mmc *m, uint32_t hz, bool wide, bool high_speed)
{
	struct sdhci *h = host_of(m);
	uint32_t v;

	hz = MIN(hz, m->max_hz);
	if (h->usdhc) {
		usdhc_setup(h, hz, wide);
		return;
	}
	v = CONTROL_POWER | (wide ? CONTROL_WIDE : 0) | (high_speed ? CONTROL_HIGH_SPEED : 0);
	sdhci_write(h, REG_CONTROL, field_set(v, CONTROL_VOLTAGE, VOLTAGE_3V3));
	set_clock(h, hz);
}

static bool host_present(struct mmc *m)
{
	struct sdhci *h = host_of(m);

	return !h->dead && !atomic_load_explicit(&h->removed, memory_order_relaxed) &&
	       (h->fixed || (sdhci_read(h, REG_PRESENT) & PRESENT_CARD) != 0);
}

static void host_stop(struct mmc *m)
{
	struct sdhci *h = host_of(m);

	h->dead = true;
	h->cmd = NULL;
	sdhci_write(h, REG_SIGNAL_ENABLE, 0);
	if (!reset(h, RESET_ALL)) {
		log_error("sdhci %s: its reset does not end", m->node);
	}
	/* The card's power, too: what it does with its lines does not matter any more. (uSDHC has none.) */
	if (!h->usdhc) {
		sdhci_write(h, REG_CONTROL, 0);
	}
}

/* --- commands ----------------------------------------------------------------------------------------- */

static void over(struct sdhci *h, int status)
{
	h->cmd->status = status;
	h->cmd = NULL;
}

static uint32_t command_word(const struct mmc_cmd *c)
{
	static const uint32_t kinds[] = {
		[RESP_NONE] = 0,
		[RESP_R1] = RESPONSE_48 << 16 | CMD_CRC_CHECK | CMD_INDEX_CHECK,
		[RESP_R1B] = RESPONSE_48_BUSY << 16 | CMD_CRC_CHECK | CMD_INDEX_CHECK,
		[RESP_R2] = RESPONSE_136 << 16 | CMD_CRC_CHECK,
		[RESP_R3] = RESPONSE_48 << 16,
		[RESP_R6] = RESPONSE_48 << 16 | CMD_CRC_CHECK | CMD_INDEX_CHECK,
		[RESP_R7] = RESPONSE_48 << 16 | CMD_CRC_CHECK | CMD_INDEX_CHECK,
	};
	uint32_t v = field_set(kinds[c->resp], CMD_INDEX, c->index);

	return c->index == 12 ? field_set(v, CMD_TYPE, TYPE_ABORT) : v;
}

/* 3.7.1.1; only an abort may come while data lines are busy. */
static bool lines_idle(const struct sdhci *h, const struct mmc_cmd *c)
{
	bool data = c->iov != NULL || (c->resp == RESP_R1B && c->index != 12);

	return sdhci_wait(h, REG_PRESENT, PRESENT_CMD_INHIBIT | (data ? PRESENT_DAT_INHIBIT : 0),
			  false, IDLE_NS);
}

static void host_start(struct mmc *m, struct mmc_cmd *c)
{
	struct sdhci *h = host_of(m);
	uint32_t word = command_word(c);

	h->cmd = c;
	h->got_cmd = false;
	/* QEMU's uSDHC tells no end of busy, as the older eSDHC: the card is asked for it, by mmc_settle(). */
	h->got_data = c->iov == NULL && (c->resp != RESP_R1B || h->usdhc);
	if (h->dead) {
		over(h, -EIO);
		return;
	}
	if (!lines_idle(h, c)) {
		reset(h, RESET_CMD);
		reset(h, RESET_DAT);
		over(h, -ETIMEDOUT);
		return;
	}
	sdhci_write(h, REG_STATUS, ~INT_REMOVAL);
	if (c->iov != NULL) {
		word |= CMD_DATA | sdhci_data_begin(h);
	}
	if (h->usdhc) {
		word = usdhc_mode(h, word);
	}
	sdhci_write(h, REG_ARGUMENT, c->arg);
	sdhci_write(h, REG_COMMAND, word);
}

/* 3.10: both lines are reset, whichever it was. */
static void command_failed(struct sdhci *h, uint32_t status)
{
	struct mmc_cmd *c = h->cmd;
	bool ready = reset(h, RESET_CMD);
	int r = -EIO;

	if ((status & (INT_CMD_TIMEOUT | INT_DATA_TIMEOUT)) != 0) {
		r = -ETIMEDOUT;
	} else if ((status & (INT_CMD_CRC | INT_DATA_CRC)) != 0) {
		r = -EILSEQ;
	}
	if (reset(h, RESET_DAT) && ready) {
		sdhci_write(h, REG_STATUS, ~INT_REMOVAL);
	} else {
		log_error("sdhci %s: does not recover from an error", h->mmc.node);
		host_stop(&h->mmc);
		h->cmd = c;
	}
	if (c->iov != NULL) {
		sdhci_data_end(h);
	}
	over(h, r);
}

static void take_response(struct sdhci *h)
{
	for (unsigned i = 0; i < (h->cmd->resp == RESP_R2 ? 4 : 1); i++) {
		h->cmd->response[i] = sdhci_read(h, REG_RESPONSE(i));
	}
	h->got_cmd = true;
}

static bool host_poll(struct mmc *m)
{
	struct sdhci *h = host_of(m);
	uint32_t status;

	if (h->cmd == NULL) {
		return true;
	}
	status = sdhci_read(h, REG_STATUS) & (INT_WORK & ~INT_REMOVAL);
	if ((status & (INT_ERROR | INT_ERRORS)) != 0 ||
	    atomic_load_explicit(&h->removed, memory_order_relaxed)) {
		command_failed(h, status);
		return true;
	}
	if (status == 0) {
		return false;
	}
	/* Before what it tells is taken: what comes meanwhile is told again. */
	sdhci_write(h, REG_STATUS, status);
	if ((status & INT_CMD_COMPLETE) != 0) {
		take_response(h);
	}
	if ((status & (INT_READ_READY | INT_WRITE_READY)) != 0 && h->cmd->iov != NULL) {
		sdhci_data_block(h);
	}
	h->got_data |= (status & INT_TRANSFER_COMPLETE) != 0;
	if (!h->got_cmd || !h->got_data) {
		return false;
	}
	if (h->cmd->iov != NULL) {
		sdhci_data_end(h);
	}
	/* A transfer that ended with blocks to come. */
	over(h, h->cmd->iov != NULL && h->blocks_left != 0 ? -EIO : 0);
	return true;
}

/* --- interrupt ------------------------------------------------------------------------------------------- */

static bool host_irq(struct mmc *m)
{
	struct sdhci *h = host_of(m);

	if (h->dead) {
		return false;
	}
	if (h->cmd == NULL) {
		/* What came too late for the command that it was about. */
		sdhci_write(h, REG_STATUS, ~INT_REMOVAL);
	}
	sdhci_write(h, REG_SIGNAL_ENABLE, INT_WORK);
	return h->cmd != NULL && (sdhci_read(h, REG_STATUS) & INT_WORK) != 0;
}

static void sdhci_interrupt(void *arg)
{
	struct sdhci *h = arg;
	uint32_t status = sdhci_read(h, REG_STATUS);

	if ((status & INT_WORK) == 0) {
		return; /* the line's other device's */
	}
	sdhci_write(h, REG_SIGNAL_ENABLE, 0);
	if ((status & INT_REMOVAL) != 0) {
		sdhci_write(h, REG_STATUS, INT_REMOVAL);
		if (!h->fixed && (sdhci_read(h, REG_PRESENT) & PRESENT_CARD) == 0) {
			atomic_store_explicit(&h->removed, true, memory_order_relaxed);
			mmc_removed(&h->mmc);
			return;
		}
	}
	blkdev_kick(&h->mmc.disk);
}

static const struct mmc_host_ops sdhci_ops = {
	.start = host_start,
	.poll = host_poll,
	.irq = host_irq,
	.setup = host_setup,
	.present = host_present,
	.stop = host_stop,
};

/* --- set-up ----------------------------------------------------------------------------------------------- */

/* What the tree says of the clock comes first: capabilities are often what the core was made with. */
static uint32_t base_clock(const struct sdhci *h, const struct dt_node *n, uint32_t capabilities)
{
	uint32_t hz = (uint32_t)MIN(clock_rate(n), (uint64_t)UINT32_MAX);
	uint32_t mhz = field_get(capabilities, CAP_CLOCK);

	return hz != 0 ? hz : (h->spec >= SPEC_3 ? mhz : mhz & 0x3f) * 1000000U;
}

static int read_host(struct sdhci *h, const struct dt_node *n)
{
	struct mmc *m = &h->mmc;
	uint32_t capabilities = sdhci_read(h, REG_CAPABILITIES);

	h->fixed = dt_has(n, "non-removable") || dt_has(n, "broken-cd");
	h->dma_bits = CONTROL_DMA;
	if (h->usdhc) {
		capabilities = usdhc_capabilities(capabilities);
		usdhc_init(h, n);
	} else {
		h->spec = field_get(sdhci_read(h, REG_VERSION), VERSION_SPEC);
		h->clock = base_clock(h, n, capabilities);
	}
	if (h->clock == 0) {
		log_error("sdhci %s: nobody says how fast its clock is", m->node);
		return -EINVAL;
	}
	h->coherent = dt_has(n, "dma-coherent");
	m->ops = &sdhci_ops;
	m->max_hz = dt_u32(n, "max-frequency", 0, UINT32_MAX);
	m->wide = dt_u32(n, "bus-width", 0, 4) != 1;
	m->fast = (capabilities & CAP_HIGH_SPEED) != 0;
	sdhci_data_init(h, capabilities);
	return 0;
}

/* 3.1: a slot that sees cards has made up its mind. */
static bool has_card(struct sdhci *h)
{
	if (h->usdhc) {
		return host_present(&h->mmc);
	}
	return h->fixed || (sdhci_wait(h, REG_PRESENT, PRESENT_STABLE, true, STABLE_NS) &&
			    host_present(&h->mmc));
}

static int sdhci_start(struct sdhci *h, const struct dt_node *n, int irq)
{
	int r;

	if (!reset(h, RESET_ALL)) {
		log_error("sdhci %s: its reset does not end", h->mmc.node);
		return -ETIMEDOUT;
	}
	r = read_host(h, n);
	if (r != 0) {
		return r;
	}
	sdhci_write(h, REG_SIGNAL_ENABLE, 0);
	/* What is not enabled here is not in REG_STATUS either. */
	sdhci_write(h, REG_STATUS_ENABLE, INT_WORK & ~INT_ERROR & ~(h->fixed ? INT_REMOVAL : 0));
	if (!has_card(h)) {
		log_info("sdhci %s: no card", h->mmc.node);
		return 0;
	}
	h->mmc.protected =
		!dt_has(n, "disable-wp") && (!h->usdhc || dt_has(n, "fsl,wp-controller")) &&
		((sdhci_read(h, REG_PRESENT) & PRESENT_WRITABLE) == 0) != dt_has(n, "wp-inverted");
	r = mmc_attach(&h->mmc);
	if (r != 0) {
		host_stop(&h->mmc);
		return r;
	}
	sdhci_write(h, REG_STATUS, ~0U);
	return irq_request(irq, sdhci_interrupt, h, "sdhci");
}

static int sdhci_probe(struct device *dev, const struct dt_match *m)
{
	struct sdhci *h;
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	int irq = dev_irq(dev, 0);

	if (irq < 0) {
		return irq;
	}
	if (base == 0 || size < (m->data & OFFSET) + SDHCI_SIZE) {
		return -EINVAL;
	}
	h = kzalloc(sizeof(*h));
	if (h == NULL) {
		return -ENOMEM;
	}
	h->base = base + (m->data & OFFSET);
	h->usdhc = (m->data & USDHC) != 0;
	h->mmc.node = dev->name;
	/* On a failure the device is off and keeps its memory; a boot without the disk goes on. */
	return sdhci_start(h, dev->node, irq);
}

static const struct dt_match sdhci_match[] = {
	{ "arasan,sdhci-8.9a", 0 },    { "xlnx,versal-8.9a", 0 },    { "xlnx,zynqmp-8.9a", 0 },
	{ "brcm,bcm2835-sdhci", 0 },   { "brcm,bcm2711-emmc2", 0 },  { "cdns,sd4hc", 0x200 },
	{ "fsl,imx8mm-usdhc", USDHC }, { "fsl,imx7d-usdhc", USDHC }, { NULL, 0 },
};

DRIVER(STAGE_DEVICE, sdhci, sdhci_match, sdhci_probe);
