/* SPDX-License-Identifier: MIT */
/* mmap() and what changes mappings. Rights are read back from the page table, and a few tried out. */
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <kernel/pagetable.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define PAGE  4096UL
#define RW    (PROT_READ | PROT_WRITE)
#define ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define PLAIN 20000 /* data/plain.txt: that many "m" */

static char *anon(size_t pages, int prot, int flags)
{
	return mmap(NULL, pages * PAGE, prot, ANON | flags, -1, 0);
}

static unsigned rights(const void *p)
{
	return pagetable_query((uintptr_t)p);
}

static bool all(const char *p, int value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != (char)value) {
			return false;
		}
	}
	return true;
}

static void test_anonymous(void)
{
	char *p = anon(5, RW, 0);

	ok(p != MAP_FAILED && all(p, 0, 5 * PAGE), "anonymous memory is zero");
	is((uintptr_t)p % PAGE, 0, "on a page boundary");
	is(rights(p), MAP_READ | MAP_WRITE, "to read and write");
	memset(p, 7, 5 * PAGE);
	is(munmap(p, 5 * PAGE), 0, "munmap");
	p = anon(5, RW, MAP_NORESERVE | MAP_STACK | MAP_POPULATE);
	ok(p != MAP_FAILED && all(p, 0, 5 * PAGE), "zero again, flags that only advise");
	munmap(p, 5 * PAGE);
	p = mmap((void *)0x1234567000, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ok(p != MAP_FAILED, "a hint is a hint; shared anonymous memory");
	munmap(p, PAGE);
	p = mmap(NULL, 1, PROT_READ, ANON, -1, 0);
	is(rights(p), MAP_READ, "one byte is one page, to read");
	munmap(p, 1);
	is(rights(p), MAP_READ | MAP_WRITE, "and goes back with its rights");
}

static void test_errors(void)
{
	char *p = anon(2, RW, 0);

	fails(mmap(NULL, 0, RW, ANON, -1, 0), EINVAL, "no length");
	fails(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL, "neither shared nor private");
	fails(mmap(NULL, PAGE, 64, ANON, -1, 0), EINVAL, "unknown rights");
	fails(mmap(NULL, PAGE, RW | PROT_EXEC, ANON, -1, 0), ENOTSUP, "writable code");
	fails(mmap(NULL, PAGE, RW, MAP_PRIVATE, 77, 0), EBADF, "no such file");
	fails(mmap(NULL, PAGE, RW, MAP_PRIVATE, 1, 0), ENODEV, "the console");
	fails(mmap(NULL, 1UL << 46, RW, ANON, -1, 0), ENOMEM, "more than there is");
	fails(mmap(NULL, SIZE_MAX, RW, ANON, -1, 0), ENOMEM, "more than can be counted");
	fails(mmap((void *)64, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL, "a place off boundary");
	fails(mmap((void *)(64 * PAGE), PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM,
	      "a place that is not ours");
	fails(mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST, "a place taken");
	fails(munmap(p + 1, PAGE), EINVAL, "munmap off a boundary");
	fails(munmap(p, 0), EINVAL, "munmap of nothing");
	is(munmap((void *)(64 * PAGE), PAGE), 0, "munmap of what nobody mapped");
	fails(mprotect((void *)(64 * PAGE), PAGE, RW), ENOMEM, "mprotect of it");
	fails(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM, "mprotect beyond the end");
	is(rights(p), MAP_READ | MAP_WRITE, "which changes nothing");
	fails(mprotect(p, PAGE, RW | PROT_EXEC), ENOTSUP, "mprotect to writable code");
	fails(mprotect(p, PAGE, 64), EINVAL, "mprotect to unknown rights");
	is(mprotect(p, 0, PROT_READ), 0, "mprotect of nothing");
	munmap(p, 2 * PAGE);
}

static void test_reserve(void)
{
	const size_t n = 1024; /* 4 MiB */
	char *p = anon(n, PROT_NONE, MAP_NORESERVE);

	ok(p != MAP_FAILED && rights(p) == 0 && rights(p + (n - 1) * PAGE) == 0,
	   "reserved addresses have no rights");
	is(mprotect(p + 16 * PAGE, 8 * PAGE, RW), 0, "give rights to some");
	ok(rights(p + 15 * PAGE) == 0 && rights(p + 24 * PAGE) == 0, "not to their neighbours");
	ok(all(p + 16 * PAGE, 0, 8 * PAGE), "these are zero");
	memset(p + 16 * PAGE, 1, 8 * PAGE);
	is(mprotect(p + 16 * PAGE, 8 * PAGE, PROT_NONE), 0, "take them");
	is(mprotect(p + 20 * PAGE, PAGE, PROT_READ), 0, "and give one back");
	ok(all(p + 20 * PAGE, 1, PAGE), "with its contents");
	is(madvise(p + 16 * PAGE, 8 * PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED over both kinds");
	ok(all(p + 20 * PAGE, 0, PAGE), "what can be read is zero");
	is(mprotect(p, n * PAGE, RW), 0, "mprotect across all parts");
	ok(all(p, 0, n * PAGE), "all of it zero");
	is(munmap(p, 100 * PAGE), 0, "munmap of the head");
	is(munmap(p + 512 * PAGE, 512 * PAGE), 0, "of the tail");
	p[100 * PAGE] = 1;
	p[512 * PAGE - 1] = 1;
	fails(mprotect(p + 99 * PAGE, 2 * PAGE, PROT_READ), ENOMEM, "the head is gone");
	is(munmap(p, n * PAGE), 0, "munmap over holes");
}

static void test_guards(void)
{
	char *p = anon(6, RW, 0);

	is(mprotect(p, PAGE, PROT_NONE), 0, "a guard page in front");
	is(mprotect(p + 5 * PAGE, PAGE, PROT_NONE), 0, "and behind");
	is(mprotect(p + 2 * PAGE, PAGE, PROT_READ), 0, "a constant page between");
	ok(rights(p) == 0 && rights(p + PAGE) == (MAP_READ | MAP_WRITE) &&
		   rights(p + 2 * PAGE) == MAP_READ &&
		   rights(p + 3 * PAGE) == (MAP_READ | MAP_WRITE) && rights(p + 5 * PAGE) == 0,
	   "each as asked for");
	memset(p + 3 * PAGE, 9, 2 * PAGE);
	is(mmap(p + PAGE, 3 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0), (long)(p + PAGE),
	   "MAP_FIXED across three kinds");
	ok(all(p + PAGE, 0, 3 * PAGE) && rights(p + 3 * PAGE) == MAP_READ, "zero, to read");
	ok(all(p + 4 * PAGE, 9, PAGE), "the page behind is not touched");
	fails(mmap(p + 4 * PAGE, 3 * PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM,
	      "MAP_FIXED over the end");
	is(munmap(p, 6 * PAGE), 0, "munmap of all of it");
}

static void test_neighbours(void)
{
	char *a = anon(4, RW, 0), *b = anon(4, RW, 0);
	char *low = a < b ? a : b, *high = a < b ? b : a;

	if (high != low + 4 * PAGE) {
		diag("# the two are not adjacent");
	} else {
		is(mprotect(low + 2 * PAGE, 4 * PAGE, PROT_READ), 0, "across two mappings");
		ok(rights(low + 3 * PAGE) == MAP_READ && rights(high + PAGE) == MAP_READ &&
			   rights(high + 2 * PAGE) == (MAP_READ | MAP_WRITE),
		   "both changed");
		is(munmap(low + 3 * PAGE, 2 * PAGE), 0, "munmap across them");
	}
	is(munmap(a, 4 * PAGE), 0, "the rest of one");
	is(munmap(b, 4 * PAGE), 0, "the rest of the other");
}

static void test_files(void)
{
	int fd = open("/data/plain.txt", O_RDONLY);
	char *p = mmap(NULL, PLAIN, RW, MAP_PRIVATE, fd, 0), *q, *r;

	ok(p != MAP_FAILED && all(p, 'm', PLAIN), "a private mapping");
	ok(all(p + PLAIN, 0, 5 * PAGE - PLAIN), "zero behind the end");
	p[5] = 'x';
	q = mmap(NULL, 100, PROT_READ, MAP_SHARED, fd, 4 * (off_t)PAGE);
	ok(q != MAP_FAILED && all(q, 'm', 100), "shared, from an offset: not what was written");
	fails(mmap(NULL, PLAIN, RW, MAP_SHARED, fd, 0), EACCES, "shared and writable");
	fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL, "an odd offset");
	fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 5 * (off_t)PAGE), ENXIO, "at the end");
	fails(mprotect(q, 100, RW), EACCES, "shared to writable");
	is(mprotect(q, 100, PROT_READ), 0, "to what it is");
	r = mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	ok(r == p + PAGE && rights(r) == MAP_READ && p[5] == 'x', "a file at a fixed place");
	fails(madvise(p, PAGE, MADV_DONTNEED), EINVAL, "a copy cannot be forgotten");
	is(msync(q, 100, MS_SYNC), 0, "msync");
	close(fd);
	ok(all(p + 2 * PAGE, 'm', PAGE), "mappings outlive their descriptor");
	is(munmap(q, 100), 0, "munmap shared");
	is(munmap(p, PLAIN), 0, "munmap private");
}

/* Code that returns its argument plus 42. */
#if defined(__riscv)
static const uint32_t plus_42[] = { 0x02a50513, 0x00008067 }; /* addi a0, a0, 42; ret */
static const uint32_t plus_7[] = { 0x00750513, 0x00008067 };
#else
static const uint32_t plus_42[] = { 0x9100a800, 0xd65f03c0 }; /* add x0, x0, #42; ret */
static const uint32_t plus_7[] = { 0x91001c00, 0xd65f03c0 };
#endif

static long run(void *code, long n)
{
	return ((long (*)(long))(uintptr_t)code)(n);
}

static void test_code(void)
{
	void *p = anon(1, RW, 0);

	memcpy(p, plus_42, sizeof(plus_42));
	is(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0, "from written to code");
	is(run(p, 100), 142, "which runs");
	is(rights(p), MAP_READ | MAP_EXEC, "and cannot be written");
	is(mprotect(p, PAGE, RW), 0, "back");
	memcpy(p, plus_7, sizeof(plus_7));
	mprotect(p, PAGE, PROT_READ | PROT_EXEC);
	is(run(p, 100), 107, "other code at the same place");
	munmap(p, PAGE);
	is(rights(p), MAP_READ | MAP_WRITE, "no code is left");
}

static void test_resize(void)
{
	char *p = anon(4, RW, 0), *q;
	unsigned char in[8];

	memset(p, 3, 4 * PAGE);
	is(mremap(p, 4 * PAGE, 2 * PAGE, 0), (long)p, "mremap: smaller, in place");
	fails(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM, "the tail is gone");
	fails(mremap(p, 2 * PAGE, 8 * PAGE, 0), ENOMEM, "larger, but may not move");
	q = mremap(p, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	ok(q != MAP_FAILED && all(q, 3, 2 * PAGE) && all(q + 2 * PAGE, 0, 6 * PAGE),
	   "larger: the contents, then zeros");
	fails(mremap(p, PAGE * 2, PAGE, MREMAP_MAYMOVE), EFAULT, "the old place is gone");
	is(mincore(q, 8 * PAGE, in), 0, "mincore");
	ok(in[0] == 1 && in[7] == 1, "all of it is there");
	munmap(q + 4 * PAGE, PAGE);
	fails(mincore(q, 8 * PAGE, in), ENOMEM, "mincore over a hole");
	munmap(q, 8 * PAGE);
	is(mlock(in, 8) | munlock(in, 8) | mlockall(MCL_CURRENT) | munlockall(), 0, "mlock");
	is(posix_madvise(q, PAGE, POSIX_MADV_WILLNEED), 0, "posix_madvise");
}

/* --- faults ---------------------------------------------------------------------------------- */

static sigjmp_buf back;
static void *volatile fault_address;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	fault_address = info->si_addr;
	siglongjmp(back, 1);
}

/* Whether a load or a store at @p faults there. */
static bool faults(volatile char *p, bool store)
{
	fault_address = NULL;
	if (sigsetjmp(back, 1) == 0) {
		if (store) {
			*p = 1;
		} else {
			(void)*p;
		}
		return false;
	}
	return fault_address == p;
}

static void test_faults(void)
{
	struct sigaction act = { .sa_flags = SA_SIGINFO }, old;
	char *p = anon(3, RW, 0);

	act.sa_sigaction = on_fault;
	sigaction(SIGSEGV, &act, &old);
	mprotect(p + PAGE, PAGE, PROT_NONE);
	ok(!faults(p, true) && faults(p + PAGE, false) && faults(p + PAGE, true), "a guard page");
	mprotect(p + PAGE, PAGE, PROT_READ);
	ok(!faults(p + PAGE, false) && faults(p + PAGE + 9, true), "a constant page");
	mprotect(p, 3 * PAGE, PROT_READ | PROT_EXEC);
	ok(!faults(p, false) && faults(p, true), "code");
	mprotect(p, 3 * PAGE, RW);
	ok(!faults(p, true) && !faults(p + PAGE, true), "memory again");
	munmap(p, 3 * PAGE);
	sigaction(SIGSEGV, &old, NULL);
}

/* --- many at once ---------------------------------------------------------------------------- */

static void *churn(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg * 2654435761U;
	long wrong = 0;

	for (int i = 0; i < 40; i++) {
		size_t n = (seed = seed * 1103515245U + 12345U) >> 16 & 7;
		char *p = anon(n + 3, RW, 0);

		if (p == MAP_FAILED || !all(p, 0, (n + 3) * PAGE)) {
			wrong++;
			continue;
		}
		memset(p, (int)seed, (n + 3) * PAGE);
		wrong += mprotect(p + PAGE, PAGE, i % 2 != 0 ? PROT_NONE : PROT_READ) != 0;
		wrong += !all(p + 2 * PAGE, (int)seed, (n + 1) * PAGE);
		wrong += munmap(p, PAGE) != 0;
		wrong += munmap(p + PAGE, (n + 2) * PAGE) != 0;
	}
	return (void *)wrong;
}

static void test_threads(void)
{
	pthread_t t[4];
	struct sysinfo before, after;
	void *wrong;
	long sum = 0;

	sysinfo(&before);
	for (uintptr_t i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, churn, (void *)(i + 1));
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &wrong);
		sum += (long)wrong;
	}
	sysinfo(&after);
	is(sum, 0, "four threads map, protect and unmap");
	ok(before.freeram < after.freeram + 512, "and give all of it back");
}

int main(void)
{
	test_anonymous();
	test_errors();
	test_reserve();
	test_guards();
	test_neighbours();
	test_files();
	test_code();
	test_resize();
	test_faults();
	test_threads();
	return tap_done();
}
