/* SPDX-License-Identifier: MIT */
/* What the files of this program share. A function that serves a line takes its words; what is missing is "". */
#pragma once

#include <sys/socket.h>

#define WORDS 5

/* "ADDRESS%IF port": what is heard and who sent it, in one style. */
const char *text_of(const struct sockaddr *a, char *text, size_t n);

/* groups.c: datagrams and groups. */
int heard_fd(unsigned i); /* of the sockets that listen; -1 past the last one */
void hear(int fd);	  /* print a datagram that has come */
void do_udp(char **w);	  /* udp PORT: hear what comes there, on both families */
void do_join(char **w);	  /* join GROUP IF */
void do_leave(char **w);  /* leave GROUP IF */
void do_say(char **w);	  /* say ADDRESS PORT TEXT [IF] */
