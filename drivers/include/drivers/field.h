/* SPDX-License-Identifier: MIT */
/* Fields of 32-bit device registers: FIELD(hi, lo) as the manuals number them. */
#pragma once

#include <kernel/types.h>

#define BIT32(n)      (1U << (n))
#define FIELD(hi, lo) ((~0U >> (31 - (hi) + (lo))) << (lo))

/* The field's value, shifted down. */
static inline uint32_t field_get(uint32_t reg, uint32_t field)
{
	return (reg & field) >> __builtin_ctz(field);
}

/* @reg with the field replaced; what of @v does not fit is cut off. */
static inline uint32_t field_set(uint32_t reg, uint32_t field, uint32_t v)
{
	return (reg & ~field) | ((v << __builtin_ctz(field)) & field);
}
