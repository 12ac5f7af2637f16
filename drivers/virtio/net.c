/* SPDX-License-Identifier: MIT */
/* Network device: receive buffers are pbufs that own their part of the ring, transmitted pbufs are
 * queued without copying. Everything runs under net_lock but the interrupt handler, which only
 * masks and wakes. Spec: virtio 1.2, 5.1. */
#include "net_ctrl.h"

#include <drivers/netdev.h>
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/rand.h>
#include <lwip/pbuf.h>
#include <string.h>

#define F_CSUM	     (1ULL << 0)
#define F_GUEST_CSUM (1ULL << 1)
#define F_MTU	     (1ULL << 3)
#define F_MAC	     (1ULL << 5)
#define F_GUEST_TSO4 (1ULL << 7)
#define F_GUEST_TSO6 (1ULL << 8)
#define F_HOST_TSO4  (1ULL << 11)
#define F_HOST_TSO6  (1ULL << 12)
#define F_MRG_RXBUF  (1ULL << 15)
#define F_STATUS     (1ULL << 16)
#define F_CTRL_VQ    (1ULL << 17)
#define F_ANNOUNCE   (1ULL << 21)

#define CONFIG_MAC	0
#define CONFIG_STATUS	6
#define CONFIG_MTU	10
#define STATUS_LINK_UP	1
#define STATUS_ANNOUNCE 2

#define QUEUE_RX   0
#define QUEUE_TX   1
#define QUEUE_CTRL 2 /* with one pair of queues */

#define HDR_NEEDS_CSUM 1
#define HDR_DATA_VALID 2
#define GSO_NONE       0
#define GSO_TCPV4      1
#define GSO_TCPV6      4

/* 5.1.6; num_buffers is there with MRG_RXBUF or in a modern device. */
struct net_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};
_Static_assert(sizeof(struct net_hdr) == 12, "5.1.6");

/* A receive buffer, with our own part in front: two pages where memory is plenty, so that a large packet takes
 * half as many. */
#define BUF_SMALL  PAGE_SIZE
#define BUF_LARGE  (2 * PAGE_SIZE)
#define PLENTY	   (32UL << 20)
#define PIECES	   12 /* of one packet to send: longer chains are rare and copied */
#define RING_MAX   256U
#define RING_MIN   16U
#define RING_LARGE 32U /* holds a packet of 64 KiB at any time */

struct rx_buf {
	struct pbuf_custom pc;
	struct virtio_net *net;
	struct rx_buf *next;
	char data[] __attribute__((aligned(16)));
};
#define ETH_HEADER 14U

struct virtio_net {
	struct netdev dev;
	struct virtio_device *v;
	struct virtq *rx, *tx;
	struct net_ctrl ctrl;
	unsigned hdr_len;
	size_t buf_size;
	unsigned rx_offset; /* of the device's bytes in a buffer */
	unsigned rx_room;   /* behind it */
	bool in_place;	    /* the header may share a descriptor with the packet */
	bool tx_stalled;    /* the stack waits for room */
	unsigned tx_need;   /* free descriptors that make it worth telling */
	struct rx_buf *free;
	unsigned free_count;
	struct net_hdr *tx_hdrs; /* one a descriptor, for packets without headroom */
};

static struct virtio_net *net_of(struct netdev *d)
{
	return container_of(d, struct virtio_net, dev);
}

/* --- receive ------------------------------------------------------------------------ */

static void rx_buf_put(struct rx_buf *b)
{
	b->next = b->net->free;
	b->net->free = b;
	b->net->free_count++;
}

/* lwIP let go of the packet. net_lock held. */
static void rx_buf_freed(struct pbuf *p)
{
	rx_buf_put((struct rx_buf *)p);
}

/* Post what is free, one index update and at most one doorbell for all. */
static void rx_refill(struct virtio_net *n)
{
	while (n->free != NULL && n->rx->free > 0) {
		struct rx_buf *b = n->free;
		struct virtq_buf vb = { b->data + n->rx_offset, n->rx_room };

		if (virtq_push(n->rx, &vb, 0, 1, b) != 0) {
			break;
		}
		n->free = b->next;
		n->free_count--;
	}
	if (virtq_publish(n->rx)) {
		virtq_kick(n->rx);
	}
}

