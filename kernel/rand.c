/* SPDX-License-Identifier: MIT */
/* ChaCha20 generator with fast key erasure: each block gives the next key and 32 bytes of output,
 * so what was given out cannot be computed back from memory. Spec: RFC 8439, 2.3. */
#include <kernel/arch.h>
#include <kernel/rand.h>
#include <kernel/spinlock.h>
#include <string.h>

#define SEEDED_BITS 128

static struct {
	struct spinlock lock;
	uint32_t key[8];
	uint32_t out[8];
	unsigned left; /* unused bytes of out, at its end */
	unsigned at;   /* the byte of key that takes the next one mixed in */
	unsigned bits; /* entropy mixed in, estimated */
	uint64_t counter;
} rng;

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
#define ROL(v, n) ((v) << (n) | (v) >> (32 - (n)))
	x[a] += x[b];
	x[d] = ROL(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = ROL(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = ROL(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = ROL(x[b] ^ x[c], 7);
#undef ROL
}

/* New key and new output from the old key. Lock held. */
static void step(void)
{
	static const uint32_t sigma[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint64_t ticks = arch_counter();
	uint32_t in[16], x[16];

	memcpy(in, sigma, sizeof(sigma));
	memcpy(in + 4, rng.key, sizeof(rng.key));
	in[12] = (uint32_t)rng.counter;
	in[13] = (uint32_t)(rng.counter++ >> 32);
	in[14] = (uint32_t)ticks;
	in[15] = (uint32_t)(ticks >> 32);
	memcpy(x, in, sizeof(x));
	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 4; j++) {
			quarter(x, j, j + 4, j + 8, j + 12);
		}
		for (int j = 0; j < 4; j++) {
			quarter(x, j, 4 + (j + 1) % 4, 8 + (j + 2) % 4, 12 + (j + 3) % 4);
		}
	}
	for (int i = 0; i < 16; i++) {
		x[i] += in[i];
	}
	memcpy(rng.key, x, sizeof(rng.key));
	memcpy(rng.out, x + 8, sizeof(rng.out));
	rng.left = sizeof(rng.out);
}

void rand_add(const void *p, size_t n, unsigned bits)
{
	const uint8_t *b = p;
	uint8_t *key = (uint8_t *)rng.key;
	irqstate_t s = spin_lock_save(&rng.lock);

	/* On from where the last one ended: words that came one by one, each at the same place, would
	 * undo each other, and together be worth no more than one of them. */
	for (size_t i = 0; i < n; i++) {
		key[rng.at++] ^= b[i];
		if (rng.at == sizeof(rng.key)) {
			rng.at = 0;
			step();
		}
	}
	rng.left = 0; /* what comes out next comes from the new key */
	rng.bits = MIN(rng.bits + MIN(bits, 4096U), 4096U);
	spin_unlock_restore(&rng.lock, s);
}

bool rand_seeded(void)
{
	return rng.bits >= SEEDED_BITS;
}

void rand_bytes(void *p, size_t n)
{
	irqstate_t s = spin_lock_save(&rng.lock);
	char *to = p;

	while (n > 0) {
		size_t take;
		char *from;

		if (rng.left == 0) {
			step();
		}
		take = MIN(n, (size_t)rng.left);
		from = (char *)rng.out + sizeof(rng.out) - rng.left;
		memcpy(to, from, take);
		memset(from, 0, take);
		rng.left -= (unsigned)take;
		to += take;
		n -= take;
	}
	spin_unlock_restore(&rng.lock, s);
}

uint32_t rand_u32(void)
{
	uint32_t v;

	rand_bytes(&v, sizeof(v));
	return v;
}
