/* SPDX-License-Identifier: MIT */
/* mmap(): pages of their own for anonymous memory, there at once (nothing is paged in later), and files
 * either in place, where a shared mapping's content lies on page boundaries, or as a copy: of a file that can
 * change, also a shared mapping shows it as it was then. Addresses are physical, so a place cannot be chosen: a hint is ignored, MAP_FIXED works inside what is mapped. */
#include "mmap.h"

#include "libc.h"

#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/page.h>
#include <kernel/pagetable.h>
#include <kernel/sync.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PROT_RW	   (PROT_READ | PROT_WRITE)
#define PROT_MIXED (-1) /* a change of rights failed half way */

/* Pages with the same rights. Two neighbours of one allocation may be joined; @owner tells. */
struct region {
	struct list link;
	uintptr_t start, end;
	unsigned long owner; /* number of the mmap() that made it */
	int prot;
	bool anonymous; /* no file's copy */
	bool read_only; /* a shared file's copy: may not become writable */
	bool blank;	/* contents undefined, to be zeroed when there are rights; PROT_NONE only */
};

static struct {
	struct mutex lock;
	struct list regions; /* our pages, sorted by address, disjoint; guarded by lock */
	struct list files;   /* files in place, maybe the same one often; guarded by lock */
	unsigned long made;
} map = { .lock = MUTEX_INIT(map.lock),
	  .regions = LIST_INIT(map.regions),
	  .files = LIST_INIT(map.files) };

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

static int enter_rights(struct region *r, int prot)
{
	int error;

	if (r->prot == prot) {
		return 0;
	}
	error = pagetable_protect(r->start, r->end - r->start, attr_of(prot));
	r->prot = error == 0 ? prot : PROT_MIXED;
	return error;
}

/* Rights @prot for all of @r, which gets zeros first when it had no contents. */
static int set_rights(struct region *r, int prot)
{
	int error = 0;

	if (prot != PROT_NONE && r->blank) {
		error = enter_rights(r, PROT_RW);
		if (error == 0) {
			memset((void *)r->start, 0, r->end - r->start);
			r->blank = false;
		}
	}
	if (error == 0) {
		error = enter_rights(r, prot);
	}
	if (error == 0 && (prot & PROT_EXEC) != 0) {
		arch_icache_sync((void *)r->start, r->end - r->start);
	}
	return error;
}

/* --- regions; locked ------------------------------------------------------------------------- */

/* The first region that ends behind @at; what holds it is sorted. */
static struct list *first_behind(uintptr_t at)
{
	struct list *p;

	list_for_each(p, &map.regions) {
		if (region_of(p)->end > at) {
			return p;
		}
	}
	return &map.regions;
}

static struct region *new_region(const struct region *like, struct list *before)
{
	struct region *r = kmalloc(sizeof(*r));

	if (r != NULL) {
		*r = *like;
		list_add_tail(before, &r->link);
	}
	return r;
}

/* Make @at a boundary: a region that reaches over it becomes two. */
static int split(uintptr_t at)
{
	struct list *p = first_behind(at);
	struct region *r = region_of(p), *front;

	if (p == &map.regions || r->start >= at) {
		return 0;
	}
	front = new_region(r, p);
	if (front == NULL) {
		return -ENOMEM;
	}
	front->end = at;
	r->start = at;
	return 0;
}

static bool alike(const struct region *a, const struct region *b)
{
	return a->end == b->start && a->owner == b->owner && a->prot == b->prot &&
	       a->blank == b->blank && a->anonymous == b->anonymous &&
	       a->read_only == b->read_only && a->prot != PROT_MIXED;
}

/* Join what is alike, from the region before @start to the one behind @end. */
static void join(uintptr_t start, uintptr_t end)
{
	struct list *p = first_behind(start - 1);

	while (p != &map.regions && p->next != &map.regions && region_of(p)->start <= end) {
		struct region *r = region_of(p), *next = region_of(p->next);

		if (alike(r, next)) {
			next->start = r->start;
			list_del(&r->link);
			p = &next->link;
			kfree(r);
		} else {
			p = p->next;
		}
	}
}

/* Whether [start, end) is ours without a gap, as its boundaries are. */
static bool covered(uintptr_t start, uintptr_t end)
{
	struct list *p = first_behind(start);

	while (start < end && p != &map.regions && region_of(p)->start <= start) {
		start = region_of(p)->end;
		p = p->next;
	}
	return start >= end;
}

