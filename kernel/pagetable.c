/* SPDX-License-Identifier: MIT */
/* The one page-table walker: 4 KiB granule, 512 entries, four levels, the root is level 3.
 * The first calls run with the MMU off (no memset, no unaligned access). */
#include <errno.h>
#include <kernel/cpu.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>

#define ROOT_LEVEL 3
#define LEAF_LEVEL 2 /* largest block: 1 GiB */
#define BLOCK	   ((uintptr_t)1 << 21)

extern char _image_start[], _rodata_start[], _data_start[], _image_end[];

/* Tables of the boot, in the image: the allocator is not there yet. */
static pte_t boot_tables[8][512] __attribute__((aligned(4096), section(".noinit.tables")));

static struct {
	struct spinlock lock;
	pte_t *root;
	unsigned boot_used;
	bool live; /* the MMU is on: the CPU may hold translations */
} pt;

/* What a walk does to [va, end): map what is not mapped, or change what is there. */
struct change {
	unsigned attr;
	bool replace;
};

static pte_t *table_alloc(void)
{
	pte_t *t;

	if (pt.boot_used < ARRAY_SIZE(boot_tables)) {
		t = boot_tables[pt.boot_used++];
	} else {
		t = page_alloc(1, 1);
	}
	for (unsigned i = 0; t != NULL && i < 512; i += 4) {
		t[i] = 0;
		t[i + 1] = 0;
		t[i + 2] = 0;
		t[i + 3] = 0;
	}
	return t;
}

static uintptr_t span_of(unsigned level)
{
	return (uintptr_t)1 << (PAGE_SHIFT + 9 * level);
}

/* Turn the entry, empty or a block, into a table that means the same. */
static pte_t *descend(pte_t *e, unsigned level)
{
	pte_t *t, old = *e;

	if (pte_is_table(old, level)) {
		return (pte_t *)pte_pa(old);
	}
	t = table_alloc();
	if (t == NULL) {
		return NULL;
	}
	for (unsigned i = 0; pte_valid(old) && i < 512; i++) {
		t[i] = pte_leaf(pte_pa(old) + i * span_of(level - 1), pte_attr(old), level - 1);
	}
	if (pte_valid(old) && pt.live) {
		arch_pte_sync();
		smp_hold_others();
		arch_pte_replace(e, pte_table((paddr_t)t));
		smp_release_others();
	} else {
		*e = pte_table((paddr_t)t);
	}
	return t;
}

static void set_leaf(pte_t *e, uintptr_t va, unsigned level, const struct change *c)
{
	if (pte_valid(*e) && !c->replace) {
		return;
	}
	*e = c->attr == 0 ? 0 : pte_leaf(va, c->attr, level);
}

/* The last level: nothing below, so no case analysis; most entries of a boot are written here. */
static int walk_pages(pte_t *table, uintptr_t va, uintptr_t end, const struct change *c)
{
	for (pte_t *e = &table[va >> PAGE_SHIFT & 511]; va < end; va += PAGE_SIZE, e++) {
		set_leaf(e, va, 0, c);
	}
	return 0;
}

static int walk(pte_t *table, unsigned level, uintptr_t va, uintptr_t end, const struct change *c)
{
	uintptr_t span = span_of(level);

	if (level == 0) {
		return walk_pages(table, va, end, c);
	}
	while (va < end) {
		pte_t *e = &table[va >> (PAGE_SHIFT + 9 * level) & 511];
		uintptr_t next = MIN(ALIGN_DOWN(va, span) + span, end);
		bool leaf = level <= LEAF_LEVEL && !pte_is_table(*e, level) &&
			    (next - va == span || (pte_valid(*e) && !c->replace));

		if (leaf) {
			set_leaf(e, va, level, c);
		} else {
			pte_t *sub = descend(e, level);
			int r = sub == NULL ? -ENOMEM : walk(sub, level - 1, va, next, c);

			if (r != 0) {
				return r;
			}
		}
		va = next;
	}
	return 0;
}

static int change_range(uintptr_t va, uint64_t size, const struct change *c)
{
	uintptr_t end;
	irqstate_t s;
	int r;

	if (add_overflow(va, size, &end) || add_overflow(end, PAGE_SIZE - 1, &end)) {
		return -EINVAL;
	}
	end = ALIGN_DOWN(end, PAGE_SIZE);
	va = ALIGN_DOWN(va, PAGE_SIZE);
	if (va == 0 || end > arch_address_top()) {
		return -EINVAL; /* the null page stays unmapped */
	}
	s = spin_lock_save(&pt.lock);
	r = walk(pt.root, ROOT_LEVEL, va, end, c);
	arch_pte_sync();
	/* A new entry as well where there are several CPUs: RISC-V may keep invalid ones. */
	if (c->replace || cpu_count > 1) {
		arch_tlb_flush(va, end - va);
	}
	spin_unlock_restore(&pt.lock, s);
	return r;
}

int pagetable_map(paddr_t pa, uint64_t size, unsigned attr)
{
	return change_range(pa, size, &(struct change){ attr, false });
}

int pagetable_protect(uintptr_t va, size_t size, unsigned attr)
{
	return change_range(va, size, &(struct change){ attr, true });
}

paddr_t pagetable_root(void)
{
	return (paddr_t)pt.root;
}

unsigned pagetable_query(uintptr_t va)
{
	const pte_t *t = pt.root;

	if (va >= arch_address_top()) {
		return 0;
	}
	for (unsigned level = ROOT_LEVEL;; level--) {
		pte_t e = t[va >> (PAGE_SHIFT + 9 * level) & 511];

		if (!pte_is_table(e, level)) {
			return pte_valid(e) ? pte_attr(e) : 0;
		}
		t = (const pte_t *)pte_pa(e);
	}
}

static void boot_section(const char *start, const char *end, unsigned attr)
{
	walk(pt.root, ROOT_LEVEL, (uintptr_t)start, (uintptr_t)end,
	     &(struct change){ attr, false });
}

paddr_t pagetable_boot(paddr_t fdt)
{
	uintptr_t block = ALIGN_DOWN(fdt, BLOCK);

	pt.root = table_alloc();
	boot_section(_image_start, _rodata_start, MAP_READ | MAP_EXEC);
	boot_section(_rodata_start, _data_start, MAP_READ);
	boot_section(_data_start, _image_end, MAP_READ | MAP_WRITE);
	/* A tree is at most 2 MiB, so it ends within the next block. The block at 0 is never mapped. */
	if (block != 0 && block < (uintptr_t)1 << 38) {
		boot_section((char *)block, (char *)block + 2 * BLOCK, MAP_READ | MAP_WRITE);
	}
	pt.live = true;
	return (paddr_t)pt.root;
}