/* @len bytes at @off of what the device wrote as a pbuf; the buffer goes with it or back. It stays with the
 * reader as long as there are others to fill the ring with. */
static struct pbuf *rx_wrap(struct virtio_net *n, struct rx_buf *b, unsigned off, unsigned len)
{
	char *at = b->data + n->rx_offset + off;
	struct pbuf *p;

	if (n->free_count >= n->rx->free) {
		b->pc.custom_free_function = rx_buf_freed;
		return pbuf_alloced_custom(PBUF_RAW, (u16_t)len, PBUF_REF, &b->pc, at, (u16_t)len);
	}
	/* The application is slow to read: copies. */
	p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
	if (p != NULL) {
		memcpy(p->payload, at, len);
	}
	rx_buf_put(b);
	return p;
}

static void drop(struct pbuf *p)
{
	if (p != NULL) {
		pbuf_free(p);
	}
}

/* Each pbuf of a chain says how much there is from it to the end. */
static void set_totals(struct pbuf *p, unsigned total)
{
	for (; p != NULL; p = p->next) {
		p->tot_len = (u16_t)total;
		total -= p->len;
	}
}

/* The further buffers of a merged packet (5.1.6.4). NULL when anything lacks; its buffers are taken all the
 * same. A frame may be longer than lwIP can say by its Ethernet header alone. */
static struct pbuf *rx_merge(struct virtio_net *n, struct pbuf *head, unsigned more)
{
	unsigned total = head == NULL ? 0 : head->len;
	struct pbuf *last = head;
	bool whole = head != NULL;

	for (; more > 0; more--) {
		uint32_t len;
		struct rx_buf *b = virtq_pop(n->rx, &len);

		if (b == NULL) {
			virtio_broken(n->v, "a merged packet lacks buffers");
			drop(head);
			return NULL;
		}
		total += len;
		if (!whole || len == 0 || total > UINT16_MAX) {
			rx_buf_put(b);
			whole = false;
			continue;
		}
		last->next = rx_wrap(n, b, 0, len);
		whole = last->next != NULL;
		last = whole ? last->next : last;
	}
	if (!whole) {
		drop(head);
		return NULL;
	}
	set_totals(head, total);
	return head;
}

static void rx_one(struct virtio_net *n, struct rx_buf *b, uint32_t len)
{
	const struct net_hdr *h = (const struct net_hdr *)(b->data + n->rx_offset);
	bool csum_ok = (h->flags & (HDR_NEEDS_CSUM | HDR_DATA_VALID)) != 0 &&
		       (n->dev.features & NETDEV_RX_CSUM) != 0;
	unsigned count = 1;
	struct pbuf *p;

	if (len <= n->hdr_len) {
		n->dev.rx_errors++;
		rx_buf_put(b);
		return;
	}
	if (virtio_has(n->v, F_MRG_RXBUF)) {
		count = h->num_buffers;
	}
	p = rx_wrap(n, b, n->hdr_len, len - n->hdr_len);
	if (count > 1) {
		p = rx_merge(n, p, count - 1);
	}
	if (p == NULL) {
		n->dev.rx_dropped++;
		return;
	}
	n->dev.rx_packets++;
	n->dev.rx_bytes += p->tot_len;
	netdev_input(&n->dev, p, csum_ok);
}

/* --- transmit ------------------------------------------------------------------------- */

static bool tx_reap(struct virtio_net *n)
{
	bool any = false;
	struct pbuf *p;
	uint32_t len;

	while ((p = virtq_pop(n->tx, &len)) != NULL) {
		pbuf_free(p);
		any = true;
	}
	if (any && n->tx_stalled && n->tx->free >= n->tx_need) {
		n->tx_stalled = false;
		n->tx_need = 0;
		virtq_irq_off(n->tx);
		netdev_tx_room(&n->dev);
	}
	return any;
}

