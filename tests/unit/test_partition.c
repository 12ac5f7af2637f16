/* SPDX-License-Identifier: MIT */
/* fs/partition.c and gpt.c: good tables of both kinds and block sizes, each damage with its backup, tables that lie.
 * sources: tests/unit/test.c tests/unit/host/kernel.c fs/partition.c fs/gpt.c */
#include "../../fs/partition.h"

#include "kernel.h"
#include "test.h"

#include <errno.h>

#define BLOCKS 2048U
#define COUNT  128U
#define ENTRY  128U
#define WARN   4
#define ERROR  3

static uint8_t image[BLOCKS * 4096U], block[4096];
static unsigned bs; /* block size */
static uint64_t bad_read = UINT64_MAX;
static unsigned reads;
static struct partition_table *t;

static int read_image(void *arg, uint64_t at, void *buf)
{
	CHECK(arg == image && at < BLOCKS);
	reads++;
	if (at == bad_read) {
		return -EIO;
	}
	memcpy(buf, image + at * bs, bs);
	return 0;
}

static int parse(void)
{
	int r;

	free(t);
	t = malloc(sizeof(*t));
	memset(t, 0xa5, sizeof(*t));
	t->name = "vda";
	t->block_size = bs;
	t->blocks = BLOCKS;
	t->block = block;
	t->read = read_image;
	t->arg = image;
	memset(env.logged, 0, sizeof(env.logged));
	reads = 0;
	r = partitions_read(t);
	for (unsigned i = 0; r == 0 && i < t->n; i++) {
		struct partition *p = &t->part[i];

		CHECK(p->count > 0 && p->first > 0 && p->first < BLOCKS &&
		      p->count <= BLOCKS - p->first);
		CHECK(strlen(p->label) < sizeof(p->label));
	}
	return r;
}

/* --- tables ---------------------------------------------------------------------------------------- */

static void put(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		p[i] = (uint8_t)(v >> (8 * i));
	}
}

/* Bit by bit, as the standard says it. */
static uint32_t crc_of(const uint8_t *p, size_t n)
{
	uint32_t crc = ~0U;

	while (n-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
		}
	}
	return ~crc;
}

static uint8_t *at(uint64_t b)
{
	return image + b * bs;
}

static uint64_t table_blocks(void)
{
	return COUNT * ENTRY / bs;
}

static void put_mbr(unsigned i, uint8_t boot, uint8_t type, uint32_t first, uint32_t count,
		    uint64_t b)
{
	uint8_t *e = at(b) + 446 + 16 * i;

	e[0] = boot;
	e[4] = type;
	put(e + 8, first, 4);
	put(e + 12, count, 4);
	put(at(b) + 510, 0xaa55, 2);
}

static void seal(uint64_t header, uint64_t entries)
{
	uint8_t *h = at(header);

	put(h + 88, crc_of(at(entries), COUNT * ENTRY), 4);
	put(h + 16, 0, 4);
	put(h + 16, crc_of(h, 92), 4);
}

static void put_header(uint64_t header, uint64_t other, uint64_t entries)
{
	uint8_t *h = at(header);

	memcpy(h, "EFI PART", 8);
	put(h + 8, 0x10000, 4);
	put(h + 12, 92, 4);
	put(h + 24, header, 8);
	put(h + 32, other, 8);
	put(h + 40, 2 + table_blocks(), 8);
	put(h + 48, BLOCKS - 2 - table_blocks(), 8);
	memset(h + 56, 0x77, 16);
	put(h + 72, entries, 8);
	put(h + 80, COUNT, 4);
	put(h + 84, ENTRY, 4);
	seal(header, entries);
}

static void put_entry(unsigned i, uint64_t first, uint64_t last, const char *name)
{
	for (unsigned copy = 0; copy < 2; copy++) {
		uint8_t *e = at(copy ? BLOCKS - 1 - table_blocks() : 2) + i * ENTRY;

		memset(e, 0, ENTRY);
		memset(e, 0x10 + (int)i, 16);
		memset(e + 16, 0x80 + (int)i, 16);
		put(e + 32, first, 8);
		put(e + 40, last, 8);
		for (unsigned k = 0; name[k] != '\0'; k++) {
			put(e + 56 + 2 * k, (uint8_t)name[k], 2);
		}
	}
}

