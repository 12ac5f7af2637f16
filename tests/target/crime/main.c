/* SPDX-License-Identifier: MIT */
/* Judged by tests/system/test_crash.py: commits the crime that argv[1] names, three calls deep
 * (outer, middle, inner), so that the backtrace has names to show. Must never come back. */
#include <assert.h>
#include <kernel/panic.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEP __attribute__((noinline, noclone))

typedef void crime_fn(void);

static const unsigned constant[4] = { 1, 2, 3, 4 };
static volatile unsigned sink;
static unsigned data[64] __attribute__((aligned(64)));
static void *volatile pointer;

static void write_text(void)
{
	*(volatile unsigned *)(uintptr_t)write_text = 0;
}

static void write_rodata(void)
{
	pointer = (void *)(uintptr_t)constant;
	*(volatile unsigned *)pointer = 2;
}

static DEEP void jump_to(void *where)
{
	void (*volatile target)(void) = (void (*)(void))(uintptr_t)where;

	target();
	sink++; /* here and below: so that the call is no tail call */
}

static void exec_data(void)
{
	jump_to(data);
	sink++;
}

static void exec_heap(void)
{
	jump_to(calloc(1, 64));
	sink++;
}

static void exec_stack(void)
{
	volatile unsigned code[16] = { 0 };

	jump_to((void *)(uintptr_t)code);
	sink++;
}

static void jump_null(void)
{
	jump_to(NULL);
	sink++;
}

static void read_null(void)
{
	pointer = NULL;
	sink = *(volatile unsigned *)pointer;
}

static void write_null_page(void)
{
	pointer = (void *)0x123 + 1; /* a field of a structure that is not there */
	*(volatile unsigned *)pointer = 1;
}

static void read_unmapped(void)
{
	pointer = (void *)0x7000000000UL;
	sink = *(volatile unsigned *)pointer;
}

/* Not a tail call, and a frame that the compiler cannot leave out. */
static DEEP unsigned recurse(unsigned depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	if (depth == UINT32_MAX) { /* so that the compiler believes in an end */
		return 0;
	}
	return recurse(depth + 1) + (unsigned)frame[0];
}

static void stack_main(void)
{
	sink = recurse(0);
}

static void *thread_body(void *arg)
{
	sink = recurse(0);
	return arg;
}

static void stack_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread_body, NULL);
	pthread_join(t, NULL);
}

static void double_free(void)
{
	void *p = malloc(100);

	pointer = p;
	free(p);
	free(pointer);
	sink++;
}

static void wild_free(void)
{
	pointer = &data[4];
	free(pointer);
	sink++;
}

static void inner_free(void)
{
	pointer = (char *)malloc(100) + 16;
	free(pointer);
	sink++;
}

static void undefined(void)
{
	/* All zeros is no instruction on either architecture. */
	__asm__ volatile(".long 0");
}

static void trap(void)
{
	__builtin_trap();
}

static void call_abort(void)
{
	abort();
}

static void call_assert(void)
{
	assert(sink == 12345);
}

static void call_panic(void)
{
	panic("the test asked for it: %d", 42);
}

static const struct {
	const char *name;
	crime_fn *fn;
} crimes[] = {
	{ "write_text", write_text },	    { "write_rodata", write_rodata },
	{ "exec_data", exec_data },	    { "exec_heap", exec_heap },
	{ "exec_stack", exec_stack },	    { "jump_null", jump_null },
	{ "read_null", read_null },	    { "write_null_page", write_null_page },
	{ "read_unmapped", read_unmapped }, { "stack_main", stack_main },
	{ "stack_thread", stack_thread },   { "double_free", double_free },
	{ "wild_free", wild_free },	    { "inner_free", inner_free },
	{ "undefined", undefined },	    { "trap", trap },
	{ "call_abort", call_abort },	    { "call_assert", call_assert },
	{ "call_panic", call_panic },
};

static DEEP void inner(crime_fn *fn)
{
	fn();
	sink++;
}

static DEEP void middle(crime_fn *fn)
{
	inner(fn);
	sink++;
}

static DEEP void outer(crime_fn *fn)
{
	middle(fn);
	sink++;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(crimes) / sizeof(crimes[0]); i++) {
		if (strcmp(crimes[i].name, argv[1]) == 0) {
			puts("before the crime");
			outer(crimes[i].fn);
			puts("the crime went unnoticed");
			return 3;
		}
	}
	puts("no such crime");
	return 2;
}
