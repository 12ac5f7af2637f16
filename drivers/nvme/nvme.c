/* SPDX-License-Identifier: MIT */
/* NVMe controller: brought up, asked what it has, told of the end. Spec: NVM Express Base 1.4, 3.1 and 7.6. */
#include "nvme.h"

#include <drivers/power.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/power.h>
#include <kernel/time.h>
#include <string.h>

#define CAP_ENTRIES(cap)  ((unsigned)((cap)&0xffff) + 1)
#define CAP_TIMEOUT(cap)  (((cap) >> 24 & 0xff) * (NS_PER_SEC / 2))
#define CAP_STRIDE(cap)	  (4U << ((cap) >> 32 & 15))
#define CAP_NVM(cap)	  (((cap) >> 37 & 1) != 0)
#define CAP_PAGE_MIN(cap) ((cap) >> 48 & 15)
#define CC_ENABLE	  (6U << 16 | 4U << 20 | 1U) /* entries of 64 and 16 bytes, pages of 4 KiB */
#define CC_SHUTDOWN	  (1U << 14)
#define CC_SHUTDOWN_MASK  (3U << 14)
#define CSTS_SHUTDOWN	  (3U << 2)
#define CSTS_SHUT_DONE	  (2U << 2)
#define GONE		  0xffffffffU /* what reads as all ones is not there any more */
#define VERSION_1_1	  0x10100U    /* from which on it lists its namespaces */
#define ADMIN_ENTRIES	  8U
#define IO_ENTRIES	  64U
#define TRANSFER_MAX	  (256U << 10) /* a list of 64 pages, and one before them */
#define SHUTDOWN_NS	  (5 * NS_PER_SEC)
#define READY_MIN_NS	  NS_PER_SEC

/* 5.15.2.2: Identify Controller */
#define ID_SERIAL     4
#define ID_SERIAL_LEN 20U
#define ID_MDTS	      77
#define ID_NN	      516
#define ID_ONCS	      520
#define ID_VWC	      525
#define ONCS_DISCARD  4U
#define ONCS_ZEROES   8U

static struct nvme *controllers;
static unsigned count;

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* --- its end ----------------------------------------------------------------------------------------- */

void nvme_dead(struct nvme *n, const char *what)
{
	if (atomic_exchange(&n->dead, true)) {
		return;
	}
	log_error("nvme %s: %s; switched off", n->d->name, what);
	mmio_write32(n->base + NVME_CC, 0);
	/* A controller that does not stop for CC cannot write without this. */
	pci_disable_master(n->d);
	for (unsigned i = 0; i < n->ns_count; i++) {
		nvme_ns_gone(n->ns[i]);
	}
}

bool nvme_alive(struct nvme *n)
{
	uint32_t status = mmio_read32(n->base + NVME_CSTS);

	if (status == GONE) {
		nvme_dead(n, "removed");
	} else if ((status & NVME_CSTS_CFS) != 0) {
		nvme_dead(n, "controller fatal status");
	}
	return !n->dead;
}

/* 7.6.2: what it keeps in memory of its own goes to the medium. Masked, maybe in a panic. */
static void shut_down(struct nvme *n)
{
	uint64_t deadline = time_after(SHUTDOWN_NS);
	uint32_t cc = mmio_read32(n->base + NVME_CC);

	mmio_write32(n->base + NVME_CC, (cc & ~CC_SHUTDOWN_MASK) | CC_SHUTDOWN);
	while ((mmio_read32(n->base + NVME_CSTS) & CSTS_SHUTDOWN) != CSTS_SHUT_DONE) {
		if (time_now() >= deadline) {
			log_error("nvme %s: the shutdown does not end", n->d->name);
			return;
		}
		arch_relax();
	}
}

static void shut_all_down(void)
{
	for (struct nvme *n = controllers; n != NULL; n = n->next) {
		if (!n->dead) {
			shut_down(n);
		}
	}
}

static void before_off(int status)
{
	(void)status;
	shut_all_down();
}

/* --- interrupts ------------------------------------------------------------------------------------ */