/* Room in front of the frame, in the pbuf's own memory, for the device's header. */
static struct net_hdr *headroom(const struct virtio_net *n, const struct pbuf *p)
{
	const char *start = (const char *)p + LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf));
	char *at = (char *)p->payload - n->hdr_len;

	if (!n->in_place || !pbuf_match_allocsrc(p, PBUF_TYPE_ALLOC_SRC_MASK_STD_HEAP) ||
	    (p->type_internal & PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS) == 0 || at < start ||
	    ((uintptr_t)at & 1) != 0) {
		return NULL;
	}
	return (struct net_hdr *)at;
}

static void fill_header(const struct virtio_net *n, struct net_hdr *h, const struct net_tx *tx)
{
	h->flags = tx->csum_start != 0 ? HDR_NEEDS_CSUM : 0;
	h->gso_type = tx->gso_size == 0 ? GSO_NONE : tx->gso_v6 ? GSO_TCPV6 : GSO_TCPV4;
	h->hdr_len = tx->hdr_len;
	h->gso_size = tx->gso_size;
	h->csum_start = tx->csum_start;
	h->csum_offset = tx->csum_offset;
	if (n->hdr_len == sizeof(*h)) {
		h->num_buffers = 0;
	}
}

static int net_send(struct netdev *d, const struct net_tx *tx)
{
	struct virtio_net *n = net_of(d);
	struct net_hdr *h = headroom(n, tx->p);
	struct virtq_buf b[PIECES + 1];
	unsigned k = 0;
	int r;

	if (n->tx->free < PIECES + 1) {
		tx_reap(n);
	}
	if (h != NULL) {
		b[k++] = (struct virtq_buf){ h, n->hdr_len + tx->p->len };
	} else {
		h = &n->tx_hdrs[n->tx->head];
		b[k++] = (struct virtq_buf){ h, n->hdr_len };
		b[k++] = (struct virtq_buf){ tx->p->payload, tx->p->len };
	}
	for (struct pbuf *q = tx->p->next; q != NULL; q = q->next) {
		if (k == ARRAY_SIZE(b)) {
			return -EINVAL;
		}
		if (q->len > 0) {
			b[k++] = (struct virtq_buf){ q->payload, q->len };
		}
	}
	/* A full ring leaves head at an invalid place: no header is written then. */
	if (k > n->tx->free || n->tx->broken) {
		n->tx_stalled = true;
		d->tx_dropped++;
		return -ENOBUFS;
	}
	fill_header(n, h, tx);
	r = virtq_push(n->tx, b, k, 0, tx->p);
	if (r == 0) {
		pbuf_ref(tx->p);
		d->tx_packets++;
		d->tx_bytes += tx->p->tot_len;
	}
	return r;
}

static bool net_room(struct netdev *d, unsigned packets)
{
	struct virtio_net *n = net_of(d);
	unsigned need = MIN(packets * 3 + PIECES, (unsigned)n->tx->size);

	if (n->tx->free < need) {
		tx_reap(n);
	}
	if (n->tx->free >= need || n->tx->broken) {
		return true;
	}
	n->tx_stalled = true;
	n->tx_need = MAX(n->tx_need, need);
	return false;
}

static void net_flush(struct netdev *d)
{
	struct virtio_net *n = net_of(d);

	if (virtq_publish(n->tx)) {
		virtq_kick(n->tx);
	}
}

/* --- both --------------------------------------------------------------------------------- */

static unsigned net_poll(struct netdev *d, unsigned budget)
{
	struct virtio_net *n = net_of(d);
	unsigned done = 0;
	struct rx_buf *b;
	uint32_t len;
	bool reaped = tx_reap(n);

	while (done < budget && (b = virtq_pop(n->rx, &len)) != NULL) {
		rx_one(n, b, len);
		done++;
	}
	if (done > 0) {
		rx_refill(n);
	}
	return done + reaped;
}

