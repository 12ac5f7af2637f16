/* SPDX-License-Identifier: MIT */
/* GEM: the management port, through which the PHY's registers are reached. Spec: IEEE 802.3, 22.2.4.5; UG1087,
 * phy_management. */
#include "gem.h"

#define MAN_CLAUSE_22 BIT32(30)
#define MAN_OP	      FIELD(29, 28)
#define MAN_WRITE     1
#define MAN_READ      2
#define MAN_PHY	      FIELD(27, 23)
#define MAN_REG	      FIELD(22, 18)
#define MAN_TURN      FIELD(17, 16)
#define MAN_DATA      FIELD(15, 0)

static struct gem *gem_of(struct phy *p)
{
	return container_of(p, struct gem, phy);
}

static bool idle(struct phy *p)
{
	return (gem_read(gem_of(p), NETWORK_STATUS) & NS_MAN_DONE) != 0;
}

static void command(struct phy *p, unsigned op, unsigned reg, uint16_t v)
{
	uint32_t man = MAN_CLAUSE_22 | field_set(0, MAN_TURN, 2) | v;

	man = field_set(man, MAN_OP, op);
	man = field_set(man, MAN_PHY, p->addr);
	gem_write(gem_of(p), PHY_MANAGEMENT, field_set(man, MAN_REG, reg));
}

static void start_read(struct phy *p, unsigned reg)
{
	command(p, MAN_READ, reg, 0);
}

static void start_write(struct phy *p, unsigned reg, uint16_t v)
{
	command(p, MAN_WRITE, reg, v);
}

static uint16_t result(struct phy *p)
{
	return (uint16_t)field_get(gem_read(gem_of(p), PHY_MANAGEMENT), MAN_DATA);
}

const struct mdio_ops gem_mdio = { idle, start_read, start_write, result };
