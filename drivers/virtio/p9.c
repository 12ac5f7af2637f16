/* SPDX-License-Identifier: MIT */
/* 9P transport device: a chain with the request, then room for its answer. Spec: virtio 1.2, 5.17 (reserved there; the
 * layout is that of Linux and QEMU: configuration is a length and the tag, queue 0 takes requests). */
#include <drivers/p9dev.h>
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/poller.h>
#include <kernel/sync.h>
#include <kernel/time.h>
#include <string.h>

#define F_MOUNT_TAG (1ULL << 0)
#define TAG_MAX	    256U
#define RING	    32U
#define PATIENCE    (30 * NS_PER_SEC)

struct virtio_p9 {
	struct p9dev dev;
	struct virtio_device *v;
	struct virtq *q;
	struct poller poller;
	struct mutex lock;    /* of the ring */
	_Atomic bool waiting; /* a request is with the device */
	_Atomic bool stopped;
	uint32_t len; /* of the answer */
	struct waiter *waiter;
	char tag[TAG_MAX + 1];
};

static bool p9_poll(struct poller *poller)
{
	struct virtio_p9 *p = container_of(poller, struct virtio_p9, poller);
	bool any = false;

	if (!atomic_load_explicit(&p->waiting, memory_order_acquire)) {
		return false;
	}
	mutex_lock(&p->lock);
	if (virtq_pop(p->q, &p->len) != NULL) {
		any = true;
		atomic_store_explicit(&p->waiting, false, memory_order_release);
	} else if (p->q->broken) {
		any = !atomic_exchange(&p->stopped, true);
	}
	if (any && p->waiter != NULL) {
		waiter_wake(p->waiter);
	}
	mutex_unlock(&p->lock);
	return any;
}

static bool p9_arm(struct poller *poller)
{
	struct virtio_p9 *p = container_of(poller, struct virtio_p9, poller);
	bool work = false;

	if (atomic_load_explicit(&p->waiting, memory_order_acquire)) {
		mutex_lock(&p->lock);
		work = virtq_irq_on(p->q);
		virtq_kick_missed(p->q);
		mutex_unlock(&p->lock);
	}
	return work;
}

static bool answered(void *arg)
{
	struct virtio_p9 *p = arg;

	return !atomic_load_explicit(&p->waiting, memory_order_acquire) ||
	       atomic_load_explicit(&p->stopped, memory_order_relaxed);
}

static void give_up(struct virtio_p9 *p, const char *what)
{
	atomic_store_explicit(&p->stopped, true, memory_order_relaxed);
	virtio_broken(p->v, what);
}

/* Until the answer is here. waiter_wait() returns for signals as well, which have to wait. */
static ssize_t wait_answer(struct virtio_p9 *p, struct waiter *w)
{
	uint64_t end = time_after(PATIENCE);

	while (!answered(p) && time_now() < end) {
		if (waiter_wait(w, answered, p, end) == -EINTR) {
			waiter_wait(w, answered, p, 0);
		}
	}
	mutex_lock(&p->lock);
	if (atomic_load_explicit(&p->waiting, memory_order_relaxed)) {
		give_up(p, "no answer for 30 s");
	}
	p->waiter = NULL;
	mutex_unlock(&p->lock);
	if (!atomic_load_explicit(&p->waiting, memory_order_relaxed)) {
		return (ssize_t)p->len;
	}
	return p->q->broken ? -ENODEV : -ETIMEDOUT;
}

static int send(struct virtio_p9 *p, const struct virtq_buf *bufs, unsigned out, unsigned in)
{
	int r = virtq_push(p->q, bufs, out, in, p);

	if (r == 0 && virtq_publish(p->q)) {
		virtq_kick(p->q);
	}
	return r;
}

static ssize_t p9_rpc(struct p9dev *d, const struct iovec *out, unsigned n_out,
		      const struct iovec *in, unsigned n_in)
{
	struct virtio_p9 *p = container_of(d, struct virtio_p9, dev);
	struct virtq_buf bufs[P9_MAX_PIECES];
	struct waiter w;
	int r;

	if (atomic_load_explicit(&p->stopped, memory_order_relaxed)) {
		return -ENODEV;
	}
	if (n_out + n_in > P9_MAX_PIECES) {
		return -EINVAL;
	}
	for (unsigned i = 0; i < n_out + n_in; i++) {
		const struct iovec *v = i < n_out ? &out[i] : &in[i - n_out];

		bufs[i] = (struct virtq_buf){ v->iov_base, (uint32_t)v->iov_len };
	}
	waiter_init(&w);
	mutex_lock(&p->lock);
	p->waiter = &w;
	atomic_store_explicit(&p->waiting, true, memory_order_release);
	r = send(p, bufs, n_out, n_in);
	if (r != 0) {
		atomic_store_explicit(&p->waiting, false, memory_order_relaxed);
		p->waiter = NULL;
	}
	mutex_unlock(&p->lock);
	return r != 0 ? -EIO : wait_answer(p, &w);
}

static void p9_used(struct virtio_device *v)
{
	struct virtio_p9 *p = v->priv;

	virtq_irq_off(p->q);
	poller_kick();
}

/* The host's name of what it shares. */
static void read_tag(struct virtio_p9 *p)
{
	uint16_t len = 0;

	p->v->ops->read_config(p->v, 0, &len, sizeof(len));
	p->v->ops->read_config(p->v, sizeof(len), p->tag, MIN((size_t)len, (size_t)TAG_MAX));
}

static int p9_probe(struct virtio_device *v)
{
	static const struct p9dev_ops ops = { .rpc = p9_rpc };
	struct virtio_p9 *p;

	if (!virtio_has(v, F_MOUNT_TAG)) {
		log_error("virtio %s: a 9P device without a tag", v->name);
		return -EINVAL;
	}
	p = kzalloc(sizeof(*p));
	if (p == NULL) {
		return -ENOMEM;
	}
	p->v = v;
	v->priv = p;
	mutex_init(&p->lock);
	p->q = virtq_create(v, 0, RING);
	if (p->q == NULL) {
		kfree(p);
		return -ENOMEM;
	}
	virtq_irq_off(p->q);
	v->on_used = p9_used;
	virtio_ready(v);
	read_tag(p);
	p->dev = (struct p9dev){ .ops = &ops, .tag = p->tag };
	p->poller = (struct poller){ .poll = p9_poll, .arm = p9_arm };
	poller_register(&p->poller);
	p9dev_register(&p->dev);
	return 0;
}

VIRTIO_DRIVER(p9, VIRTIO_ID_9P, F_MOUNT_TAG, p9_probe);