/* Calls @fn for the regions that make up [start, end), which it may free. The first error ends it. */
static int each(uintptr_t start, uintptr_t end, int (*fn)(struct region *r, uintptr_t arg),
		uintptr_t arg)
{
	struct list *p, *next;
	int error = split(start);

	error = error != 0 ? error : split(end);
	for (p = first_behind(start); error == 0 && p != &map.regions; p = next) {
		next = p->next;
		if (region_of(p)->start >= end) {
			break;
		}
		error = fn(region_of(p), arg);
	}
	join(start, end);
	return error;
}

/* The file in place that holds all of [start, end). */
static struct region *file_at(uintptr_t start, uintptr_t end)
{
	struct list *p;

	list_for_each(p, &map.files) {
		if (region_of(p)->start <= start && end <= region_of(p)->end) {
			return region_of(p);
		}
	}
	return NULL;
}

static int free_region(struct region *r, uintptr_t unused)
{
	int error = enter_rights(r, PROT_RW);

	(void)unused;
	if (error == 0) {
		page_free((void *)r->start, (r->end - r->start) >> PAGE_SHIFT);
		list_del(&r->link);
		kfree(r);
	}
	return error;
}

/* Files in place stay where they are: only the record of the mapping goes. */
static void forget_files(uintptr_t start, uintptr_t end)
{
	struct list *p, *next;

	list_for_each_safe(p, next, &map.files) {
		struct region *r = region_of(p);

		if (start <= r->start && r->end <= end) {
			list_del(p);
			kfree(r);
		}
	}
}

/* --- making ---------------------------------------------------------------------------------- */

/* What is to be mapped: @size bytes of @data, or of @file from @off on, then zeros. */
struct source {
	const void *data;
	struct file *file;
	off_t off;
	size_t size;
	bool anonymous, read_only;
};

/* The part of @from behind @skip bytes. */
static int fill(void *to, size_t len, const struct source *from, size_t skip)
{
	struct iovec iov = { to, MIN(len, from->size - skip) };
	ssize_t n = (ssize_t)iov.iov_len;

	if (from->file != NULL) {
		n = n > 0 ? from->file->ops->read(from->file, &iov, 1, from->off + (off_t)skip,
						  false)
			  : 0;
		if (n < 0) {
			return (int)n;
		}
	} else {
		memcpy(to, (const char *)from->data + skip, iov.iov_len);
	}
	memset((char *)to + n, 0, len - (size_t)n);
	return 0;
}

static int new_pages(size_t len, int prot, const struct source *from, void **out)
{
	char *p = page_alloc(len >> PAGE_SHIFT, 1);
	struct region like = { .start = (uintptr_t)p,
			       .end = (uintptr_t)p + len,
			       .owner = ++map.made,
			       .prot = PROT_RW,
			       .anonymous = from->anonymous,
			       .read_only = from->read_only,
			       .blank = from->anonymous && prot == PROT_NONE };
	struct region *r = p == NULL ? NULL : new_region(&like, first_behind(like.start));
	int error = 0;

	if (r == NULL) {
		if (p != NULL) {
			page_free(p, len >> PAGE_SHIFT);
		}
		return -ENOMEM;
	}
	if (!r->blank) {
		error = fill(p, len, from, 0);
	}
	*out = p;
	error = error != 0 ? error : set_rights(r, prot);
	if (error != 0) {
		free_region(r, 0);
	}
	return error;
}

static int give_rights(struct region *r, uintptr_t prot)
{
	return set_rights(r, (int)prot);
}

/* What MAP_FIXED does to the regions from @start on. */
struct renewal {
	uintptr_t start;
	int prot;
	const struct source *from;
};

static int renew_region(struct region *r, uintptr_t arg)
{
	const struct renewal *n = (const struct renewal *)arg;
	size_t len = r->end - r->start, skip = MIN(r->start - n->start, n->from->size);
	int error = enter_rights(r, PROT_RW);

	if (error == 0) {
		error = fill((void *)r->start, len, n->from, skip);
	}
	if (error == 0) {
		r->anonymous = n->from->anonymous;
		r->read_only = n->from->read_only;
		r->blank = false;
		error = set_rights(r, n->prot);
	}
	return error;
}

/* New contents for pages that earlier calls gave. */
static int renew(uintptr_t start, size_t len, int prot, const struct source *from)
{
	struct renewal n = { start, prot, from };

	return covered(start, start + len) ? each(start, start + len, renew_region, (uintptr_t)&n)
					   : -ENOMEM;
}

static int place(void *addr, size_t len, int prot, int flags, const struct source *from, void **out)
{
	if ((flags & MAP_FIXED) != 0) {
		*out = addr;
		return renew((uintptr_t)addr, len, prot, from);
	}
	return new_pages(len, prot, from, out);
}

