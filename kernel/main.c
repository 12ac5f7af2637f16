/* SPDX-License-Identifier: MIT */
/* The boot order, from the first C to main(). */
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/console.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/rand.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <kernel/version.h>
#include <kernel/watchdog.h>
#include <string.h>

extern char _image_start[], _image_end[], boot_stack[], boot_stack_top[];
extern const unsigned long app_stack_size; /* by the build from app.mk; 0: the default */

/* libc/start.c: constructors, main(), exit(). */
void libc_start(void) __attribute__((noreturn));

/* Every enabled memory node, all its ranges (Devicetree Specification 3.4). */
static void find_ram(void)
{
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		const char *type = dt_str(n, "device_type");
		uint64_t start, size;

		if (type == NULL || strcmp(type, "memory") != 0 || !dt_enabled(n)) {
			continue;
		}
		for (unsigned i = 0; dt_reg(n, i, &start, &size) == 0; i++) {
			page_add_ram(start, size);
		}
	}
}

static void reserve_ram(paddr_t fdt)
{
	const struct dt_node *chosen = dt_find("/chosen"), *n = dt_find("/reserved-memory");
	uint64_t start, end, size;

	page_reserve((paddr_t)_image_start, dt_index_end() - (paddr_t)_image_start);
	page_reserve(fdt, dt_used_size());
	for (unsigned i = 0; dt_reservation(i, &start, &size); i++) {
		/* The loader's entry for the blob itself names the padded size: ours is enough. */
		if (start != fdt) {
			page_reserve(start, size);
		}
	}
	for (n = n == NULL ? NULL : dt_child(n); n != NULL; n = dt_sibling(n)) {
		for (unsigned i = 0; dt_enabled(n) && dt_reg(n, i, &start, &size) == 0; i++) {
			page_reserve(start, size);
		}
	}
	if (chosen != NULL && dt_number(chosen, "linux,initrd-start", &start) &&
	    dt_number(chosen, "linux,initrd-end", &end) && end > start) {
		page_reserve(start, end - start);
	}
}

/* No usable tree: find a console in what could be read of it, say so, and stop. */
static void __attribute__((noreturn)) no_tree(paddr_t fdt, const char *why)
{
	/* The unused part of the node index serves as memory for the few structures this takes. */
	page_add_ram(ALIGN_UP(dt_index_end(), PAGE_SIZE), (paddr_t)_image_end - dt_index_end());
	page_init();
	kmalloc_init();
	params_init(NULL);
	device_match();
	device_probe_stage(STAGE_POWER);
	device_probe_stage(STAGE_SERIAL);
	panic("device tree at %p: %s; boot with a valid one in %s", (void *)fdt, why,
	      strcmp(arch_machine, "aarch64") == 0 ? "x0" : "a1");
}

static void set_log_level(void)
{
	if (param("quiet") != NULL) {
		log_set_level(LOG_WARN);
	}
	if (param("debug") != NULL) {
		log_set_level(LOG_DEBUG);
	}
	log_set_level((int)param_number("loglevel", (uint64_t)log_level()));
}

/* The loader's seed (64 bytes from QEMU) counts in full; each CPU word as its 64 bits. */
static void seed_random(void)
{
	const struct dt_node *chosen = dt_find("/chosen");
	uint64_t word = arch_counter();
	const void *seed;
	size_t n;

	rand_add(&word, sizeof(word), 0);
	seed = chosen == NULL ? NULL : dt_prop(chosen, "rng-seed", &n);
	if (seed != NULL) {
		rand_add(seed, n, (unsigned)MIN(n * 8, 512UL));
	}
	for (int i = 0; i < 4 && arch_entropy(&word); i++) {
		rand_add(&word, sizeof(word), 64);
	}
}

static void banner(uint64_t free)
{
	const char *model = dt_str(dt_root(), "model");

	log_info("Coracle " CORACLE_VERSION " on %s, %s", arch_machine,
		 model != NULL ? model : "unnamed machine");
	log_info("memory: %lu KiB, %lu KiB free; image at %p, %lu KiB", page_total() << 2,
		 free >> 10, (void *)_image_start,
		 (unsigned long)(_image_end - _image_start) >> 10);
}

static void *main_thread(void *arg)
{
	(void)arg;
	device_probe_stage(STAGE_MAIN);
	libc_start();
}

static void start_main(void)
{
	const struct thread_attr attr = { .name = "main", .stack_size = app_stack_size };

	if (thread_create(&attr, main_thread, NULL) == NULL) {
		panic("no memory for the main thread: give the machine more");
	}
}

void kernel_main(paddr_t fdt, uint64_t cpu_id, uint64_t start)
{
	const struct dt_node *chosen;
	uint64_t free;

	time_start(start);
	sched_init(&cpus[0], cpu_id, (uintptr_t)boot_stack, (uintptr_t)boot_stack_top);
	arch_cpu_init(&cpus[0]);
	if (dt_init((const void *)fdt) != 0) {
		no_tree(fdt, dt_error());
	}
	kmalloc_init();
	find_ram();
	reserve_ram(fdt);
	free = page_init();
	if (free == 0) {
		no_tree(fdt, "no usable memory in its /memory nodes");
	}
	chosen = dt_find("/chosen");
	params_init(chosen == NULL ? NULL : dt_str(chosen, "bootargs"));
	set_log_level();
	seed_random();
	device_match();
	device_probe_stage(STAGE_IRQCHIP);
	device_probe_stage(STAGE_TIMER);
	device_probe_stage(STAGE_SERIAL);
	device_probe_stage(STAGE_POWER);
	if (!clockevent_present()) {
		panic("no timer or interrupt controller in the device tree works: see the lines "
		      "above");
	}
	banner(free);
	device_probe_stage(STAGE_BUS);
	device_probe_stage(STAGE_DEVICE);
	device_probe_stage(STAGE_SERVICE);
	smp_start();
	watchdog_start();
	start_main();
	sched_idle();
}
