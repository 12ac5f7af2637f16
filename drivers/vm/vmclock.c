/* SPDX-License-Identifier: MIT */
/* VMClock: a page that says how the counter and the time of day belong together, and by another disruption marker that
 * they did not for a while: a migration, a restore from a snapshot. Then the random generator begins anew, and the wall
 * clock is set if the page knows the time. Spec: vmclock-abi.h of Linux and QEMU (structure and units), binding
 * ptp/amazon,vmclock. Without an interrupt the marker is looked at every second. */
#include "share.h"

#include <errno.h>
#include <kernel/arch.h>
#include <kernel/log.h>
#include <kernel/poller.h>
#include <kernel/rand.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <string.h>

#define MAGIC		0x4b4c4356U /* "VCLK" */
#define VERSION		1U
#define COUNTER_ARM	0U
#define TIME_UTC	0U
#define TIME_TAI	1U
#define STATUS_SYNCED	2U
#define STATUS_FREE	3U
#define FLAG_TAI_OFFSET 1ULL
#define FLAG_NOTIFIES	(1ULL << 8)
#define SHIFT_MAX	63U
#define SECONDS_MAX	(1ULL << 33) /* ns since 1970 fit into 64 bits */
#define TRIES		1000U
#define LOOK_NS		NS_PER_SEC

struct vmclock {
	uint32_t magic, size;
	uint16_t version;
	uint8_t counter, time_type;
	/* From here on it changes: seq is odd meanwhile. */
	uint32_t seq;
	uint64_t disruption, flags;
	uint8_t pad[2], status, smearing;
	uint16_t tai_offset;
	uint8_t leap, period_shift;
	uint64_t counter_value;
	uint64_t period; /* of a tick: 1 / 2^(64 + period_shift) s */
	uint64_t period_error[2];
	uint64_t sec, frac; /* of the time when the counter was at counter_value; 1 / 2^64 s */
	uint64_t time_error[2], generation;
};
_Static_assert(sizeof(struct vmclock) == 0x70, "vmclock-abi.h");

static struct {
	const volatile uint8_t *page; /* NULL: none */
	const char *name;
	_Atomic uint64_t marker;
	_Atomic bool disrupted;
	struct poller poller;
	struct timer timer;
} clock;

static uint32_t read_seq(void)
{
	return *(const volatile uint32_t *)(clock.page + offsetof(struct vmclock, seq));
}

/* A copy that was not written meanwhile; false: there was none. */
static bool read_page(struct vmclock *c)
{
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t seq = read_seq();

		dma_rmb();
		for (size_t k = 0; k < sizeof(*c); k++) {
			((uint8_t *)c)[k] = clock.page[k];
		}
		dma_rmb();
		if ((seq & 1) == 0 && read_seq() == seq) {
			return true;
		}
		arch_relax();
	}
	return false;
}

/* Time of day by the page, ns since 1970; 0: it does not know. */
static uint64_t time_of(const struct vmclock *c)
{
	uint64_t sec, frac;
	unsigned __int128 passed;

	if (c->counter != COUNTER_ARM || c->period_shift > SHIFT_MAX ||
	    (c->status != STATUS_SYNCED && c->status != STATUS_FREE) ||
	    (c->time_type != TIME_UTC &&
	     (c->time_type != TIME_TAI || (c->flags & FLAG_TAI_OFFSET) == 0))) {
		return 0;
	}
	passed = (unsigned __int128)(arch_counter() - c->counter_value) * c->period >>
		 c->period_shift;
	sec = (uint64_t)(passed >> 64);
	if (add_overflow(c->frac, (uint64_t)passed, &frac)) {
		sec++;
	}
	if (sec > SECONDS_MAX || c->sec > SECONDS_MAX) {
		return 0;
	}
	sec += c->sec;
	sec -= c->time_type == TIME_TAI ? MIN((uint64_t)c->tai_offset, sec) : 0;
	return sec > SECONDS_MAX
		       ? 0
		       : sec * NS_PER_SEC + (uint64_t)((unsigned __int128)frac * NS_PER_SEC >> 64);
}

/* Masked. */
static void look(void)
{
	uint64_t words[2];
	struct vmclock c;

	if (!read_page(&c) || c.disruption == atomic_exchange(&clock.marker, c.disruption)) {
		return;
	}
	words[0] = c.disruption;
	words[1] = arch_counter();
	rand_add(words, sizeof(words), 0);
	if (arch_entropy(words)) {
		rand_add(words, sizeof(words[0]), 0);
	}
	atomic_store_explicit(&clock.disrupted, true, memory_order_release);
	poller_kick();
}

static void vmclock_interrupt(void *arg)
{
	(void)arg;
	look();
}

static void timer_fired(struct timer *t)
{
	look();
	timer_start(t, time_after(LOOK_NS));
}

/* In a thread: who watches the wall clock may take locks. */
static bool vmclock_poll(struct poller *p)
{
	struct vmclock c;
	uint64_t ns;

	(void)p;
	if (!atomic_load_explicit(&clock.disrupted, memory_order_relaxed) ||
	    !atomic_exchange_explicit(&clock.disrupted, false, memory_order_acquire)) {
		return false;
	}
	ns = read_page(&c) ? time_of(&c) : 0;
	if (ns != 0) {
		time_set_wall(ns);
	}
	log_notice("vmclock %s: time was disrupted: random numbers begin anew, the wall clock %s",
		   clock.name, ns != 0 ? "is set" : "may be wrong");
	return true;
}

static bool vmclock_arm(struct poller *p)
{
	(void)p;
	return atomic_load_explicit(&clock.disrupted, memory_order_acquire);
}

/* Who tells us of the next change. */
static int listen(struct device *dev, const struct vmclock *c)
{
	int irq = dev_irq(dev, 0);

	clock.poller = (struct poller){ .poll = vmclock_poll, .arm = vmclock_arm };
	poller_register(&clock.poller);
	if (irq >= 0 && (c->flags & FLAG_NOTIFIES) != 0) {
		return irq_request(irq, vmclock_interrupt, NULL, "vmclock");
	}
	timer_init(&clock.timer, timer_fired);
	timer_start(&clock.timer, time_after(LOOK_NS));
	return 0;
}

static int vmclock_probe(struct device *dev, const struct dt_match *m)
{
	uintptr_t at;
	struct vmclock c;
	uint64_t ns;

	(void)m;
	if (clock.page != NULL) {
		return -EBUSY;
	}
	at = vm_share(dev, sizeof(c));
	if (at == 0) {
		return -EINVAL;
	}
	clock.page = (const volatile uint8_t *)at;
	clock.name = dev->name;
	if (!read_page(&c) || c.magic != MAGIC || c.version != VERSION ||
	    c.size < offsetof(struct vmclock, generation)) {
		clock.page = NULL;
		return -EINVAL;
	}
	atomic_store(&clock.marker, c.disruption);
	ns = time_of(&c);
	if (ns != 0) {
		time_set_wall(ns);
	}
	return listen(dev, &c);
}

static const struct dt_match vmclock_match[] = { { "amazon,vmclock", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, vmclock, vmclock_match, vmclock_probe);
