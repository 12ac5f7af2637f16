/* SPDX-License-Identifier: MIT */
/* Streams of other kinds than files, their locks, memory. */
#define _GNU_SOURCE
#include "posix_test.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void test_streams(void)
{
	FILE *f = fopen("/data/lines.txt", "r");
	char *line = NULL, *text = NULL, buf[16] = "";
	size_t room = 0, size = 0;

	is(getline(&line, &room, f), 11, "getline");
	ok(strcmp(line, "first line\n") == 0, "its text");
	is(getdelim(&line, &room, ' ', f), 7, "getdelim");
	is(ftrylockfile(f), 0, "ftrylockfile");
	flockfile(f);
	is(getc_unlocked(f), 'l', "getc_unlocked");
	funlockfile(f);
	funlockfile(f);
	ok(__freading(f) && !__fwriting(f), "__freading");
	fclose(f);
	free(line);
	f = open_memstream(&text, &size);
	ok(fprintf(f, "%d %s", 42, "words") == 8 && fflush(f) == 0 && size == 8, "open_memstream");
	_flushlbf();
	fclose(f);
	ok(strcmp(text, "42 words") == 0, "its text");
	free(text);
	f = fmemopen(buf, sizeof(buf), "w");
	fputs("inside", f);
	fclose(f);
	ok(strcmp(buf, "inside") == 0, "fmemopen");
	ok(asprintf(&text, "%05d|%.2f|%ls", 7, 2.5, L"wide") == 15, "asprintf");
	ok(strcmp(text, "00007|2.50|wide") == 0, "its text");
	free(text);
	ok(dprintf(STDOUT_FILENO, "# %s\n", "dprintf") == 10, "dprintf");
}

static void test_memory(void)
{
	volatile size_t many = 1UL << 40;
	void *p = NULL;
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	struct mallinfo m = mallinfo();

	ok(posix_memalign(&p, 4096, 100) == 0 && ((unsigned long)p & 4095) == 0, "posix_memalign");
	ok(malloc_usable_size(p) >= 100, "malloc_usable_size");
	free(p);
	p = pvalloc(1);
	ok(p != NULL && malloc_usable_size(p) >= 4096, "pvalloc");
	free(p);
	ok(m.uordblks > 0 && m.fordblks > 0 && mallopt(1, 1) == 0, "mallinfo, mallopt");
	p = reallocarray(NULL, many, many);
	ok(p == NULL && errno == ENOMEM, "reallocarray");
	ok(getentropy(a, 32) == 0 && getrandom(b, 32, 0) == 32 && memcmp(a, b, 32) != 0, "random");
	fails(getentropy(a, 257), EIO, "getentropy of too much");
	ok(arc4random_uniform(10) < 10, "arc4random_uniform");
}

void test_output(void)
{
	test_streams();
	test_memory();
}