static int map_in_place(const void *data, size_t len, void **out)
{
	struct region like = { .start = (uintptr_t)data,
			       .end = (uintptr_t)data + len,
			       .prot = PROT_READ };

	*out = (void *)(uintptr_t)data;
	return new_region(&like, &map.files) != NULL ? 0 : -ENOMEM;
}

/* 0 when rights @prot and the mapping's kind fit how @f was opened. */
static int check_file(struct file *f, int prot, int flags)
{
	unsigned mode = atomic_load_explicit(&f->flags, memory_order_relaxed) & O_ACCMODE;

	if (f->ops->stat == NULL || (f->ops->map == NULL && f->ops->truncate == NULL)) {
		return -ENODEV;
	}
	if (mode == O_WRONLY) {
		return -EACCES;
	}
	return (flags & MAP_SHARED) != 0 && (prot & PROT_WRITE) != 0 ? -EACCES : 0;
}

static int map_file(struct file *f, void *addr, size_t len, int prot, int flags, off_t off,
		    void **out)
{
	bool shared = (flags & MAP_SHARED) != 0;
	struct source from = { .read_only = shared, .off = off };
	struct stat st;
	void *data = NULL;
	int r = check_file(f, prot, flags);

	if (r == 0) {
		r = f->ops->stat(f, &st);
	}
	if (r == 0 && !S_ISREG(st.st_mode)) {
		r = -ENODEV;
	}
	if (r == 0 && off >= st.st_size) {
		r = -ENXIO;
	}
	if (r == 0) {
		from.size = MIN(len, (size_t)(st.st_size - off));
		r = f->ops->map != NULL ? f->ops->map(f, off, from.size, &data) : 0;
	}
	if (r != 0) {
		return r;
	}
	if (data == NULL) {
		from.file = f;
		return place(addr, len, prot, flags, &from, out);
	}
	/* In place there is no zero fill behind the end, and no change of rights. */
	if (shared && (flags & MAP_FIXED) == 0 && prot == PROT_READ && from.size == len &&
	    (uintptr_t)data % PAGE_SIZE == 0) {
		return map_in_place(data, len, out);
	}
	from.data = data;
	return place(addr, len, prot, flags, &from, out);
}

static int do_map(void *addr, size_t len, int prot, int flags, int fd, off_t off, void **out)
{
	static const struct source zeros = { .data = "", .anonymous = true };
	struct file *f;
	int r;

	if ((flags & MAP_ANONYMOUS) != 0) {
		return place(addr, len, prot, flags, &zeros, out);
	}
	f = fd_get(fd);
	if (f == NULL) {
		return -EBADF;
	}
	r = map_file(f, addr, len, prot, flags, off, out);
	fd_put(f);
	return r;
}

int mmap_check_range(const void *addr, size_t *len)
{
	uintptr_t end;

	if ((uintptr_t)addr % PAGE_SIZE != 0 || *len == 0 || *len > SIZE_MAX - PAGE_SIZE) {
		return -EINVAL;
	}
	*len = ALIGN_UP(*len, PAGE_SIZE);
	return add_overflow((uintptr_t)addr, *len, &end) ? -EINVAL : 0;
}

static int check_map(const void *addr, size_t *len, int prot, int flags, off_t off)
{
	int kind = flags & (MAP_SHARED | MAP_PRIVATE), r = check_prot(prot);

	if (r != 0) {
		return r;
	}
	if ((kind != MAP_SHARED && kind != MAP_PRIVATE) || *len == 0 || off < 0 ||
	    off % (off_t)PAGE_SIZE != 0) {
		return -EINVAL;
	}
	if (*len > SIZE_MAX / 2) {
		return -ENOMEM;
	}
	/* No place can be had by its address: where there is memory, somebody has it. */
	if ((flags & MAP_FIXED_NOREPLACE) != 0) {
		return (uintptr_t)addr % PAGE_SIZE != 0 ? -EINVAL : -EEXIST;
	}
	return mmap_check_range((flags & MAP_FIXED) != 0 ? addr : NULL, len);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *p = NULL;
	int r = check_map(addr, &len, prot, flags, off);

	if (r == 0) {
		mutex_lock(&map.lock);
		r = do_map(addr, len, prot, flags, fd, off, &p);
		mutex_unlock(&map.lock);
	}
	return result(r) != 0 ? MAP_FAILED : p;
}

/* --- changing -------------------------------------------------------------------------------- */

int munmap(void *addr, size_t len)
{
	uintptr_t start = (uintptr_t)addr;
	int r = mmap_check_range(addr, &len);

	if (r == 0) {
		mutex_lock(&map.lock);
		r = each(start, start + len, free_region, 0);
		forget_files(start, start + len);
		mutex_unlock(&map.lock);
	}
	return (int)result(r);
}

