/* SPDX-License-Identifier: MIT */
/* QEMU TCG plugin: counts the guest's executed instructions in a file that others may map or read
 * while the guest runs. Debian ships no plugin header, so the few functions
 * used are declared here. Tested with QEMU 7.2 (plugin API 1); from API 2 on, where the inline
 * addition to an address of ours has gone, a callback per block does the same (not tested).
 *
 *   cc -O2 -shared -fPIC -o count.so count.c -ldl
 *   qemu-system-... -plugin file=count.so,out=FILE[,mark=0xADDRESS]...
 *   qemu-system-... -plugin file=count.so,out=FILE,each=on[,hit=0xADDRESS]...[,apart=0xFROM-0xTO]...
 *
 * FILE holds little-endian u64s: [0] instructions so far; [1 + i] how many had been executed when the
 * one at the i-th mark (a guest virtual address) was about to be, for the first time; 0: not yet. This
 * is for CPUs that take turns on one thread of the host, as one CPU does: others would lose counts.
 * With each=on every CPU has eight words of its own instead, from [16 + 8 * CPU] on, which its thread alone
 * writes: its instructions; how often it came to the i-th hit; in the last one, instructions of blocks that
 * begin inside a range that is to be kept apart, which the first one has not.
 * A block that a fault or interrupt leaves early counts in full, so totals are slightly high. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT	  __attribute__((visibility("default")))
#define MARKS_MAX 8U
#define FILE_SIZE 4096
/* Each CPU's words: a cache line, so that the threads do not wait for one another. */
#define EACH_FIRST 16U
#define EACH_WORDS 8U
#define CPUS_MAX   16U
#define APART	   (EACH_WORDS - 1)
#define HITS_MAX   (APART - 1)
#define RANGES_MAX 4U
/* A callback's argument: which mark in the low bits, the instructions of its block from it on above. */
#define MARK_BITS 3U

/* --- QEMU's side, of its include/qemu/qemu-plugin.h */
typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum { NO_REGISTERS = 0 };
enum { INLINE_ADD_U64 = 0 };
typedef void (*translated_fn)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*executed_fn)(unsigned int cpu, void *arg);
typedef void (*tb_inline_fn)(struct qemu_plugin_tb *tb, int op, void *ptr, uint64_t operand);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translated_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_fn fn, int flags,
					  void *arg);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed_fn fn,
					    int flags, void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* What QEMU reads from us. */
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);

static struct {
	uint64_t *file; /* [0] the total, [1 + i] the marks */
	uint64_t marks[MARKS_MAX];
	unsigned int n_marks;
	uint64_t hits[HITS_MAX];
	unsigned int n_hits;
	struct {
		uint64_t from, to;
	} ranges[RANGES_MAX];
	unsigned int n_ranges;
	bool each;
	tb_inline_fn tb_inline; /* NULL from plugin API 2 on */
} count;

/* QEMU reads the version before it calls anything, so it is chosen when the file is loaded. */
__attribute__((constructor)) static void choose_version(void)
{
	void *fn = dlsym(RTLD_DEFAULT, "qemu_plugin_register_vcpu_tb_exec_inline");

	count.tb_inline = (tb_inline_fn)(uintptr_t)fn;
	qemu_plugin_version = fn != NULL ? 1 : 2;
}

static void block_executed(unsigned int cpu, void *arg)
{
	(void)cpu;
	count.file[0] += (uintptr_t)arg;
}

static void block_executed_each(unsigned int cpu, void *arg)
{
	if (cpu < CPUS_MAX) {
		count.file[EACH_FIRST + EACH_WORDS * cpu] += (uintptr_t)arg;
	}
}

static void block_executed_apart(unsigned int cpu, void *arg)
{
	if (cpu < CPUS_MAX) {
		count.file[EACH_FIRST + EACH_WORDS * cpu + APART] += (uintptr_t)arg;
	}
}

