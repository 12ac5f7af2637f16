/* SPDX-License-Identifier: MIT */
/* What the files of this test share: each contract is shown over IPv4 and over IPv6. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

/* 127.0.0.1 or ::1 with this port; returns its length. */
socklen_t loopback(int family, uint16_t port, struct sockaddr_storage *a);
/* The port a socket is bound to. */
uint16_t port_of(int fd);
/* A listening stream socket on a port of the system's choice. */
int listener(int family, int backlog);
/* A stream socket connected to the loopback's port; -1 and errno on failure. */
int dial(int family, uint16_t port);

void test_streams(int family);
void test_crowd(int family);
void test_datagrams(int family);
