/* SPDX-License-Identifier: MIT */
/* The parts of "scheme://host:port/path". */
#pragma once

struct url {
	char scheme[8]; /* lower case */
	char host[128]; /* a name or an address; of IPv6 without its brackets */
	char port[6];	/* "" if there is none */
	char path[256]; /* with its query, from the slash on; "/" if there is none */
};

/* Returns 0, or -EINVAL for what is no URL, has a user name, control characters or blanks, or does
 * not fit. @u is then undefined. */
int url_parse(struct url *u, const char *text);