static bool net_irq(struct netdev *d, bool on)
{
	struct virtio_net *n = net_of(d);
	bool work;

	if (!on) {
		virtq_irq_off(n->rx);
		return false;
	}
	/* Buffers that readers gave back since the last poll: without them the device stays silent. */
	rx_refill(n);
	work = virtq_irq_on(n->rx) || (n->tx_stalled && virtq_irq_on(n->tx));
	virtq_kick_missed(n->rx);
	virtq_kick_missed(n->tx);
	return work;
}

static void net_used(struct virtio_device *v)
{
	struct virtio_net *n = v->priv;

	virtq_irq_off(n->rx);
	netdev_kick(&n->dev);
}

static void net_announced(struct netdev *d)
{
	net_ctrl_send(&net_of(d)->ctrl, NET_CTRL_ANNOUNCE, NET_CTRL_ANNOUNCE_ACK);
}

/* Returns the status bits. */
static unsigned read_link(struct virtio_net *n)
{
	uint16_t status = STATUS_LINK_UP;

	if (virtio_has(n->v, F_STATUS)) {
		n->v->ops->read_config(n->v, CONFIG_STATUS, &status, sizeof(status));
	}
	n->dev.link = (status & STATUS_LINK_UP) != 0;
	return status;
}

static void net_config(struct virtio_device *v)
{
	struct virtio_net *n = v->priv;

	if ((read_link(n) & STATUS_ANNOUNCE) != 0 && n->ctrl.q != NULL) {
		netdev_announce(&n->dev);
	}
	netdev_link_changed(&n->dev);
}

static const struct netdev_ops net_ops = {
	.send = net_send,
	.room = net_room,
	.flush = net_flush,
	.poll = net_poll,
	.announced = net_announced,
	.irq = net_irq,
};

/* --- set-up --------------------------------------------------------------------------------- */

static size_t buf_size(void)
{
	return page_free_count() * PAGE_SIZE >= PLENTY ? BUF_LARGE : BUF_SMALL;
}

/* Ring size for the machine's memory: a sixteenth of what is free goes into receive buffers,
 * half of them in the ring and half with the readers. */
static unsigned ring_size(void)
{
	size_t pairs = page_free_count() * PAGE_SIZE / 16 / (2 * buf_size());
	unsigned n = (unsigned)MIN(pairs, (size_t)RING_MAX);

	return MAX(n, RING_MIN);
}

/* In runs of pages: 16 at a time, or as few as there are. */
static int alloc_buffers(struct virtio_net *n, unsigned count)
{
	size_t run = 16;

	while (n->free_count < count) {
		char *mem = page_alloc(run, 1);

		if (mem == NULL) {
			if (run * PAGE_SIZE > n->buf_size) {
				run /= 2;
				continue;
			}
			return n->free_count < RING_MIN ? -ENOMEM : 0;
		}
		for (size_t at = 0; at + n->buf_size <= run * PAGE_SIZE; at += n->buf_size) {
			struct rx_buf *b = (struct rx_buf *)(mem + at);

			b->net = n;
			rx_buf_put(b);
		}
	}
	return 0;
}

static void read_identity(struct virtio_net *n)
{
	struct virtio_device *v = n->v;
	uint16_t mtu = 0;

	if (virtio_has(v, F_MAC)) {
		v->ops->read_config(v, CONFIG_MAC, n->dev.mac, sizeof(n->dev.mac));
	} else {
		rand_bytes(n->dev.mac, sizeof(n->dev.mac));
		n->dev.mac[0] = (uint8_t)((n->dev.mac[0] & 0xfe) | 2); /* local, not multicast */
	}
	if (virtio_has(v, F_MTU)) {
		v->ops->read_config(v, CONFIG_MTU, &mtu, sizeof(mtu));
	}
	n->dev.mtu = mtu >= 1280 && mtu < 1500 ? mtu : 1500;
	n->dev.features = (virtio_has(v, F_CSUM) ? NETDEV_TX_CSUM : 0U) |
			  (virtio_has(v, F_GUEST_CSUM) ? NETDEV_RX_CSUM : 0U) |
			  (virtio_has(v, F_HOST_TSO4) ? NETDEV_TX_TSO4 : 0U) |
			  (virtio_has(v, F_HOST_TSO6) ? NETDEV_TX_TSO6 : 0U);
	read_link(n);
}