static int check_writable(struct region *r, uintptr_t unused)
{
	(void)unused;
	return r->read_only ? -EACCES : 0;
}

static int protect(uintptr_t start, uintptr_t end, int prot)
{
	int error = 0;

	if (!covered(start, end)) {
		return file_at(start, end) == NULL ? -ENOMEM : prot == PROT_READ ? 0 : -EACCES;
	}
	if ((prot & PROT_WRITE) != 0) {
		error = each(start, end, check_writable, 0);
	}
	return error != 0 ? error : each(start, end, give_rights, (uintptr_t)prot);
}

int mprotect(void *addr, size_t len, int prot)
{
	int r = check_prot(prot);

	if (r == 0 && len == 0 && (uintptr_t)addr % PAGE_SIZE == 0) {
		return 0;
	}
	r = r != 0 ? r : mmap_check_range(addr, &len);
	if (r == 0) {
		mutex_lock(&map.lock);
		r = protect((uintptr_t)addr, (uintptr_t)addr + len, prot);
		mutex_unlock(&map.lock);
	}
	return (int)result(r);
}

/* Grow [start, start + old) by moving it: what lies behind it is somebody's. */
static int move(uintptr_t start, size_t old, size_t len, void **out)
{
	static const struct source zeros = { .data = "", .anonymous = true };
	const struct region *r = region_of(first_behind(start));
	bool blank = r->blank;
	int prot = r->prot, error;

	if (r->end < start + old || !r->anonymous || prot == PROT_MIXED) {
		return -EFAULT; /* as on Linux: one mapping at a time, with the same rights */
	}
	error = new_pages(len, blank ? PROT_NONE : PROT_RW, &zeros, out);
	if (error == 0 && prot == PROT_NONE && !blank) {
		error = each(start, start + old, give_rights, PROT_READ);
	}
	if (error == 0 && !blank) {
		memcpy(*out, (void *)start, old);
		error = each((uintptr_t)*out, (uintptr_t)*out + len, give_rights, (uintptr_t)prot);
	}
	return error != 0 ? error : each(start, start + old, free_region, 0);
}

static int resize(uintptr_t start, size_t old, size_t len, int flags, void **out)
{
	*out = (void *)start;
	if (!covered(start, start + old)) {
		return -EFAULT;
	}
	if (len <= old) {
		return len == old ? 0 : each(start + len, start + old, free_region, 0);
	}
	return (flags & MREMAP_MAYMOVE) == 0 ? -ENOMEM : move(start, old, len, out);
}

void *mremap(void *addr, size_t old, size_t len, int flags, ...)
{
	void *p = NULL;
	int r = mmap_check_range(addr, &old);

	if (len > SIZE_MAX / 2) {
		r = -ENOMEM;
	}
	if (r == 0 && ((flags & ~MREMAP_MAYMOVE) != 0 || len == 0)) {
		r = -EINVAL;
	}
	if (r == 0) {
		mutex_lock(&map.lock);
		r = resize((uintptr_t)addr, old, ALIGN_UP(len, PAGE_SIZE), flags, &p);
		mutex_unlock(&map.lock);
	}
	return result(r) != 0 ? MAP_FAILED : p;
}

/* --- advice, state ----------------------------------------------------------------------------- */

static int empty(struct region *r, uintptr_t unused)
{
	int prot = r->prot, error;

	(void)unused;
	if (!r->anonymous) {
		return -EINVAL;
	}
	if (prot == PROT_NONE) {
		r->blank = true;
		return 0;
	}
	error = enter_rights(r, PROT_RW);
	if (error == 0) {
		memset((void *)r->start, 0, r->end - r->start);
		error = set_rights(r, prot);
	}
	return error;
}

/* MADV_DONTNEED promises zeros to the next reader; the rest is only advice. */
int madvise(void *addr, size_t len, int advice)
{
	uintptr_t start = (uintptr_t)addr;
	int error = len == 0 ? 0 : mmap_check_range(addr, &len);

	if (error == 0 && len > 0 && advice == MADV_DONTNEED) {
		mutex_lock(&map.lock);
		error = covered(start, start + len) ? each(start, start + len, empty, 0) : -ENOMEM;
		mutex_unlock(&map.lock);
	}
	return (int)result(error);
}

int mmap_check_mapped(void *addr, size_t len)
{
	uintptr_t start = (uintptr_t)addr;
	bool found;

	mutex_lock(&map.lock);
	found = covered(start, start + len) || file_at(start, start + len) != NULL;
	mutex_unlock(&map.lock);
	return found ? 0 : -ENOMEM;
}
