/* SPDX-License-Identifier: MIT */
/* From the path in a request to a name below the served folder. */
#pragma once

#include "text.h"

/* Longest path that is looked for. */
#define PATH_ROOM 1024U

/* Decode percent signs, then drop empty and "." parts and resolve ".."; the slash at the end stays.
 * @out gets room for PATH_ROOM bytes, and a terminator within. Returns the length, -400 when it is
 * malformed, holds a NUL or leads above the root, -404 when it is too long to be there. */
int path_normalise(struct span raw, char *out);
