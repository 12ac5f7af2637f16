/* SPDX-License-Identifier: MIT */
/* The phases of the storage bench, one program for Coracle and Linux. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LINE 256

/* What the host asked for, and what a thread finds there. */
struct phase {
	char name[32], kind[16], path[64], flags[16];
	unsigned threads;
	unsigned bytes;	     /* of one operation */
	uint64_t span;	     /* of the file or disk that is used, from its begin */
	uint64_t operations; /* of all threads */
};

bool has(const struct phase *p, char flag);
uint64_t now(void);
/* Says why and ends: the host sees it. */
_Noreturn void fail(const char *what);

/* insert.c: rows into the database @p->path; flag 1: all of them one transaction, else one each. */
void insert_prepare(const struct phase *p);
/* @ns: how long each transaction took, or NULL. */
void insert_run(const struct phase *p, uint32_t *ns);