/* 5.1.3.1: some are of no use, or not to be taken, without others. Large packets come in as many buffers
 * as they fill: in a ring that could not hold one it would wait for ever. */
static uint64_t net_choose(struct virtio_device *v, uint64_t f)
{
	if ((f & F_CSUM) == 0) {
		f &= ~(F_HOST_TSO4 | F_HOST_TSO6);
	}
	if ((f & F_GUEST_CSUM) == 0 || (f & F_MRG_RXBUF) == 0 ||
	    MIN(ring_size(), v->ops->queue_max(v, QUEUE_RX)) < RING_LARGE) {
		f &= ~(F_GUEST_TSO4 | F_GUEST_TSO6);
	}
	/* 5.1.3.1: announcements are acknowledged by the control queue. */
	if ((f & F_CTRL_VQ) == 0 || (f & F_STATUS) == 0) {
		f &= ~(F_CTRL_VQ | F_ANNOUNCE);
	}
	return (f & F_ANNOUNCE) != 0 ? f : f & ~F_CTRL_VQ;
}

static int net_start(struct virtio_net *n, unsigned size)
{
	struct virtio_device *v = n->v;
	int r;

	n->rx = virtq_create(v, QUEUE_RX, size);
	n->tx = virtq_create(v, QUEUE_TX, size);
	if (n->rx == NULL || n->tx == NULL) {
		return -ENOMEM;
	}
	n->tx_hdrs = kzalloc(sizeof(*n->tx_hdrs) * n->tx->size);
	if (n->tx_hdrs == NULL) {
		return -ENOMEM;
	}
	r = alloc_buffers(n, 2 * n->rx->size);
	if (r != 0) {
		return r;
	}
	if (virtio_has(v, F_ANNOUNCE)) {
		r = net_ctrl_start(&n->ctrl, v, QUEUE_CTRL);
		if (r != 0) {
			return r;
		}
	}
	virtq_irq_off(n->tx);
	virtq_irq_off(n->rx);
	v->on_used = net_used;
	v->on_config = net_config;
	virtio_ready(v);
	rx_refill(n);
	return netdev_register(&n->dev);
}

static int net_probe(struct virtio_device *v)
{
	struct virtio_net *n = kzalloc(sizeof(*n));

	if (n == NULL) {
		return -ENOMEM;
	}
	n->v = v;
	n->buf_size = buf_size();
	n->dev.ops = &net_ops;
	n->dev.name = v->name;
	n->in_place = virtio_has(v, VIRTIO_F_VERSION_1) || virtio_has(v, VIRTIO_F_ANY_LAYOUT);
	n->hdr_len = virtio_has(v, VIRTIO_F_VERSION_1) || virtio_has(v, F_MRG_RXBUF) ? 12 : 10;
	/* The IP header lies on a multiple of 4, TCP's data (behind one of 20 bytes and its own) of 8; it
	 * stays so throughout a merged packet, where a copy to the reader is then by words. */
	n->rx_offset = (0U - n->hdr_len - ETH_HEADER - 40U) & 7;
	n->rx_room = ALIGN_DOWN(
		(unsigned)(n->buf_size - offsetof(struct rx_buf, data)) - n->rx_offset, 8U);
	v->priv = n;
	read_identity(n);
	/* On a failure the device keeps its rings until it is reset; a boot without network goes on. */
	return net_start(n, ring_size());
}

VIRTIO_DRIVER(net, VIRTIO_ID_NET,
	      F_CSUM | F_GUEST_CSUM | F_MTU | F_MAC | F_GUEST_TSO4 | F_GUEST_TSO6 | F_HOST_TSO4 |
		      F_HOST_TSO6 | F_MRG_RXBUF | F_STATUS | F_CTRL_VQ | F_ANNOUNCE,
	      net_probe, .choose = net_choose);
