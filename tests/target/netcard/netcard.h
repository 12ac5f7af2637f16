/* SPDX-License-Identifier: MIT */
/* What the files of this test share. */
#pragma once

/* Serve transfers on port 80 until a client says the end: each connection begins with "get N\n" or
 * "put N\n"; then so many bytes of a known pattern go that way, in large calls.
 * "end N\n" is "get N\n" and the program's end right behind. */
int bulk_serve(void);
