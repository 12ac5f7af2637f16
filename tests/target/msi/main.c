/* SPDX-License-Identifier: MIT */
/* A message is an interrupt, whatever controller makes one of it: the CPU stores the word that a device would, as
 * requester 0, which is what QEMU's ITS takes a CPU's store for. No device takes part.
 * Spec: drivers/msi.h. */
#include "../tap.h"

#include <drivers/msi.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/fdt.h>
#include <kernel/irq.h>
#include <kernel/pagetable.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define VECTORS	 4
#define MESSAGES 1000
#define DEVICE	 0	  /* requester ID that a CPU's store has */
#define OTHER	 (1 << 3) /* of another device */

static struct line {
	_Atomic unsigned rang;
	_Atomic unsigned cpu; /* that it rang on last */
} line[VECTORS];
static struct msi_vector v[VECTORS];

static void rings(void *arg)
{
	struct line *l = arg;

	atomic_store(&l->cpu, cpu_self()->index);
	atomic_fetch_add(&l->rang, 1);
}

static void send(unsigned i)
{
	mmio_write32(v[i].address, v[i].data);
}

/* Long enough for any host; true as soon as it is so. */
static bool rang(unsigned i, unsigned times)
{
	for (unsigned tries = 0; tries < 30000; tries++) {
		if (atomic_load(&line[i].rang) == times) {
			return true;
		}
		usleep(1000);
	}
	return false;
}

static const struct dt_node *find_host(void)
{
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		if (dt_compatible(n, "pci-host-ecam-generic")) {
			return n;
		}
	}
	return NULL;
}

static void test_alloc(const struct dt_node *host)
{
	struct msi_vector other[2];

	is(msi_alloc(host, DEVICE, VECTORS, v), 0, "a device gets vectors");
	is(msi_alloc(host, DEVICE, 1, other), -EBUSY, "once");
	is(msi_alloc(host, OTHER, 5000, other), -ENOSPC, "there are not as many as that");
	is(msi_alloc(host, OTHER, 2, other), 0, "but some for another device");
	for (unsigned i = 0; i < VECTORS; i++) {
		for (unsigned j = i + 1; j < VECTORS; j++) {
			if (v[i].irq == v[j].irq || v[i].data == v[j].data) {
				ok(false, "vectors %u and %u are the same", i, j);
			}
		}
		ok(v[i].irq != other[0].irq && v[i].irq != other[1].irq,
		   "vector %u is nobody else's", i);
	}
}

static void test_messages(void)
{
	unsigned arrived = 0;

	send(3);
	for (unsigned i = 0; i < VECTORS; i++) {
		is(irq_request(v[i].irq, rings, &line[i], "msi"), 0, "vector %u has a handler", i);
	}
	ok(rang(3, 1), "a message from before that has waited for it");
	for (unsigned i = 0; i < VECTORS - 1; i++) {
		send(i);
	}
	for (unsigned i = 0; i < VECTORS - 1; i++) {
		ok(rang(i, 1), "vector %u rings", i);
	}
	while (arrived < MESSAGES) {
		send(2);
		if (!rang(2, ++arrived + 1)) {
			break;
		}
	}
	is(arrived, MESSAGES, "each of many messages rings");
}

static void test_mask(void)
{
	irq_mask(v[0].irq);
	send(0);
	send(1);
	ok(rang(1, 2), "its neighbour rings");
	usleep(20000);
	is(atomic_load(&line[0].rang), 1, "masked, it is silent");
	irq_unmask(v[0].irq);
	ok(rang(0, 2), "what came meanwhile comes then");
	usleep(20000);
	is(atomic_load(&line[0].rang), 2, "once");
}

/* @gic2: QEMU before 8.2 leaves what is pending in a GICv2 with the CPU that it was for. */
static void test_route(bool gic2)
{
	unsigned times = atomic_load(&line[1].rang);

	for (unsigned i = 0; i <= cpu_count; i++) {
		unsigned to = (cpu_count - i) % cpu_count;

		is(irq_set_cpu(v[1].irq, to), 0, "sent to CPU %u", to);
		send(1);
		ok(rang(1, ++times), "it rings");
		is(atomic_load(&line[1].cpu), to, "there");
	}
	is(irq_set_cpu(v[1].irq, cpu_count), -EINVAL, "there is no such CPU");
	if (cpu_count > 1 && !gic2) {
		irq_mask(v[1].irq);
		send(1);
		is(irq_set_cpu(v[1].irq, cpu_count - 1), 0, "sent elsewhere while one waits");
		irq_unmask(v[1].irq);
		ok(rang(1, ++times), "which rings");
	}
}

/* "none": a machine whose PCI host has no controller of messages; "gic2": one with a GICv2. */
int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct dt_node *host = find_host();

	if (!ok(host != NULL, "the machine has a PCI host")) {
		return tap_done();
	}
	if (strcmp(word, "none") == 0) {
		is(msi_alloc(host, DEVICE, 1, v), -ENODEV, "nobody takes messages");
		return tap_done();
	}
	test_alloc(host);
	if (!ok(v[0].address != 0 && pagetable_map(v[0].address & ~(PAGE_SIZE - 1), PAGE_SIZE,
						   MAP_READ | MAP_WRITE | MAP_DEVICE) == 0,
		"the address of the messages")) {
		return tap_done();
	}
	test_messages();
	test_mask();
	test_route(strcmp(word, "gic2") == 0);
	return tap_done();
}