static void nvme_interrupt(void *arg)
{
	struct nvme *n = arg;

	/* A pin stays asserted until completions are taken; for MSI-X these registers are not (3.1.3). */
	if (n->d->irq_kind != PCI_MSIX) {
		mmio_write32(n->base + NVME_INTMS, 1);
	}
	for (unsigned i = 0; i < n->ns_count; i++) {
		nvme_ns_kick(n->ns[i]);
	}
}

void nvme_irq_on(struct nvme *n)
{
	if (n->d->irq_kind != PCI_MSIX) {
		mmio_write32(n->base + NVME_INTMC, 1);
	}
}

/* --- set-up ---------------------------------------------------------------------------------------- */

static int wait_ready(struct nvme *n, uint32_t ready)
{
	uint64_t deadline = time_after(n->ready_ns);
	uint32_t status;

	for (;;) {
		status = mmio_read32(n->base + NVME_CSTS);
		if (status == GONE || (ready != 0 && (status & NVME_CSTS_CFS) != 0)) {
			log_error("nvme %s: does not start: status %x", n->d->name, status);
			return -EIO;
		}
		if ((status & NVME_CSTS_RDY) == ready) {
			return 0;
		}
		if (time_now() >= deadline) {
			log_error("nvme %s: does not become %s", n->d->name,
				  ready ? "ready" : "idle");
			return -ETIMEDOUT;
		}
		arch_relax();
	}
}

static int map_registers(struct nvme *n)
{
	uint64_t cap;

	n->base = pci_map(n->d, 0, 0, NVME_BELLS);
	if (n->base == 0) {
		return -EINVAL;
	}
	pci_enable(n->d);
	cap = mmio_read32(n->base + NVME_CAP) | (uint64_t)mmio_read32(n->base + NVME_CAP + 4) << 32;
	if (cap == UINT64_MAX || !CAP_NVM(cap) || CAP_PAGE_MIN(cap) != 0 || CAP_ENTRIES(cap) < 2) {
		log_error("nvme %s: capabilities %lx: not supported", n->d->name, cap);
		return -ENOTSUP;
	}
	n->stride = CAP_STRIDE(cap);
	n->depth = MIN(CAP_ENTRIES(cap), IO_ENTRIES);
	n->ready_ns = MAX(CAP_TIMEOUT(cap), READY_MIN_NS);
	/* Doorbells of the admin queue and an I/O queue for each namespace. */
	return pci_map(n->d, 0, NVME_BELLS, 2ULL * (NVME_NAMESPACES + 1) * n->stride) == 0 ? -EINVAL
											   : 0;
}

static void write64(struct nvme *n, unsigned reg, uint64_t v)
{
	mmio_write32(n->base + reg, (uint32_t)v);
	mmio_write32(n->base + reg + 4, (uint32_t)(v >> 32));
}

