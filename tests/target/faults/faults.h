/* SPDX-License-Identifier: MIT */
/* What the files of this test share. */
#pragma once

/* First of all, once. */
void transfer_init(void);
/* Do what a client says, line by line, until it ends its side:
 *   get N   send N bytes of a known pattern, then "done N\n"
 *   put N   receive and compare them, then "done N\n"
 *   hold S  leave the socket alone for so many seconds, then "held\n"
 *   guard   give the connection up some seconds after the peer has gone
 *   rounds  say how often somebody has woken up and looked at the devices, and at which ms of the machine's time
 *   free    say how much memory is free, in KiB
 * What goes wrong is a line on the console. */
void transfer_serve(int fd);