static void hit(unsigned int cpu, void *arg)
{
	if (cpu < CPUS_MAX) {
		count.file[EACH_FIRST + EACH_WORDS * cpu + 1 + (uintptr_t)arg]++;
	}
}

/* The block was added to the total in full when it began. */
static void mark_reached(unsigned int cpu, void *arg)
{
	uintptr_t v = (uintptr_t)arg;
	uint64_t *mark = &count.file[1 + (v & (MARKS_MAX - 1))];

	(void)cpu;
	if (*mark == 0) {
		*mark = count.file[0] - (v >> MARK_BITS);
	}
}

static bool is_apart(struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));

	for (unsigned int i = 0; i < count.n_ranges; i++) {
		if (address >= count.ranges[i].from && address < count.ranges[i].to) {
			return true;
		}
	}
	return false;
}

static void watch_marks(struct qemu_plugin_tb *tb, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		for (unsigned int m = 0; m < count.n_marks; m++) {
			uintptr_t arg = (uintptr_t)(n - i) << MARK_BITS | m;

			if (address == count.marks[m]) {
				qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_reached,
								       NO_REGISTERS, (void *)arg);
			}
		}
		for (uintptr_t h = 0; h < count.n_hits; h++) {
			if (address == count.hits[h]) {
				qemu_plugin_register_vcpu_insn_exec_cb(insn, hit, NO_REGISTERS,
								       (void *)h);
			}
		}
	}
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	if (count.each) {
		qemu_plugin_register_vcpu_tb_exec_cb(
			tb, is_apart(tb) ? block_executed_apart : block_executed_each, NO_REGISTERS,
			(void *)n);
	} else if (count.tb_inline != NULL) {
		count.tb_inline(tb, INLINE_ADD_U64, &count.file[0], n);
	} else {
		qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, NO_REGISTERS, (void *)n);
	}
	watch_marks(tb, n);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, FILE_SIZE) != 0) {
		perror(path);
		return -1;
	}
	count.file = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return count.file != MAP_FAILED ? 0 : -1;
}

static bool take_range(const char *text)
{
	char *end;
	uint64_t from = strtoull(text, &end, 0);

	if (*end != '-' || count.n_ranges == RANGES_MAX) {
		return false;
	}
	count.ranges[count.n_ranges].from = from;
	count.ranges[count.n_ranges++].to = strtoull(end + 1, NULL, 0);
	return true;
}

/* One option; false: it is none, or there are too many. */
static bool take_option(const char *text, const char **path)
{
	if (strncmp(text, "out=", 4) == 0) {
		*path = text + 4;
	} else if (strncmp(text, "mark=", 5) == 0 && count.n_marks < MARKS_MAX) {
		count.marks[count.n_marks++] = strtoull(text + 5, NULL, 0);
	} else if (strncmp(text, "hit=", 4) == 0 && count.n_hits < HITS_MAX) {
		count.hits[count.n_hits++] = strtoull(text + 4, NULL, 0);
	} else if (strncmp(text, "apart=", 6) == 0) {
		return take_range(text + 6);
	} else if (strcmp(text, "each=on") == 0) {
		count.each = true;
	} else {
		return false;
	}
	return true;
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	const char *path = NULL;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!take_option(argv[i], &path)) {
			fprintf(stderr,
				"count: what is %s? Options: out=FILE mark=ADDRESS (%u at most) "
				"each=on "
				"hit=ADDRESS (%u at most) apart=FROM-TO (%u at most)\n",
				argv[i], MARKS_MAX, HITS_MAX, RANGES_MAX);
			return -1;
		}
	}
	if (count.each ? count.n_marks > 0 : count.n_hits + count.n_ranges > 0) {
		fprintf(stderr, "count: mark= is for the total; hit= and apart= for each=on\n");
		return -1;
	}
	if (path == NULL || open_file(path) != 0) {
		fprintf(stderr, "count: out=FILE is needed\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