/* 7.6.1 */
static int enable(struct nvme *n)
{
	int r;

	mmio_write32(n->base + NVME_CC, 0);
	r = wait_ready(n, 0);
	if (r != 0) {
		return r;
	}
	r = nvme_queue_init(n, &n->admin, 0, ADMIN_ENTRIES);
	if (r != 0) {
		return r;
	}
	mmio_write32(n->base + NVME_AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
	write64(n, NVME_ASQ, (uintptr_t)n->admin.sq);
	write64(n, NVME_ACQ, (uintptr_t)n->admin.cq);
	mmio_write32(n->base + NVME_CC, CC_ENABLE);
	return wait_ready(n, NVME_CSTS_RDY);
}

static void read_serial(struct nvme *n, const uint8_t *page)
{
	unsigned len = ID_SERIAL_LEN;

	while (len > 0 && (page[ID_SERIAL + len - 1] == ' ' || page[ID_SERIAL + len - 1] == '\0')) {
		len--;
	}
	for (unsigned i = 0; i < len; i++) {
		uint8_t c = page[ID_SERIAL + i];

		n->serial[i] = c < ' ' || c > '~' ? '_' : (char)c;
	}
}

static int read_controller(struct nvme *n, uint8_t *page, uint32_t *namespaces)
{
	int r = nvme_identify(n, NVME_IDENTIFY_CONTROLLER, 0, page);
	unsigned mdts = page[ID_MDTS];

	if (r != 0) {
		return r;
	}
	read_serial(n, page);
	/* In pages, as a power of two; 0: no limit. */
	n->max_transfer = mdts == 0 || mdts > 6 ? TRANSFER_MAX
						: MIN(TRANSFER_MAX, (uint32_t)PAGE_SIZE << mdts);
	n->discards = (page[ID_ONCS] & ONCS_DISCARD) != 0;
	n->zeroes = (page[ID_ONCS] & ONCS_ZEROES) != 0;
	n->cached = (page[ID_VWC] & 1) != 0;
	*namespaces = le32(page + ID_NN);
	return 0;
}

/* Which namespaces there are, at most NVME_NAMESPACES. Returns how many. */
static unsigned list_namespaces(struct nvme *n, uint8_t *page, uint32_t last,
				uint32_t id[NVME_NAMESPACES])
{
	bool listed = mmio_read32(n->base + NVME_VS) >= VERSION_1_1 &&
		      nvme_identify(n, NVME_IDENTIFY_ACTIVE, 0, page) == 0;
	unsigned found = 0;

	for (uint32_t i = 0; i < NVME_NAMESPACES; i++) {
		uint32_t nsid = listed ? le32(page + 4UL * i) : i < last ? i + 1 : 0;

		if (nsid == 0) {
			break;
		}
		id[found++] = nsid;
	}
	return found;
}

static int add_namespaces(struct nvme *n, uint8_t *page, uint32_t last)
{
	uint32_t id[NVME_NAMESPACES];
	unsigned found = list_namespaces(n, page, last, id);
	int queues = found == 0 ? 0 : nvme_set_queues(n, found);

	if (queues < 0) {
		return queues;
	}
	for (unsigned i = 0; i < found; i++) {
		if (n->ns_count == (unsigned)queues) {
			log_warn("nvme %s: no queue for namespace %u", n->d->name, id[i]);
		} else if (nvme_identify(n, NVME_IDENTIFY_NAMESPACE, id[i], page) == 0) {
			nvme_ns_add(n, id[i], page);
		}
		if (n->dead) {
			return -EIO;
		}
	}
	return 0;
}

static int take_interrupt(struct nvme *n)
{
	int r = pci_irq_alloc(n->d, 1, true);

	if (r < 0) {
		return r;
	}
	nvme_irq_on(n); /* what the admin queue has told is taken: nothing is asserted */
	return pci_irq_request(n->d, 0, nvme_interrupt, n);
}

static int start(struct nvme *n)
{
	uint8_t *page;
	uint32_t last = 0;
	int r = map_registers(n);

	r = r != 0 ? r : enable(n);
	if (r != 0) {
		return r;
	}
	page = page_alloc(1, 1);
	if (page == NULL) {
		return -ENOMEM;
	}
	memset(page, 0, PAGE_SIZE);
	r = take_interrupt(n);
	r = r != 0 ? r : read_controller(n, page, &last);
	r = r != 0 ? r : add_namespaces(n, page, last);
	/* A command without an answer may still write there. */
	if (r != -ETIMEDOUT) {
		page_free(page, 1);
	}
	return r;
}

static int nvme_probe(struct pci_dev *d)
{
	static struct power_ops ops = {
		.name = "nvme", .rank = POWER_RANK_DEVICE, .off = before_off, .reset = shut_all_down
	};
	struct nvme *n = kzalloc(sizeof(*n));
	int r;

	if (n == NULL) {
		return -ENOMEM;
	}
	n->d = d;
	n->number = count;
	r = start(n);
	if (r != 0) {
		if (n->base != 0) {
			nvme_dead(n, "given up"); /* its interrupt may still find it */
		}
		return r;
	}
	if (count++ == 0) {
		power_register(&ops);
	}
	n->next = controllers;
	controllers = n;
	return 0;
}

/* NVM Express interface of a non-volatile memory controller. */
static const struct pci_match nvme_match[] = { { PCI_ANY, PCI_ANY, 0x010802, 0xffffff }, { 0 } };

PCI_DRIVER(nvme, nvme_match, nvme_probe);
