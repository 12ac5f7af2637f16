/* SPDX-License-Identifier: MIT */
/* Registers whose access width the tree chooses: property reg-io-width. */
#pragma once

#include <kernel/arch.h>

/* Access widths in bytes; a driver refuses any other before its first access. */
static inline bool reg_io_width_ok(uint32_t width)
{
	return width == 1 || width == 2 || width == 4;
}

static inline uint32_t reg_io_read(uintptr_t a, uint32_t width)
{
	return width == 1 ? mmio_read8(a) : width == 2 ? mmio_read16(a) : mmio_read32(a);
}

static inline void reg_io_write(uintptr_t a, uint32_t width, uint32_t v)
{
	if (width == 1) {
		mmio_write8(a, (uint8_t)v);
	} else if (width == 2) {
		mmio_write16(a, (uint16_t)v);
	} else {
		mmio_write32(a, v);
	}
}
