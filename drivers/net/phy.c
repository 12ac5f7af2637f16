/* SPDX-License-Identifier: MIT */
/* The link as the PHY sees it. Spec: IEEE 802.3 22.2.4 (registers), 28.2.4 and 40.5.1 (negotiation); bindings
 * ethernet-controller and ethernet-phy. */
#include "phy.h"

#include <drivers/field.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/time.h>
#include <string.h>

#define BMCR		0
#define BMCR_ANEG	BIT32(12)
#define BMCR_POWER_DOWN BIT32(11)
#define BMCR_ISOLATE	BIT32(10)
#define BMCR_RESTART	BIT32(9)
#define BMSR		1
#define BMSR_LINK	BIT32(2) /* stays 0 until it is read once more */
#define BMSR_ANEG_DONE	BIT32(5)
#define BMSR_EXTENDED	BIT32(8) /* register 15, and so 9 and 10, are there */
#define ANAR		4
#define ANLPAR		5
#define AN_10		BIT32(5)
#define AN_10_FULL	BIT32(6)
#define AN_100		BIT32(7)
#define AN_100_FULL	BIT32(8)
#define GBCR		9
#define GB_FULL		BIT32(9)
#define GB_HALF		BIT32(8)
#define GBSR		10 /* the partner's, two bits further up */
#define PHYS		32

#define ACCESS_MAX (10 * NS_PER_MS) /* an access takes 64 bits of the bus */
#define LOOK_EVERY (500 * NS_PER_MS)
#define STEP	   NS_PER_MS
#define WAITED_MAX 100U

/* --- at boot --------------------------------------------------------------------------- */

static int wait_idle(struct phy *p)
{
	uint64_t deadline = time_after(ACCESS_MAX);

	while (!p->ops->idle(p)) {
		if (time_now() > deadline) {
			return -ETIMEDOUT;
		}
		arch_relax();
	}
	return 0;
}

/* The register, or -ETIMEDOUT. */
static int read_now(struct phy *p, unsigned reg)
{
	int r = wait_idle(p);

	if (r != 0) {
		return r;
	}
	p->ops->start_read(p, reg);
	r = wait_idle(p);
	return r != 0 ? r : p->ops->result(p);
}

static int write_now(struct phy *p, unsigned reg, unsigned v)
{
	int r = wait_idle(p);

	if (r == 0) {
		p->ops->start_write(p, reg, (uint16_t)v);
		r = wait_idle(p);
	}
	return r;
}

/* 22.2.4.2: no PHY has all of these bits or none. */
static bool answers(int bmsr)
{
	return bmsr > 0 && bmsr != 0xffff;
}

static bool find(struct phy *p, const struct dt_node *handle)
{
	p->addr = handle == NULL ? PHYS : dt_u32(handle, "reg", 0, PHYS);
	if (p->addr < PHYS && answers(read_now(p, BMSR))) {
		return true;
	}
	for (p->addr = 0; p->addr < PHYS; p->addr++) {
		int bmsr = read_now(p, BMSR);

		if (answers(bmsr)) {
			return true;
		}
		if (bmsr < 0) {
			break; /* the bus itself is dead */
		}
	}
	return false;
}

/* --- what was negotiated ------------------------------------------------------------------ */

/* 28.2.3.3 and 40.5.1.2: the best that both sides offer. */
static struct phy_link resolve(const struct phy *p, uint16_t theirs)
{
	unsigned both = p->ours & theirs, both_1000 = p->ours_1000 & (p->theirs_1000 >> 2);

	if ((both_1000 & (GB_FULL | GB_HALF)) != 0) {
		return (struct phy_link){ true, (both_1000 & GB_FULL) != 0, 1000 };
	}
	if ((both & (AN_100 | AN_100_FULL)) != 0) {
		return (struct phy_link){ true, (both & AN_100_FULL) != 0, 100 };
	}
	return (struct phy_link){ true, (both & AN_10_FULL) != 0, 10 };
}

