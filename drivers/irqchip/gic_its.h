/* SPDX-License-Identifier: MIT */
/* What an LPI asks of the ITS that makes it. Spec: GICv3/v4 IHI 0069H, 5.3 (commands). */
#pragma once

#include "gic_lpi.h"

/* The LPI's configuration has changed: INV. 0 or -EIO. Lock held. */
int its_invalidate_locked(const struct lpi *l);
/* Have it go to cpus[@cpu]: MOVI. 0 or -errno. Lock held. */
int its_move_locked(const struct lpi *l, unsigned cpu);
