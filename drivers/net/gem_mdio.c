/* SPDX-License-Identifier: MIT */
/* GEM: the management port, through which the PHY's registers are reached. Spec: UG1087, phy_management. */
#include "gem.h"

static struct gem *gem_of(struct phy *p)
{
	return container_of(p, struct gem, phy);
}

static bool idle(struct phy *p)
{
	return (gem_read(gem_of(p), NETWORK_STATUS) & NS_MAN_DONE) != 0;
}

static void start_read(struct phy *p, unsigned reg)
{
	gem_write(gem_of(p), PHY_MANAGEMENT, mdio_frame(p, MDIO_READ, reg, 0));
}

static void start_write(struct phy *p, unsigned reg, uint16_t v)
{
	gem_write(gem_of(p), PHY_MANAGEMENT, mdio_frame(p, MDIO_WRITE, reg, v));
}

static uint16_t result(struct phy *p)
{
	return (uint16_t)gem_read(gem_of(p), PHY_MANAGEMENT);
}

const struct mdio_ops gem_mdio = { idle, start_read, start_write, result };
