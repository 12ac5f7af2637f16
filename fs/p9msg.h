/* SPDX-License-Identifier: MIT */
/* Messages of 9P2000.L: numbers little-endian, strings with a length in front; nothing that came is trusted.
 * Pure. Spec: 9P2000 (Plan 9 manual, section 5), and diod's protocol.md for the .L dialect. */
#pragma once

#include <kernel/types.h>

enum p9_type {
	P9_RLERROR = 7, /* the answer to T is T + 1, or this */
	P9_TSTATFS = 8,
	P9_TLOPEN = 12,
	P9_TLCREATE = 14,
	P9_TSYMLINK = 16,
	P9_TREADLINK = 22,
	P9_TGETATTR = 24,
	P9_TSETATTR = 26,
	P9_TREADDIR = 40,
	P9_TFSYNC = 50,
	P9_TLINK = 70,
	P9_TMKDIR = 72,
	P9_TRENAMEAT = 74,
	P9_TUNLINKAT = 76,
	P9_TVERSION = 100,
	P9_TATTACH = 104,
	P9_TWALK = 110,
	P9_TREAD = 116,
	P9_TWRITE = 118,
	P9_TCLUNK = 120,
};

#define P9_HEADER 7U /* size, type, tag */

struct p9_qid {
	uint8_t type; /* P9_QT_* */
	uint32_t version;
	uint64_t path;
};
#define P9_QT_DIR  0x80
#define P9_QT_LINK 0x02

/* Written from @at on; @bad once something did not fit, or was not there. */
struct p9_msg {
	uint8_t *data;
	size_t room, at;
	bool bad;
};

void p9_put(struct p9_msg *m, uint64_t value, unsigned bytes);
void p9_put_string(struct p9_msg *m, const char *text, size_t len);
/* The size in front, for a message of which @more bytes follow elsewhere. */
void p9_end(struct p9_msg *m, size_t more);
uint64_t p9_get(struct p9_msg *m, unsigned bytes);
struct p9_qid p9_get_qid(struct p9_msg *m);
/* In the message, not terminated. */
const char *p9_get_string(struct p9_msg *m, size_t *len);
