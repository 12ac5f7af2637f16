/* SPDX-License-Identifier: MIT */
/* The descriptor table: slots of files, and bitmaps for the lowest free one. Grows by doubling, up
 * to a limit that depends on the memory. */
#include "libc.h"

#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/poller.h>
#include <string.h>

#define FIRST	  64U
#define MIN_LIMIT 1024U
#define MAX_LIMIT 65536U

static struct file *first_slots[FIRST];
static uint64_t first_bits[2];

struct fd_table fd_table = { .slots = first_slots, .size = FIRST };

static struct {
	struct spinlock lock; /* guards the table too */
	uint64_t *used;	      /* a bit a slot */
	uint64_t *cloexec;
	unsigned low; /* no free slot in words of used below this */
} bits = { .used = &first_bits[0], .cloexec = &first_bits[1] };

void (*fd_forget)(struct file *f);

unsigned fd_limit(void)
{
	size_t n = page_total();

	return n < MIN_LIMIT ? MIN_LIMIT : n > MAX_LIMIT ? MAX_LIMIT : (unsigned)n & ~63U;
}

struct file *fd_get_shared(int fd)
{
	irqstate_t s = spin_lock_save(&bits.lock);
	struct file *f = (unsigned)fd < fd_table.size ? fd_table.slots[fd] : NULL;

	if (f != NULL) {
		file_get(f);
	}
	spin_unlock_restore(&bits.lock, s);
	return f;
}

void fd_release(struct file *f)
{
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1) {
		return;
	}
	/* Nobody waits for the file (that takes a reference): only epoll sets can watch it. */
	if (!list_empty(&f->watches)) {
		fd_forget(f);
	}
	f->ops->close(f);
}

/* At least @want slots. Locked. */
static int grow(unsigned want)
{
	unsigned limit = fd_limit(), old = fd_table.size, n = old;
	struct file **slots;
	uint64_t *used;

	if (want > limit) {
		return -EMFILE;
	}
	while (n < want) {
		n *= 2;
	}
	n = MIN(n, limit);
	slots = kzalloc(n * sizeof(*slots) + n / 64 * 2 * sizeof(*used));
	if (slots == NULL) {
		return -ENOMEM;
	}
	used = (uint64_t *)(slots + n);
	memcpy(slots, fd_table.slots, old * sizeof(*slots));
	memcpy(used, bits.used, old / 64 * sizeof(*used));
	memcpy(used + n / 64, bits.cloexec, old / 64 * sizeof(*used));
	if (fd_table.slots != first_slots) {
		kfree(fd_table.slots);
	}
	fd_table.slots = slots;
	fd_table.size = n;
	bits.used = used;
	bits.cloexec = used + n / 64;
	return 0;
}

/* Lowest free slot from @min on, maybe one past the table. Locked. */
static unsigned lowest(unsigned min)
{
	unsigned words = fd_table.size / 64, w = MAX(min / 64, bits.low);

	for (; w < words; w++) {
		uint64_t free = ~bits.used[w];

		if (w == min / 64) {
			free &= ~0ULL << min % 64;
		} else if (w == bits.low && bits.used[w] == ~0ULL) {
			bits.low++;
		}
		if (free != 0) {
			return w * 64 + (unsigned)__builtin_ctzll(free);
		}
	}
	return MAX(min, fd_table.size);
}

static void set_bit(uint64_t *map, unsigned i, bool on)
{
	if (on) {
		map[i / 64] |= 1ULL << i % 64;
	} else {
		map[i / 64] &= ~(1ULL << i % 64);
	}
}

/* Locked; slot @i exists. */
static struct file *put_slot(unsigned i, struct file *f, bool cloexec)
{
	struct file *old = fd_table.slots[i];

	fd_table.slots[i] = f;
	set_bit(bits.used, i, f != NULL);
	set_bit(bits.cloexec, i, cloexec);
	if (f == NULL) {
		bits.low = MIN(bits.low, i / 64);
	}
	return old;
}

int fd_alloc(struct file *f, int min, bool cloexec)
{
	irqstate_t s = spin_lock_save(&bits.lock);
	unsigned i = lowest((unsigned)min);
	int r = i < fd_table.size ? 0 : grow(i + 1);

	if (r == 0) {
		put_slot(i, f, cloexec);
		r = (int)i;
	}
	spin_unlock_restore(&bits.lock, s);
	return r;
}

int fd_replace(int fd, struct file *f, bool cloexec, struct file **old)
{
	irqstate_t s = spin_lock_save(&bits.lock);
	int r = (unsigned)fd < fd_table.size ? 0 : fd < 0 ? -EBADF : grow((unsigned)fd + 1);

	if (r == 0) {
		*old = put_slot((unsigned)fd, f, cloexec);
	}
	spin_unlock_restore(&bits.lock, s);
	return r == -EMFILE ? -EBADF : r;
}

struct file *fd_take(int fd)
{
	irqstate_t s = spin_lock_save(&bits.lock);
	struct file *f = NULL;

	if ((unsigned)fd < fd_table.size && fd_table.slots[fd] != NULL) {
		f = put_slot((unsigned)fd, NULL, false);
	}
	spin_unlock_restore(&bits.lock, s);
	return f;
}

static bool is_open(int fd)
{
	return (unsigned)fd < fd_table.size && fd_table.slots[fd] != NULL;
}

int fd_cloexec(int fd)
{
	irqstate_t s = spin_lock_save(&bits.lock);
	int r = -EBADF;

	if (is_open(fd)) {
		r = (int)(bits.cloexec[fd / 64] >> fd % 64 & 1);
	}
	spin_unlock_restore(&bits.lock, s);
	return r;
}

int fd_set_cloexec(int fd, bool on)
{
	irqstate_t s = spin_lock_save(&bits.lock);
	int r = -EBADF;

	if (is_open(fd)) {
		set_bit(bits.cloexec, (unsigned)fd, on);
		r = 0;
	}
	spin_unlock_restore(&bits.lock, s);
	return r;
}

int fd_make(struct file *f, bool cloexec)
{
	int fd = fd_alloc(f, 0, cloexec);

	if (fd < 0) {
		fd_release(f);
	}
	return fd;
}

int fd_make_pair(struct file *a, struct file *b, bool cloexec, int fds[2])
{
	int first = fd_alloc(a, 0, cloexec), second;

	if (first < 0) {
		fd_release(a);
		fd_release(b);
		return first;
	}
	second = fd_make(b, cloexec);
	if (second < 0) {
		a = fd_take(first); /* another thread may have closed it already */
		if (a != NULL) {
			fd_release(a);
		}
		return second;
	}
	fds[0] = first;
	fds[1] = second;
	return 0;
}
