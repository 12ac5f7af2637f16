/* SPDX-License-Identifier: MIT */
/* What datagram and raw sockets share: a queue of packets, bounded by SO_RCVBUF. Under net_lock. */
#pragma once

#include "sock.h"

struct datagram;

struct dgram_sock {
	struct sock s;
	struct datagram *first, *last;
	size_t bytes; /* queued */
	uint64_t dropped;
	bool rd_shut, wr_shut;
	bool auto_local; /* connect() chose the local address */
};

static inline struct dgram_sock *dgram_of(struct sock *s)
{
	return container_of(s, struct dgram_sock, s);
}

/* Queue @p of the packet that lwIP works on, whose reference it takes; what does not fit is dropped and
 * counted. */
void dgram_queue(struct dgram_sock *d, struct pbuf *p, const ip_addr_t *from, uint16_t port);
ssize_t dgram_recv(struct sock *s, const struct iovec *iov, int n, int flags, struct sock_rx *rx);
int dgram_queued(struct sock *s, bool out);
void dgram_drop_all(struct dgram_sock *d);
/* The iovec's bytes in one pbuf with room for headers; NULL and *error: -EMSGSIZE, -ENOBUFS. */
struct pbuf *dgram_gather(const struct iovec *iov, int n, int *error);
/* For send(): are so many bytes on their way to @to at all? -EAGAIN when the device has no room for all
 * fragments of them. */
int dgram_room(struct sock *s, const ip_addr_t *to, size_t len);
/* The result of send(): ERR_MEM is -EAGAIN, and POLLOUT comes with the room. */
ssize_t dgram_sent(struct sock *s, err_t err, size_t len);
/* Half of connect(): the local address that the route gives. */
void dgram_set_local(struct dgram_sock *d);
void dgram_reset_local(struct dgram_sock *d);
int dgram_shutdown(struct sock *s, int how, bool connected);
