/* SPDX-License-Identifier: MIT */
/* The harness of the host tests (test.h). */
#include "test.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOWN 10 /* failed checks of one test */

static struct {
	unsigned failed; /* checks of the running test */
	const char *skipped;
	uint64_t random;
} now;

static void report(const char *file, int line)
{
	now.failed++;
	if (now.failed <= SHOWN) {
		printf("# %s:%d: ", file, line);
	}
}

bool test_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok) {
		report(file, line);
		if (now.failed <= SHOWN) {
			printf("not true: %s\n", what);
		}
	}
	return ok;
}

bool test_equal(long a, long b, const char *what, const char *file, int line)
{
	if (a != b) {
		report(file, line);
		if (now.failed <= SHOWN) {
			printf("%s: %ld (0x%lx), %ld (0x%lx)\n", what, a, (unsigned long)a, b,
			       (unsigned long)b);
		}
	}
	return a == b;
}

bool test_string(const char *a, const char *b, const char *what, const char *file, int line)
{
	bool ok = a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);

	if (!ok) {
		report(file, line);
		if (now.failed <= SHOWN) {
			printf("%s: \"%s\" instead of \"%s\"\n", what, a == NULL ? "(none)" : a,
			       b == NULL ? "(none)" : b);
		}
	}
	return ok;
}

void test_skip(const char *reason)
{
	now.skipped = reason;
}

int test_run(const struct test *t, size_t n)
{
	unsigned failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		now.failed = 0;
		now.skipped = NULL;
		test_seed(i + 1);
		t[i].fn();
		failed += now.failed > 0;
		printf("%sok %zu - %s%s%s\n", now.failed > 0 ? "not " : "", i + 1, t[i].contract,
		       now.skipped != NULL ? " # SKIP " : "",
		       now.skipped != NULL ? now.skipped : "");
	}
	return failed == 0 ? 0 : 1;
}

/* xorshift64*, Marsaglia and Vigna. */
void test_seed(uint64_t seed)
{
	now.random = seed * 0x9e3779b97f4a7c15U + 1;
}

uint64_t test_random(void)
{
	now.random ^= now.random >> 12;
	now.random ^= now.random << 25;
	now.random ^= now.random >> 27;
	return now.random * 0x2545f4914f6cdd1dU;
}

unsigned test_below(unsigned n)
{
	return (unsigned)((test_random() >> 32) % n);
}

bool test_apart(void (*fn)(void), unsigned seconds)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CPU, &(struct rlimit){ seconds, seconds });
		now.failed = 0;
		fn();
		fflush(stdout);
		_exit(now.failed > 0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void *test_at_edge(const void *p, size_t n, size_t align)
{
	static char *region;
	static size_t room;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), want = (n + align + page - 1) / page * page;
	char *to;

	if (want > room) {
		if (region != NULL) {
			munmap(region, room + page);
		}
		room = want;
		region = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (region == MAP_FAILED || mprotect(region + room, page, PROT_NONE) != 0) {
			abort();
		}
	}
	ASAN_UNPOISON_MEMORY_REGION(region, room);
	to = region + room - (n + align - 1) / align * align;
	if (n > 0) {
		memcpy(to, p, n);
	}
	/* What the alignment leaves behind the end. */
	ASAN_POISON_MEMORY_REGION(to + n, (size_t)(region + room - (to + n)));
	return to;
}

void *test_read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p;

	if (f == NULL) {
		return NULL;
	}
	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f);
	rewind(f);
	p = malloc(*n + 1);
	if (p != NULL && fread(p, 1, *n, f) != *n) {
		free(p);
		p = NULL;
	}
	fclose(f);
	return p;
}

const char *test_fixture(const char *name)
{
	static char path[512];
	const char *folder = getenv("UNIT_FIXTURES");

	snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "out/unit/fixtures", name);
	return access(path, R_OK) == 0 ? path : NULL;
}
