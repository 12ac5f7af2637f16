/* SPDX-License-Identifier: MIT */
/* Text to long double, which is IEEE's binary128 here: newlib's own _strtorx_l(), below strtold() and
 * scanf(), writes the 80 bits of an x87. The digits are converted by newlib's general routine.
 * Spec: IEEE 754-2019, 3.4; newlib/libc/stdlib/gdtoa.h for the routine. */
#include <locale.h>
#include <reent.h>
#include <stdint.h>
#include <string.h>

#define BITS 113 /* of the significand, the implied one too */
#define BIAS 16383

struct format { /* newlib's FPI */
	int bits, min_exponent, max_exponent, rounding, sudden_underflow;
};

enum {
	ZERO,
	NORMAL,
	DENORMAL,
	INFINITE,
	NOT_A_NUMBER,
	NAN_BITS,
	NO_NUMBER,
	KIND = 15,
	NEGATIVE = 256
};

int _strtodg_l(struct _reent *r, const char *text, char **end, struct format *format,
	       int32_t *exponent, uint32_t *bits, locale_t locale);
int _strtorx_l(struct _reent *r, const char *text, char **end, int rounding, void *out,
	       locale_t locale);

int _strtorx_l(struct _reent *r, const char *text, char **end, int rounding, void *out,
	       locale_t locale)
{
	/* Rounding: 1 is to nearest. newlib passes 0, having no way to ask for the FPU's mode. */
	struct format format = { BITS, 1 - BIAS - BITS + 1, BIAS - BITS + 1, 1, 0 };
	uint32_t bits[4] = { 0 };
	uint64_t words[2] = { 0 }; /* low, high */
	int32_t exponent = 0;
	int kind;

	(void)rounding;
	kind = _strtodg_l(r, text, end, &format, &exponent, bits, locale);
	switch (kind & KIND) {
	case NORMAL:
	case NAN_BITS:
	case DENORMAL:
		words[0] = bits[0] | (uint64_t)bits[1] << 32;
		words[1] = bits[2] | (uint64_t)(bits[3] & 0xffff) << 32;
		if ((kind & KIND) != DENORMAL) {
			words[1] |= (uint64_t)(exponent + BIAS + BITS - 1) << 48;
		}
		break;
	case INFINITE:
		words[1] = 0x7fffUL << 48;
		break;
	case NOT_A_NUMBER:
		words[1] = 0x7fff8UL << 44;
		break;
	default:
		break;
	}
	if ((kind & NEGATIVE) != 0) {
		words[1] |= 1UL << 63;
	}
	memcpy(out, words, sizeof(words));
	return kind;
}
