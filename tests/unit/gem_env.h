/* SPDX-License-Identifier: MIT */
/* The machine around one GEM, with a model of the device. The first half of test_gem.c. */
#pragma once

#include "../../drivers/net/gem.h"

#define BASE	  0xff0e0000UL
#define NIC_IRQS  1
#define NIC_MATCH 6 /* cdns,gem */

#include "nic_env.h"

static struct gem *gem;

/* --- the device ---------------------------------------------------------------------- */

static uint64_t address(const uint32_t *d)
{
	return d[D_ADDR] | (uint64_t)d[D_HIGH] << 32;
}

/* The descriptor behind the one at @at; the bit of the last one leads back to the start. */
static uint64_t step(uint64_t at, bool wrap, unsigned queue_ptr, unsigned high)
{
	return wrap ? REG(queue_ptr) | (uint64_t)REG(high) << 32 : at + 16;
}

/* One frame, as far as it is there: its first descriptor alone is given back. */
static bool send_one(void)
{
	uint32_t *first = (uint32_t *)m.tx_at;
	unsigned len = 0, pieces = 0;

	if ((first[D_CTRL] & TX_OWNED) != 0) {
		return false;
	}
	for (bool last = false; !last; pieces++) {
		uint32_t *d = (uint32_t *)m.tx_at;
		unsigned n = d[D_CTRL] & TX_LENGTH;

		host_require(pieces <= GEM_PIECES && (d[D_CTRL] & TX_OWNED) == 0 && len + n <= 1600,
			     "the frame has an end");
		memcpy(m.sent[m.sent_n % 1024] + len, (void *)address(d), n);
		len += n;
		last = (d[D_CTRL] & TX_LAST) != 0;
		m.tx_at =
			step(m.tx_at, (d[D_CTRL] & TX_WRAP) != 0, TRANSMIT_Q_PTR, TRANSMIT_Q_HIGH);
	}
	m.sent_len[m.sent_n++ % 1024] = len;
	first[D_CTRL] |= TX_OWNED;
	return true;
}

static void transmit(void)
{
	if (m.tx_fail) {
		REG(TRANSMIT_STATUS) |= BIT32(6);
		m.tx_fail = false;
		return;
	}
	while (!m.tx_hold && send_one()) {
	}
}

static void control(uint32_t v)
{
	uint32_t old = REG(NETWORK_CONTROL);

	if ((v & NC_RX_EN) != 0 && (old & NC_RX_EN) == 0) {
		m.rx_stopped = false;
		m.rx_at = m.rx_at != 0 ? m.rx_at : step(0, true, RECEIVE_Q_PTR, RECEIVE_Q_HIGH);
	}
	if ((v & NC_TX_EN) == 0) {
		m.tx_at = 0;
	} else if ((old & NC_TX_EN) == 0) {
		m.tx_at = step(0, true, TRANSMIT_Q_PTR, TRANSMIT_Q_HIGH);
	}
	REG(NETWORK_CONTROL) = v & ~(NC_TX_START | NC_CLEAR_STATS);
	if ((v & NC_TX_START) != 0) {
		m.starts++;
		if (m.tx_lazy) {
			m.tx_lazy = false;
		} else {
			transmit();
		}
	}
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	unsigned reg = (unsigned)(a - BASE);
	uint32_t v;

	host_require(size == 4 && reg < 0x1000, "registers of 32 bits");
	v = REG(reg);
	if (reg == INT_STATUS || reg == RX_RESOURCE_ERRS || reg == RX_OVERRUNS) {
		REG(reg) = 0;
	}
	return reg == NETWORK_STATUS ? (m.mdio_dead ? 0 : NS_MAN_DONE) : v;
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	unsigned reg = (unsigned)(a - BASE);

	host_require(size == 4 && reg < 0x1000, "registers of 32 bits");
	if (reg == NETWORK_CONTROL) {
		control((uint32_t)v);
	} else if (reg == PHY_MANAGEMENT) {
		REG(PHY_MANAGEMENT) = mdio((uint32_t)v);
	} else if (reg == INT_ENABLE) {
		REG(INT_ENABLE) |= (uint32_t)v; /* here: what is on */
	} else if (reg == INT_DISABLE) {
		REG(INT_ENABLE) &= ~(uint32_t)v;
	} else if (reg == TRANSMIT_STATUS || reg == RECEIVE_STATUS || reg == INT_STATUS) {
		REG(reg) &= ~(uint32_t)v;
	} else {
		REG(reg) = (uint32_t)v;
	}
}

/* A frame of @n bytes comes in; @ctrl besides: what the device says of it. False: it found no buffer. */
static bool arrive(unsigned n, uint32_t ctrl)
{
	uint32_t *d = (uint32_t *)m.rx_at;
	uint8_t *to;

	if (m.rx_stopped || (d[D_ADDR] & RX_OWNED) != 0) {
		m.rx_stopped = true;
		REG(RECEIVE_STATUS) |= RS_NO_BUFFER;
		REG(RX_RESOURCE_ERRS)++;
		return false;
	}
	to = (uint8_t *)(address(d) & ~3ULL) + RX_OFFSET;
	for (unsigned i = 0; i < MIN(n, RX_SIZE - RX_OFFSET); i++) {
		to[i] = frame_byte(i, n);
	}
	m.rx_at = step(m.rx_at, (d[D_ADDR] & RX_WRAP) != 0, RECEIVE_Q_PTR, RECEIVE_Q_HIGH);
	d[D_CTRL] = ctrl;
	d[D_ADDR] |= RX_OWNED;
	return true;
}

static bool frame(unsigned n)
{
	return arrive(n, n | RX_START | RX_END);
}

/* --- from boot to the end --------------------------------------------------------------- */

static void power_on(void)
{
	nic_power_on();
	REG(MODULE_ID) = 0x00020118;
	REG(DESIGN_CFG1) = 0x02d00111;
	REG(DESIGN_CFG2) = 0x2ab10000 | 10240;
	REG(DESIGN_CFG6) = DC6_ADDR_64 | BIT32(1);
	REG(SPEC_ADD1_BOTTOM) = 0x12005452;
	REG(SPEC_ADD1_TOP) = 0x5634;
}

/* Probed, whether or not that works out. */
static int start(const struct dt_node *n)
{
	int r = probe(n);

	gem = nic != NULL ? container_of(nic, struct gem, dev) : NULL;
	return r;
}

static void boot(void)
{
	power_on();
	host_require(start(&mac_node) == 0 && gem != NULL, "probed");
}

/* Everything that the stack held is back, and each buffer is in the ring or free. */
static void halt(void)
{
	if (gem != NULL) {
		free_got();
		m.tx_hold = false;
		flush();
		poll();
		poll();
		CHECK_EQ(m.pbufs, 0);
		CHECK_EQ(gem->pool.count + gem->rx.used, 2 * gem->rx.size);
		CHECK_EQ(gem->tx.used, 0);
	}
	gem = NULL;
	free_kept();
}
