/* SPDX-License-Identifier: MIT */
/* Watchdog of CPUs: with watchdog=SECONDS in the bootargs each CPU says now and then that it is alive, and
 * looks whether the others are. Without, it costs nothing. */
#pragma once

/* Boot, after smp_start(). */
void watchdog_start(void);
/* IPI_WATCH came: start this CPU's beat, or say where it is, as asked. Masked. */
void watchdog_interrupt(void);
