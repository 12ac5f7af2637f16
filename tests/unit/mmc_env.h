/* SPDX-License-Identifier: MIT */
/* What a card's driver tells the kernel, and what is asked of the disk that it made: for tests of drivers/mmc. */
#pragma once

#include "driver_env.h"
#include "host.h"

#include <drivers/blkdev.h>
#include <errno.h>
#include <kernel/time.h>
#include <string.h>

#define SECTORS 64U

/* What is on the card: sector i is full of i + 1. */
static uint8_t card_disk[SECTORS][512];

static uint32_t card_csd[4]; /* as it is in the specification, bit 127 first */
static uint64_t mmc_now;

static struct {
	struct blkdev *disk;
	struct blk_req *done;
	int status;
	unsigned dones, kicks, gone;
	bool resized;
} got;

/* --- the kernel's --------------------------------------------------------------------------- */

uint64_t time_now(void)
{
	return mmc_now += 20 * NS_PER_US;
}

uint64_t time_after(uint64_t ns)
{
	return mmc_now + ns;
}

int blkdev_register(struct blkdev *d)
{
	got.disk = d;
	return 0;
}

void blkdev_done(struct blkdev *d, struct blk_req *r, int status)
{
	host_require(d == got.disk && r != NULL, "a request that was given");
	got.done = r;
	got.status = status;
	got.dones++;
}

void blkdev_kick(struct blkdev *d)
{
	(void)d;
	got.kicks++;
}

void blkdev_gone(struct blkdev *d)
{
	(void)d;
	got.gone++;
}

void blkdev_resized(struct blkdev *d, uint64_t sectors)
{
	(void)d;
	got.resized = sectors == 0;
}

/* --- what the card says ---------------------------------------------------------------------- */

static void csd_v2(uint32_t size)
{
	card_csd[0] = 0x400e0032;
	card_csd[1] = 0x5b590000 | size >> 16;
	card_csd[2] = size << 16 | 0x7f80;
	card_csd[3] = 0x0a400000;
}

static void csd_v1(uint32_t size, uint32_t mult, uint32_t len)
{
	card_csd[0] = 0x002e0032;
	card_csd[1] = 0x5b500000 | len << 16 | size >> 2;
	card_csd[2] = (size & 3) << 30 | mult << 15;
	card_csd[3] = 0x0a400000;
}

/* --- the disk -------------------------------------------------------------------------------- */

static void fresh_disk(void)
{
	mmc_now = 0;
	memset(&got, 0, sizeof(got));
	for (unsigned i = 0; i < SECTORS; i++) {
		memset(card_disk[i], (int)(i + 1), 512);
	}
}

/* Run it until the driver says that it is over, or for a while. */
static int run(struct blkdev *d, struct blk_req *r, enum blk_op op, uint64_t sector,
	       const struct iovec *iov, unsigned n)
{
	unsigned before = got.dones;

	*r = (struct blk_req){ .op = op, .at = sector, .iov = iov, .n = n };
	for (unsigned i = 0; i < n; i++) {
		r->count += iov[i].iov_len / 512;
	}
	if (d->ops->submit(d, r) != 0) {
		return -EBUSY;
	}
	d->ops->kick(d);
	for (unsigned i = 0; i < 100000 && got.dones == before; i++) {
		d->ops->poll(d);
	}
	return got.dones == before ? 1 : got.status;
}

static int read_some(struct blkdev *d, uint64_t sector, void *p, size_t len)
{
	struct iovec iov = { p, len };
	struct blk_req r;

	return run(d, &r, BLK_READ, sector, &iov, 1);
}

static int write_some(struct blkdev *d, uint64_t sector, void *p, size_t len)
{
	struct iovec iov = { p, len };
	struct blk_req r;

	return run(d, &r, BLK_WRITE, sector, &iov, 1);
}

static bool holds(const uint8_t *p, unsigned sector, unsigned n)
{
	for (unsigned i = 0; i < n * 512; i++) {
		if (p[i] != (uint8_t)(sector + 1 + i / 512)) {
			return false;
		}
	}
	return true;
}

/* The command @index, which reads or writes one block or eight of @p, while the device lies in it. */
static inline bool ends_with(struct blkdev *d, int index, uint8_t *p, int expected)
{
	bool write = index == 24 || index == 25;
	size_t len = index == 17 || index == 24 ? 512 : 4096;

	memset(p, 0x55, 4096);
	return (write ? write_some(d, 3, p, len) : read_some(d, 3, p, len)) == expected &&
	       got.dones == 1;
}

/* The next one, of a device that is honest again. */
static inline bool works_or_is_gone(struct blkdev *d, uint8_t *p)
{
	return got.gone != 0 || (read_some(d, 40, p, 1024) == 0 && holds(p, 40, 2));
}