static void seal_both(void)
{
	put_header(1, BLOCKS - 1, 2);
	put_header(BLOCKS - 1, 1, BLOCKS - 1 - table_blocks());
}

/* Partitions 1, 2 and 128. */
static void good_gpt(unsigned block_size)
{
	bs = block_size;
	memset(image, 0, sizeof(image));
	put_mbr(0, 0, 0xee, 1, BLOCKS - 1, 0);
	put_entry(0, 100, 199, "boot");
	put_entry(1, 200, 200, "data");
	put_entry(127, 1000, BLOCKS - 2 - table_blocks(), "");
	seal_both();
}

static void check_gpt(void)
{
	CHECK_EQ(t->n, 3);
	CHECK(t->part[0].number == 1 && t->part[0].first == 100 && t->part[0].count == 100);
	CHECK(t->part[1].number == 2 && t->part[1].first == 200 && t->part[1].count == 1);
	CHECK(t->part[2].number == 128 && t->part[2].first == 1000);
	CHECK_STR(t->part[0].label, "boot");
	CHECK_STR(t->part[1].label, "data");
	CHECK_STR(t->part[2].label, "");
	CHECK(t->part[1].type[15] == 0x11 && t->part[1].uuid[0] == 0x81 && t->part[1].disk_id == 0);
}

/* --- GPT -------------------------------------------------------------------------------------------- */

static void test_good(void)
{
	for (bs = 512; bs <= 4096; bs *= 2) {
		good_gpt(bs);
		CHECK_EQ(parse(), 0);
		check_gpt();
		CHECK_EQ(env.logged[WARN] + env.logged[ERROR], 0);
	}
	/* An empty table is one. */
	good_gpt(512);
	memset(at(2), 0, COUNT * ENTRY);
	seal(1, 2);
	CHECK_EQ(parse(), 0);
	CHECK(t->n == 0 && env.logged[WARN] + env.logged[ERROR] == 0);
	memset(image, 0, sizeof(image));
	CHECK(parse() == 0 && t->n == 0 && env.logged[WARN] + env.logged[ERROR] == 0);
}

/* Each byte of the header and of the entries that are used. */
static void test_damage(void)
{
	for (unsigned i = 0; i < 92 + 2 * ENTRY; i++) {
		uint8_t *p;

		good_gpt(512);
		p = i < 92 ? at(1) + i : at(2) + i - 92;
		*p ^= (uint8_t)(1 << test_below(8));
		CHECK_EQ(parse(), 0);
		check_gpt();
		CHECK(env.logged[WARN] == 1 &&
		      strstr(env.log, "the backup at block 2047 is used") != NULL);
		/* The backup too: nothing is used, and it is said. */
		p = i < 92 ? at(BLOCKS - 1) + i : at(BLOCKS - 1 - table_blocks()) + i - 92;
		*p ^= 4;
		CHECK_EQ(parse(), 0);
		CHECK(t->n == 0 && env.logged[ERROR] + env.logged[WARN] >= 1);
	}
}

static void test_unreadable(void)
{
	good_gpt(512);
	for (bad_read = 1; bad_read < 4; bad_read++) {
		CHECK_EQ(parse(), 0);
		check_gpt();
		CHECK_EQ(env.logged[WARN], 1);
	}
	bad_read = 0;
	CHECK_EQ(parse(), -EIO);
	bad_read = BLOCKS - 1;
	CHECK_EQ(parse(), 0);
	check_gpt();
	at(1)[0] = 0;
	CHECK_EQ(parse(), -EIO);
	bad_read = UINT64_MAX;
}

