/* SPDX-License-Identifier: MIT */
/* Judged by tests/system/test_watchdog.py: hangs in the way that argv[1] names, on the CPU that runs it. */
#define _GNU_SOURCE
#include <kernel/arch.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEEP __attribute__((noinline, noclone))

static volatile unsigned long spins;
static volatile int stop;
static uint64_t end;

static DEEP void spin(void)
{
	spins++;
}

static DEEP void deaf(void)
{
	irqstate_t s = arch_irq_save();

	while (!stop) {
		spin();
	}
	arch_irq_restore(s);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* With one CPU main() cannot end it. */
static DEEP void hog(void)
{
	while (now() < end) {
		spins++;
	}
}

static void timer_off(bool off)
{
#ifdef __aarch64__
	__asm__ volatile("msr cntv_ctl_el0, %0" : : "r"(off ? 3UL : 1UL)); /* ENABLE, and IMASK */
#else
	if (off) {
		__asm__ volatile("csrc sie, %0" : : "r"(1UL << 5)); /* STIE */
	} else {
		__asm__ volatile("csrs sie, %0" : : "r"(1UL << 5));
	}
#endif
}

/* Without a timer, which whoever comes by interrupt may start again; open to other CPUs' interrupts. */
static DEEP void numb(void)
{
	while (now() < end) {
		timer_off(true);
		spins++;
	}
	timer_off(false);
}

static void *hang(void *arg)
{
	if (strcmp(arg, "deaf") == 0) {
		deaf();
	} else if (strcmp(arg, "numb") == 0) {
		numb();
	} else {
		hog();
	}
	spins++;
	return NULL;
}

/* On the last CPU, above others that may run there alone. */
static void start(pthread_t *t, char *how, int prio)
{
	struct sched_param p = { .sched_priority = prio };
	pthread_attr_t a;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	pthread_attr_init(&a);
	pthread_attr_setaffinity_np(&a, sizeof(set), &set);
	pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&a, SCHED_FIFO);
	pthread_attr_setschedparam(&a, &p);
	if (pthread_create(t, &a, hang, how) != 0) {
		printf("no thread\n");
	}
}

int main(int argc, char **argv)
{
	pthread_t high, low;
	char *how = argc > 1 ? argv[1] : "nothing";

	end = now() + 4000000000;
	if (strcmp(how, "nothing") != 0) {
		start(&high, how, 10);
	}
	if (strcmp(how, "nothing") != 0 && strcmp(how, "numb") != 0) {
		start(&low, how, 9);
	}
	sleep(strcmp(how, "deaf") == 0 ? 60 : 4);
	stop = 1;
	printf("the end\n");
	return 0;
}
