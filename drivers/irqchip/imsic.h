/* SPDX-License-Identifier: MIT */
/* What the APLIC needs of the IMSIC: an identity for each wired line, and where its messages go.
 * Spec: RISC-V Advanced Interrupt Architecture 1.0, 3 (IMSIC), 4.5.11 (target registers). */
#pragma once

#include <kernel/types.h>

struct dt_node;

/* Whether @node's interrupt files are those of supervisor mode. */
bool imsic_is_supervisor(const struct dt_node *node);
/* An identity that nobody has, masked until its irq is requested. Thread or boot context. Returns its number,
 * -ENODEV: the IMSIC @node has no driver; -ENOSPC. */
int imsic_alloc(const struct dt_node *node);
/* Its irq number. */
int imsic_irq(unsigned id);
/* Place of cpus[@cpu] in a target register, or -ENOTSUP: it has no interrupt file. */
int imsic_hart_index(unsigned cpu);
