/* SPDX-License-Identifier: MIT */
/* mmap(): pages of their own for anonymous memory, at once and zeroed (nothing is paged in later),
 * and files either in place, where the content lies on page boundaries, or as a copy. */
#include "libc.h"

#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/sync.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct region {
	struct list link;
	uintptr_t start, end;
	bool owned;	/* pages of ours, not a file in place */
	bool protected; /* rights were changed from read and write */
};

static struct {
	struct mutex lock;
	struct list regions; /* guarded by lock, not sorted: programs have few */
} map = { MUTEX_INIT(map.lock), LIST_INIT(map.regions) };

static struct region *region_of(struct list *p)
{
	return list_entry(p, struct region, link);
}

/* --- rights ---------------------------------------------------------------------------------- */

static unsigned attr_of(int prot)
{
	return (prot != PROT_NONE ? MAP_READ : 0) | ((prot & PROT_WRITE) != 0 ? MAP_WRITE : 0) |
	       ((prot & PROT_EXEC) != 0 ? MAP_EXEC : 0);
}

/* Nothing is writable and executable at once. */
static int check_prot(int prot)
{
	if ((prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0) {
		return -EINVAL;
	}
	return (prot & PROT_WRITE) != 0 && (prot & PROT_EXEC) != 0 ? -ENOTSUP : 0;
}

static int set_rights(uintptr_t start, uintptr_t end, int prot)
{
	int r = pagetable_protect(start, end - start, attr_of(prot));

	if (r == 0 && (prot & PROT_EXEC) != 0) {
		arch_icache_sync((void *)start, end - start);
	}
	return r;
}

/* --- regions; locked ------------------------------------------------------------------------- */

static struct region *add(uintptr_t start, uintptr_t end, bool owned)
{
	struct region *r = kmalloc(sizeof(*r));

	if (r != NULL) {
		r->start = start;
		r->end = end;
		r->owned = owned;
		r->protected = false;
		list_add(&map.regions, &r->link);
	}
	return r;
}

/* The region that holds all of [start, end). */
static struct region *covering(uintptr_t start, uintptr_t end)
{
	struct list *p;

	list_for_each(p, &map.regions) {
		if (region_of(p)->start <= start && end <= region_of(p)->end) {
			return region_of(p);
		}
	}
	return NULL;
}

/* Free the pages [start, end) of @r, usable by whoever gets them next. */
static int release(const struct region *r, uintptr_t start, uintptr_t end)
{
	int error = 0;

	if (!r->owned) {
		return 0;
	}
	if (r->protected) {
		error = set_rights(start, end, PROT_READ | PROT_WRITE);
	}
	if (error == 0) {
		page_free((void *)start, (end - start) >> PAGE_SHIFT);
	}
	return error;
}

/* Take [start, end), a part of @r, out of it. */
static int cut(struct region *r, uintptr_t start, uintptr_t end)
{
	struct region *rest = NULL;
	int error;

	if (start > r->start && end < r->end) {
		rest = add(end, r->end, r->owned);
		if (rest == NULL) {
			return -ENOMEM;
		}
		rest->protected = r->protected;
	}
	error = release(r, start, end);
	if (error != 0) {
		if (rest != NULL) {
			list_del(&rest->link);
			kfree(rest);
		}
		return error;
	}
	if (rest != NULL || start > r->start) {
		r->end = start;
	} else {
		r->start = end;
	}
	if (r->start >= r->end) {
		list_del(&r->link);
		kfree(r);
	}
	return 0;
}

static int unmap(uintptr_t start, uintptr_t end)
{
	struct list *p, *n;
	int error = 0;

	list_for_each_safe(p, n, &map.regions) {
		struct region *r = region_of(p);
		uintptr_t from = MAX(start, r->start), to = MIN(end, r->end);

		if (from < to && error == 0) {
			error = cut(r, from, to);
		}
	}
	return error;
}

/* --- making ---------------------------------------------------------------------------------- */

/* New pages with the rights @prot, filled with @size bytes of @from, then zeros. Locked. */
static int new_pages(size_t len, int prot, const void *from, size_t size, void **out)
{
	char *p = page_alloc(len >> PAGE_SHIFT, 1);
	struct region *r = p == NULL ? NULL : add((uintptr_t)p, (uintptr_t)p + len, true);
	int error;

	if (r == NULL) {
		if (p != NULL) {
			page_free(p, len >> PAGE_SHIFT);
		}
		return -ENOMEM;
	}
	memcpy(p, from, size);
	memset(p + size, 0, len - size);
	*out = p;
	if (prot == (PROT_READ | PROT_WRITE)) {
		return 0;
	}
	r->protected = true;
	error = set_rights(r->start, r->end, prot);
	if (error != 0) {
		unmap(r->start, r->end);
	}
	return error;
}

/* MAP_FIXED can only renew pages that an earlier call gave. Locked. */
static int renew(uintptr_t start, size_t len, int prot)
{
	struct region *r = covering(start, start + len);
	int error;

	if (r == NULL || !r->owned) {
		return -ENOMEM;
	}
	error = set_rights(start, start + len, PROT_READ | PROT_WRITE);
	if (error == 0) {
		memset((void *)start, 0, len);
		r->protected = true;
		error = set_rights(start, start + len, prot);
	}
	return error;
}

static int map_file(struct file *f, size_t len, int prot, int flags, off_t off, void **out)
{
	struct stat st;
	void *data;
	size_t size;
	int r;

	if (f->ops->map == NULL || f->ops->stat == NULL) {
		return -ENODEV;
	}
	if ((flags & MAP_SHARED) != 0 && (prot & PROT_WRITE) != 0) {
		return -EACCES;
	}
	r = f->ops->stat(f, &st);
	size = r == 0 && off < st.st_size ? MIN(len, (size_t)(st.st_size - off)) : 0;
	if (r != 0 || size == 0) {
		return r != 0 ? r : -ENXIO;
	}
	r = f->ops->map(f, off, size, &data);
	if (r != 0) {
		return r;
	}
	/* In place there is no zero fill behind the end, and no change of rights. */
	if (prot == PROT_READ && size == len && (uintptr_t)data % PAGE_SIZE == 0) {
		*out = data;
		return add((uintptr_t)data, (uintptr_t)data + len, false) != NULL ? 0 : -ENOMEM;
	}
	return new_pages(len, prot, data, size, out);
}

static int do_map(void *addr, size_t len, int prot, int flags, int fd, off_t off, void **out)
{
	struct file *f;
	int r;

	if ((flags & MAP_FIXED) != 0) {
		*out = addr;
		return (flags & MAP_ANONYMOUS) == 0 ? -ENOTSUP : renew((uintptr_t)addr, len, prot);
	}
	if ((flags & MAP_ANONYMOUS) != 0) {
		return new_pages(len, prot, "", 0, out);
	}
	f = fd_get(fd);
	if (f == NULL) {
		return -EBADF;
	}
	r = map_file(f, len, prot, flags, off, out);
	fd_put(f);
	return r;
}

/* Rounds *@len up to pages; -EINVAL when @addr or it cannot be. */
static int check_range(const void *addr, size_t *len)
{
	uintptr_t end;

	if ((uintptr_t)addr % PAGE_SIZE != 0 || *len == 0 || *len > SIZE_MAX - PAGE_SIZE) {
		return -EINVAL;
	}
	*len = ALIGN_UP(*len, PAGE_SIZE);
	return add_overflow((uintptr_t)addr, *len, &end) ? -EINVAL : 0;
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	int kind = flags & (MAP_SHARED | MAP_PRIVATE), r;
	void *p = NULL;

	r = check_range((flags & MAP_FIXED) != 0 ? addr : NULL, &len);
	r = r != 0 ? r : check_prot(prot);
	if (r == 0 && kind != MAP_SHARED && kind != MAP_PRIVATE) {
		r = -EINVAL;
	}
	if (r == 0 && (off < 0 || off % (off_t)PAGE_SIZE != 0)) {
		r = -EINVAL;
	}
	if (r == 0 && (flags & MAP_FIXED_NOREPLACE) != 0) {
		r = -EEXIST;
	}
	if (r == 0) {
		mutex_lock(&map.lock);
		r = do_map(addr, len, prot, flags, fd, off, &p);
		mutex_unlock(&map.lock);
	}
	return result(r) != 0 ? MAP_FAILED : p;
}

/* --- the rest -------------------------------------------------------------------------------- */

int munmap(void *addr, size_t len)
{
	int r = check_range(addr, &len);

	if (r == 0) {
		mutex_lock(&map.lock);
		r = unmap((uintptr_t)addr, (uintptr_t)addr + len);
		mutex_unlock(&map.lock);
	}
	return (int)result(r);
}

static int protect(uintptr_t start, uintptr_t end, int prot)
{
	struct region *r = covering(start, end);

	if (r == NULL) {
		return -ENOMEM;
	}
	if (!r->owned) {
		return prot == PROT_READ ? 0 : -EACCES;
	}
	r->protected = true;
	return set_rights(start, end, prot);
}

/* Only within one mapping of mmap()'s. */
int mprotect(void *addr, size_t len, int prot)
{
	int r;

	if (len == 0 && (uintptr_t)addr % PAGE_SIZE == 0) {
		return 0;
	}
	r = check_range(addr, &len);
	r = r != 0 ? r : check_prot(prot);
	if (r == 0) {
		mutex_lock(&map.lock);
		r = protect((uintptr_t)addr, (uintptr_t)addr + len, prot);
		mutex_unlock(&map.lock);
	}
	return (int)result(r);
}

/* MADV_DONTNEED promises zeros to the next reader; the rest is only advice. */
int madvise(void *addr, size_t len, int advice)
{
	struct region *r;
	int error = len == 0 ? 0 : check_range(addr, &len);

	if (error == 0 && len > 0 && advice == MADV_DONTNEED) {
		mutex_lock(&map.lock);
		r = covering((uintptr_t)addr, (uintptr_t)addr + len);
		if (r != NULL && r->owned && !r->protected) {
			memset(addr, 0, len);
		} else {
			error = -EINVAL;
		}
		mutex_unlock(&map.lock);
	}
	return (int)result(error);
}

int posix_madvise(void *addr, size_t len, int advice)
{
	(void)addr, (void)len;
	return advice >= POSIX_MADV_NORMAL && advice <= POSIX_MADV_DONTNEED ? 0 : EINVAL;
}

int msync(void *addr, size_t len, int flags)
{
	(void)flags;
	return (int)result(len == 0 ? 0 : check_range(addr, &len));
}

/* All memory is in RAM for good. */
int mlock(const void *addr, size_t len)
{
	(void)addr, (void)len;
	return 0;
}

int munlock(const void *addr, size_t len)
{
	(void)addr, (void)len;
	return 0;
}

int mlockall(int flags)
{
	(void)flags;
	return 0;
}

int munlockall(void)
{
	return 0;
}
