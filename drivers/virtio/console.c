/* SPDX-License-Identifier: MIT */
/* Console device, port 0: the console where a machine has no UART, or console=hvc0 asks for it.
 * Spec: virtio 1.2, 5.3. */
#include <drivers/virtio.h>
#include <drivers/virtq.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/console.h>
#include <string.h>

#define QUEUE_RX 0
#define QUEUE_TX 1
#define RX_SIZE	 64U
#define TX_SIZE	 256U

struct virtio_console {
	struct serial serial;
	struct virtio_device *v;
	struct virtq *rx, *tx;
	char in[RX_SIZE];
	char out[TX_SIZE];
};

/* Wait for the device to take the text: bounded, so that a dead one costs a delay and no hang. */
static void wait_taken(struct virtio_console *c)
{
	uint32_t n;

	for (unsigned i = 0; i < 10000000 && virtq_pop(c->tx, &n) == NULL && !c->tx->broken; i++) {
		arch_relax();
	}
}

static void console_send(struct serial *s, const char *buf, size_t n)
{
	struct virtio_console *c = container_of(s, struct virtio_console, serial);

	while (n > 0) {
		/* A copy: the caller's bytes may be in memory that the device must not keep. */
		uint32_t part = (uint32_t)MIN(n, (size_t)TX_SIZE);
		struct virtq_buf b = { c->out, part };

		memcpy(c->out, buf, part);
		if (virtq_push(c->tx, &b, 1, 0, c) != 0) {
			return;
		}
		if (virtq_publish(c->tx)) {
			virtq_kick(c->tx);
		}
		wait_taken(c);
		buf += part;
		n -= part;
	}
}

static void post_rx(struct virtio_console *c)
{
	struct virtq_buf b = { c->in, RX_SIZE };

	if (virtq_push(c->rx, &b, 0, 1, c) == 0 && virtq_publish(c->rx)) {
		virtq_kick(c->rx);
	}
}

static void console_used(struct virtio_device *v)
{
	struct virtio_console *c = v->priv;
	uint32_t n;

	while (virtq_pop(c->rx, &n) != NULL) {
		console_input(c->in, n);
		post_rx(c);
	}
	virtq_irq_on(c->rx);
}

static int console_rx_on(struct serial *s)
{
	struct virtio_console *c = container_of(s, struct virtio_console, serial);

	post_rx(c);
	virtq_irq_on(c->rx);
	return 0;
}

static int console_probe(struct virtio_device *v)
{
	struct virtio_console *c = kzalloc(sizeof(*c));

	if (c == NULL) {
		return -ENOMEM;
	}
	c->v = v;
	v->priv = c;
	c->rx = virtq_create(v, QUEUE_RX, 4);
	c->tx = virtq_create(v, QUEUE_TX, 4);
	if (c->rx == NULL || c->tx == NULL) {
		return -ENOMEM; /* the queue that exists belongs to the device until it is reset */
	}
	virtq_irq_off(c->tx);
	v->on_used = console_used;
	virtio_ready(v);
	c->serial.name = "virtio-console";
	c->serial.node = v->node;
	c->serial.write = console_send;
	c->serial.rx_on = console_rx_on;
	console_register(&c->serial);
	return 0;
}

VIRTIO_DRIVER(console, VIRTIO_ID_CONSOLE, 0, console_probe);
