/* SPDX-License-Identifier: MIT */
/* (private) An Ethernet PHY with the standard's registers: negotiates by itself, and is asked for the link now and then
 * by a timer that never waits for the bus. */
#pragma once

#include <drivers/field.h>
#include <kernel/device.h>
#include <kernel/timer.h>

struct phy;

/* The bus, of whose PHYs phy->addr is meant. One access at a time. Any context. */
struct mdio_ops {
	bool (*idle)(struct phy *p); /* the last access is over */
	void (*start_read)(struct phy *p, unsigned reg);
	void (*start_write)(struct phy *p, unsigned reg, uint16_t v);
	uint16_t (*result)(struct phy *p); /* of the last read */
};

struct phy_link {
	bool up, full_duplex;
	unsigned speed; /* Mbit/s */
};

struct phy {
	const struct mdio_ops *ops;
	void (*changed)(struct phy *p); /* ->link did. Boot or timer */
	const char *name;		/* for messages */
	unsigned addr;
	struct phy_link link;
	/* (private) */
	unsigned reg;	 /* that is being read */
	unsigned waited; /* looks at a bus that is not idle */
	bool gigabit;	 /* it has the registers of it */
	uint16_t ours, ours_1000, theirs_1000;
	struct timer timer;
};

/* The bits of an access as they are on the bus, IEEE 802.3 22.2.4.5, and as MACs have them in their register; the
 * register's value read is the lower half of the answer. */
#define MDIO_START_22 BIT32(30)
#define MDIO_OP	      FIELD(29, 28)
#define MDIO_WRITE    1
#define MDIO_READ     2
#define MDIO_PHY      FIELD(27, 23)
#define MDIO_REG      FIELD(22, 18)
#define MDIO_TURN     FIELD(17, 16)

static inline uint32_t mdio_frame(const struct phy *p, unsigned op, unsigned reg, uint16_t v)
{
	uint32_t frame = MDIO_START_22 | field_set(0, MDIO_TURN, 2) | v;

	frame = field_set(frame, MDIO_OP, op);
	frame = field_set(frame, MDIO_PHY, p->addr);
	return field_set(frame, MDIO_REG, reg);
}

/* Find what @n, a MAC's node, is wired to: a fixed link, the PHY of its phy-handle, or the first that answers. With none
 * the link counts as up. Then ->link is valid, and changed() will be called. Boot; waits for the bus, within bounds. */
void phy_start(struct phy *p, const struct dt_node *n);