static void test_places(void)
{
	static const struct {
		unsigned off, n;
		uint64_t v;
	} lies[] = {
		{ 12, 4, 91 },	   { 12, 4, 513 },	   { 12, 4, ~0U },    { 8, 4, 0x20000 },
		{ 24, 8, 2 },	   { 40, 8, 0 },	   { 40, 8, 1 },      { 40, 8, 2 },
		{ 40, 8, BLOCKS }, { 40, 8, ~0UL },	   { 48, 8, BLOCKS }, { 48, 8, ~0UL },
		{ 48, 8, 0 },	   { 72, 8, 0 },	   { 72, 8, 1 },      { 72, 8, 100 },
		{ 72, 8, BLOCKS }, { 72, 8, BLOCKS - 31 }, { 72, 8, ~0UL },   { 80, 4, 0 },
		{ 80, 4, 1025 },   { 80, 4, ~0U },	   { 84, 4, 0 },      { 84, 4, 64 },
		{ 84, 4, 129 },	   { 84, 4, 192 },	   { 84, 4, 8192 },   { 84, 4, 1U << 31 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
		good_gpt(512);
		put(at(1) + lies[i].off, lies[i].v, lies[i].n);
		put(at(1) + 16, 0, 4);
		put(at(1) + 16, crc_of(at(1), 92), 4); /* a good CRC of bad numbers */
		CHECK_EQ(parse(), 0);
		if (!CHECK(env.logged[WARN] == 1 && t->n == 3)) {
			printf("# %lu at %u\n", (unsigned long)lies[i].v, lies[i].off);
		}
	}
}

static void test_entries(void)
{
	static const struct {
		uint64_t first, last;
		unsigned n; /* partitions left */
	} e[] = {
		{ 300, 299, 3 },  { 300, 0, 3 },   { 1, 50, 3 },	   { 0, ~0UL, 3 },
		{ 33, 40, 3 },	  { 34, 40, 4 },   { 300, BLOCKS - 1, 3 }, { ~0UL, ~0UL, 3 },
		{ 300, ~0UL, 3 }, { 199, 250, 3 }, { 150, 160, 3 },	   { 50, 100, 3 },
		{ 50, 99, 4 },	  { 201, 201, 4 }, { 50, 900, 3 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(e); i++) {
		good_gpt(512);
		/* After the others in the table, so that it is the one that gives way. */
		put_entry(126, 1000, BLOCKS - 2 - table_blocks(), "");
		put_entry(127, e[i].first, e[i].last, "x");
		seal_both();
		CHECK_EQ(parse(), 0);
		if (!CHECK(t->n == e[i].n && env.logged[WARN] == 4 - e[i].n)) {
			printf("# %lu to %lu\n", (unsigned long)e[i].first,
			       (unsigned long)e[i].last);
		}
	}
	/* All 128, one block each. */
	good_gpt(512);
	for (unsigned i = 0; i < COUNT; i++) {
		put_entry(i, 100 + i, 100 + i, "p");
	}
	seal_both();
	CHECK(parse() == 0 && t->n == COUNT && env.logged[WARN] == 0);
}

/* Entries larger than a block. */
static void test_large_entries(void)
{
	good_gpt(512);
	for (unsigned i = 0; i < 4; i++) {
		memcpy(at(600) + i * 1024, at(2) + i * ENTRY, ENTRY);
		memset(at(600) + i * 1024 + 512, 0xff, 512); /* no entry begins here */
	}
	put(at(1) + 48, 599, 8);
	put(at(1) + 72, 600, 8);
	put(at(1) + 80, 4, 4);
	put(at(1) + 84, 1024, 4);
	put(at(1) + 88, crc_of(at(600), 4096), 4);
	put(at(1) + 16, 0, 4);
	put(at(1) + 16, crc_of(at(1), 92), 4);
	CHECK_EQ(parse(), 0);
	CHECK(t->n == 2 && env.logged[WARN] == 0 && t->part[1].number == 2);
}

static void test_labels(void)
{
	static const struct {
		uint16_t units[36];
		const char *text;
	} l[] = {
		{ { 'a', 0, 'b' }, "a" },
		{ { 0xe4, 0x20ac, 0xd83d, 0xde00 }, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ { 0xd800, 'x', 0xdc00 }, "\xef\xbf\xbdx\xef\xbf\xbd" },
		{ { 'a', 27, '\n', 127 }, "a___" },
	};
	uint16_t units[36];

	for (unsigned i = 0; i < ARRAY_SIZE(l); i++) {
		good_gpt(512);
		memcpy(at(2) + 56, l[i].units, 72);
		seal(1, 2);
		CHECK_EQ(parse(), 0);
		CHECK_STR(t->part[0].label, l[i].text);
	}
	/* The longest; and one that ends in half a pair. */
	for (unsigned i = 0; i < 36; i++) {
		units[i] = i == 35 ? 0xd800 : 0x20ac;
	}
	good_gpt(512);
	memcpy(at(2) + 56, units, 72);
	seal(1, 2);
	CHECK_EQ(parse(), 0);
	CHECK_EQ(strlen(t->part[0].label), 108);
}

/* What is a GPT: the protective MBR and the header say so, each alone is believed with a message; a backup alone
 * is not. */
static void test_signs(void)
{
	good_gpt(512);
	memset(at(0), 0, 512);
	CHECK_EQ(parse(), 0);
	check_gpt();
	CHECK_EQ(env.logged[WARN], 1);
	at(1)[50] ^= 1; /* damaged, but a header: the backup */
	CHECK_EQ(parse(), 0);
	check_gpt();
	CHECK_EQ(env.logged[WARN], 2);
	memset(at(1), 0, 512);
	CHECK(parse() == 0 && t->n == 0 && env.logged[WARN] == 0);
	/* The MBR's word, and no GPT anywhere. */
	memset(image, 0, sizeof(image));
	put_mbr(0, 0, 0xee, 1, BLOCKS - 1, 0);
	CHECK(parse() == 0 && t->n == 0 && env.logged[WARN] == 1);
	/* A hybrid: the GPT is used. */
	good_gpt(512);
	put_mbr(1, 0x80, 0x0c, 100, 100, 0);
	CHECK_EQ(parse(), 0);
	check_gpt();
}

/* --- MBR ---------------------------------------------------------------------------------------------- */

static void good_mbr(unsigned block_size)
{
	bs = block_size;
	memset(image, 0, sizeof(image));
	put(at(0) + 440, 0x1234abcd, 4);
	put_mbr(0, 0x80, 0x0c, 10, 90, 0);
	put_mbr(1, 0, 0x05, 200, 800, 0);
	put_mbr(3, 0, 0x83, 1000, BLOCKS - 1000, 0);
	put_mbr(0, 0, 0x83, 1, 99, 200);
	put_mbr(1, 0, 0x05, 100, 200, 200);
	put_mbr(0, 0, 0x83, 1, 199, 300);
}

static void test_mbr(void)
{
	for (unsigned size = 512; size <= 4096; size *= 8) {
		good_mbr(size);
		CHECK_EQ(parse(), 0);
		CHECK(t->n == 4 && env.logged[WARN] == 0);
		CHECK(t->part[0].number == 1 && t->part[0].first == 10 && t->part[0].count == 90);
		CHECK(t->part[0].disk_id == 0x1234abcd && t->part[0].type[0] == 0x0c);
		CHECK(t->part[1].number == 4 && t->part[1].first == 1000);
		CHECK(t->part[2].number == 5 && t->part[2].first == 201 && t->part[2].count == 99);
		CHECK(t->part[3].number == 6 && t->part[3].first == 301 && t->part[3].count == 199);
	}
	/* What is none: a FAT volume, code where the table would be, no magic. */
	memcpy(at(0) + 54, "FAT16", 5);
	CHECK(parse() == 0 && t->n == 0);
	good_mbr(512);
	memcpy(at(0) + 82, "FAT32", 5);
	CHECK(parse() == 0 && t->n == 0);
	good_mbr(512);
	at(0)[446] = 0x33;
	CHECK(parse() == 0 && t->n == 0);
	good_mbr(512);
	at(0)[511] = 0;
	CHECK(parse() == 0 && t->n == 0 && env.logged[WARN] == 0);
}

static void test_mbr_lies(void)
{
	static const struct {
		uint32_t first, count;
		unsigned n;
	} e[] = { { 0, 5, 3 },	   { 1, 9, 4 },	     { 5, 0, 3 },    { 5, 6, 4 },
		  { 5, 5, 4 },	   { BLOCKS, 1, 3 }, { ~0U, 1, 3 },  { 100, ~0U, 3 },
		  { 100, 100, 4 }, { 1500, 10, 3 },  { 150, 100, 3 } };

	for (unsigned i = 0; i < ARRAY_SIZE(e); i++) {
		good_mbr(512);
		put_mbr(0, 0, 0x83, e[i].first, e[i].count, 0);
		CHECK_EQ(parse(), 0);
		if (!CHECK(t->n == e[i].n && env.logged[WARN] == 4 - e[i].n)) {
			printf("# %u at %u: %u partitions\n", e[i].count, e[i].first, t->n);
		}
	}
	/* Two extended ones; one outside. */
	good_mbr(512);
	put_mbr(2, 0, 0x0f, 150, 40, 0);
	CHECK(parse() == 0 && t->n == 4 && env.logged[WARN] == 1);
	good_mbr(512);
	put_mbr(1, 0, 0x0f, 200, BLOCKS, 0);
	CHECK(parse() == 0 && t->n == 2 && env.logged[WARN] == 1);
	put_mbr(1, 0, 0x0f, 0, 100, 0);
	CHECK(parse() == 0 && t->n == 2 && env.logged[WARN] == 1);
}

static void test_chains(void)
{
	/* To itself, back, outside, to something else. */
	static const uint32_t next[] = { 0x80000000U, 100, 50, 800, 799, ~0U };

	for (unsigned i = 0; i < ARRAY_SIZE(next); i++) {
		good_mbr(512);
		put_mbr(1, 0, 0x05, next[i], 10, 300);
		CHECK_EQ(parse(), 0);
		CHECK(t->n == 4 && env.logged[WARN] == 1 && reads < 10);
	}
	good_mbr(512);
	put_mbr(1, 0, 0x83, 300, 10, 300); /* no link's type */
	CHECK(parse() == 0 && t->n == 4 && env.logged[WARN] == 1);
	/* Without end, upwards. */
	good_mbr(512);
	for (unsigned i = 0; i < 800; i++) {
		put_mbr(0, 0, 0, 0, 0, 200 + i);
		put_mbr(1, 0, 0x05, i + 1, 1, 200 + i);
	}
	CHECK_EQ(parse(), 0);
	CHECK(t->n == 2 && reads < 100 && env.logged[WARN] == 1);
	/* A logical partition over its own link, before it, past the extended one, over another. */
	good_mbr(512);
	put_mbr(0, 0, 0x83, 0, 10, 200);
	put_mbr(0, 0, 0x83, 600, 101, 300);
	CHECK(parse() == 0 && t->n == 2 && env.logged[WARN] == 2);
	good_mbr(512);
	put_mbr(0, 0, 0x83, 1, 150, 200);
	CHECK(parse() == 0 && t->n == 3 && env.logged[WARN] == 1);
	bad_read = 300;
	CHECK_EQ(parse(), -EIO);
	bad_read = UINT64_MAX;
}

static const struct test tests[] = {
	{ "good GPTs, for blocks of 512 to 4096 bytes", test_good },
	{ "any bit of header or entries that flips: the backup, with a message", test_damage },
	{ "blocks that cannot be read: the backup, or the error", test_unreadable },
	{ "a header with a good CRC and places that cannot be is not believed", test_places },
	{ "entries that are empty, outside or overlap are left out with a message", test_entries },
	{ "entries larger than a block", test_large_entries },
	{ "names become UTF-8 that may be printed", test_labels },
	{ "what makes a disk one with a GPT", test_signs },
	{ "an MBR with logical partitions, and what is none", test_mbr },
	{ "entries of an MBR that lie are left out with a message", test_mbr_lies },
	{ "chains of logical partitions end, wherever they lead", test_chains },
};
TEST_MAIN(tests)