static void set_link(struct phy *p, struct phy_link l)
{
	p->link = l;
	if (l.up) {
		log_info("phy of %s: link up, %u Mbit/s, %s duplex", p->name, l.speed,
			 l.full_duplex ? "full" : "half");
	} else {
		log_info("phy of %s: link down", p->name);
	}
	p->changed(p);
}

/* The value of p->reg is there; returns the register to read next, 0 for none in this round. */
static unsigned take(struct phy *p, uint16_t v)
{
	switch (p->reg) {
	case BMSR:
		if (v == 0xffff || (v & BMSR_LINK) == 0) {
			if (p->link.up) {
				set_link(p, (struct phy_link){ 0 });
			}
			return 0;
		}
		if (p->link.up || (v & BMSR_ANEG_DONE) == 0) {
			return 0;
		}
		p->theirs_1000 = 0;
		return p->gigabit ? GBSR : ANLPAR;
	case GBSR:
		p->theirs_1000 = v;
		return ANLPAR;
	default:
		set_link(p, resolve(p, v));
		return 0;
	}
}

/* --- from time to time --------------------------------------------------------------------- */

static void begin(struct phy *p, unsigned reg)
{
	p->reg = reg;
	p->waited = 0;
	p->ops->start_read(p, reg);
}

static void look(struct timer *t)
{
	struct phy *p = container_of(t, struct phy, timer);
	unsigned next;

	if (p->reg == 0) {
		begin(p, BMSR);
	} else if (p->ops->idle(p)) {
		next = take(p, p->ops->result(p));
		p->reg = 0;
		if (next != 0) {
			begin(p, next);
		}
	} else if (++p->waited > WAITED_MAX) {
		log_warn("phy of %s: the management bus hangs: the link is not watched any more",
			 p->name);
		return;
	}
	timer_start(t, time_after(p->reg == 0 ? LOOK_EVERY : STEP));
}

/* The firmware's negotiation stays if it had one, or there is one now. */
static int negotiate(struct phy *p)
{
	int bmcr = read_now(p, BMCR), bmsr = read_now(p, BMSR), ours, ours_1000 = 0;

	if (bmcr < 0 || bmsr < 0) {
		return -ETIMEDOUT;
	}
	p->gigabit = ((unsigned)bmsr & BMSR_EXTENDED) != 0;
	if (p->gigabit) {
		ours_1000 = read_now(p, GBCR);
	}
	ours = read_now(p, ANAR);
	if (ours < 0 || ours_1000 < 0) {
		return -ETIMEDOUT;
	}
	p->ours = (uint16_t)ours;
	p->ours_1000 = (uint16_t)ours_1000;
	if (((unsigned)bmcr & (BMCR_ANEG | BMCR_POWER_DOWN | BMCR_ISOLATE)) == BMCR_ANEG) {
		return 0;
	}
	return write_now(p, BMCR, BMCR_ANEG | BMCR_RESTART);
}

/* The first round at once: a link that is there is known before the network is set up. */
static void first_look(struct phy *p)
{
	int v;

	read_now(p, BMSR); /* what was latched */
	for (p->reg = BMSR; p->reg != 0; p->reg = take(p, (uint16_t)v)) {
		v = read_now(p, p->reg);
		if (v < 0) {
			p->reg = 0;
			return;
		}
	}
}

static bool fixed(struct phy *p, const struct dt_node *n)
{
	for (const struct dt_node *c = dt_child(n); c != NULL; c = dt_sibling(c)) {
		if (strcmp(dt_name(c), "fixed-link") == 0) {
			set_link(p, (struct phy_link){ true, dt_has(c, "full-duplex"),
						       dt_u32(c, "speed", 0, 1000) });
			return true;
		}
	}
	return false;
}

void phy_start(struct phy *p, const struct dt_node *n)
{
	if (fixed(p, n)) {
		return;
	}
	if (!find(p, dt_ref(n, "phy-handle")) || negotiate(p) != 0) {
		log_warn("phy of %s: does not answer: taken for 1000 Mbit/s, full duplex", p->name);
		set_link(p, (struct phy_link){ true, true, 1000 });
		return;
	}
	first_look(p);
	timer_init(&p->timer, look);
	timer_start(&p->timer, time_after(LOOK_EVERY));
}
