/* SPDX-License-Identifier: MIT */
/* Virtual machine generation ID: another number after a restore from a snapshot, of which there may be many. What was to
 * come out of the random generator would come out of each. Spec: Microsoft, Virtual Machine Generation ID (2012); binding
 * rng/microsoft,vmgenid. */
#include "share.h"

#include <errno.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/rand.h>
#include <string.h>

struct genid {
	uint64_t half[2];
};
_Static_assert(sizeof(struct genid) == 16, "128 bits");

static struct {
	uintptr_t at; /* 0: none */
	struct genid now;
	const char *name;
} vm;

static struct genid read_id(void)
{
	const volatile uint64_t *p = (const volatile uint64_t *)vm.at;

	return (struct genid){ { p[0], p[1] } };
}

/* The number is not secret: it makes the generator's state another, and is worth no bits. */
static void mix(const struct genid *id)
{
	uint64_t words[2] = { arch_counter(), 0 };

	rand_add(id, sizeof(*id), 0);
	rand_add(words, sizeof(words), 0);
	while (words[1] < 4 && arch_entropy(&words[0])) {
		rand_add(words, sizeof(words[0]), 0);
		words[1]++;
	}
}

static void vmgenid_interrupt(void *arg)
{
	struct genid id;

	(void)arg;
	dma_rmb();
	id = read_id();
	if (memcmp(&id, &vm.now, sizeof(id)) != 0) {
		vm.now = id;
		mix(&id);
		log_notice("vmgenid %s: another machine from a snapshot: random numbers begin anew",
			   vm.name);
	}
}

static int vmgenid_probe(struct device *dev, const struct dt_match *m)
{
	int irq = dev_irq(dev, 0);

	(void)m;
	if (irq < 0) {
		return irq;
	}
	if (vm.at != 0) {
		return -EBUSY;
	}
	vm.at = vm_share(dev, sizeof(struct genid));
	if (vm.at == 0) {
		return -EINVAL;
	}
	vm.name = dev->name;
	vm.now = read_id();
	mix(&vm.now);
	return irq_request(irq, vmgenid_interrupt, NULL, "vmgenid");
}

static const struct dt_match vmgenid_match[] = { { "microsoft,vmgenid", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, vmgenid, vmgenid_match, vmgenid_probe);
