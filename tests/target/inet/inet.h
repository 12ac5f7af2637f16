/* SPDX-License-Identifier: MIT */
/* What the files of this test share. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* 127.0.0.1 or ::1 with this port; returns its length. */
socklen_t loopback(int family, uint16_t port, struct sockaddr_storage *a);
uint16_t port_of(int fd);
/* A datagram socket on the loopback, on a port of its own. */
int datagram(int family);
/* A listener on the loopback, and a connection to a port of it; -1 on failure. */
int listener(int family, int backlog);
int dial(int family, uint16_t port);
/* Both ends of a connection. */
void stream_pair(int family, int fds[2]);
bool set_int(int fd, int level, int name, int value);
int get_int(int fd, int level, int name); /* -1: no such option */

void test_options(int family);
void test_tcp_options(int family);
void test_ancillary(int family);
void test_multicast(int family);
void test_shared_port(int family);
void test_ping(int family);
void test_backlog(int family);
void test_buffers(int family);
void test_ends(int family);
void test_reuse(int family);
void test_many(int family);
void test_mark(int family);
void test_sendfile(int family);
void test_interfaces(void);
void test_names(void);
void test_old_calls(void);
void test_checksum(void);
