/* SPDX-License-Identifier: MIT */
/* Stand-ins for the kernel around one driver (driver_env.h). */
#include "driver_env.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <stdlib.h>
#include <string.h>

struct env env;
uint64_t (*env_read)(uintptr_t addr, unsigned size);
void (*env_write)(uintptr_t addr, unsigned size, uint64_t v);
struct cpu cpus[CPU_MAX];
struct thread host_thread = { .cpu = &cpus[0] };

static unsigned checks, failures;

void check(bool ok, const char *what)
{
	checks++;
	failures += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", checks, what);
}

int check_done(void)
{
	printf("1..%u\n", checks);
	return failures == 0 ? 0 : 1;
}

void env_reset(void)
{
	memset(&env, 0, sizeof(env));
}

int env_probe(const struct dt_node *n)
{
	for (const struct driver *d = drivers_start; d < drivers_end; d++) {
		for (const struct dt_match *m = d->match; m != NULL && m->compatible != NULL; m++) {
			if (strcmp(m->compatible, n->compatible) == 0) {
				/* Leaked: a driver may keep its device. */
				static struct device dev[512];
				static unsigned used;

				dev[used] =
					(struct device){ .node = n, .driver = d, .name = "/test" };
				return d->probe(&dev[used++], m);
			}
		}
	}
	return -ENODEV;
}

uint64_t host_mmio_read(uintptr_t a, unsigned size)
{
	return env_read(a, size);
}

void host_mmio_write(uintptr_t a, unsigned size, uint64_t v)
{
	env_write(a, size, v);
}

/* --- the tree ------------------------------------------------------------------- */

static const struct env_prop *find(const struct dt_node *n, const char *name)
{
	for (unsigned i = 0; i < ENV_PROPS; i++) {
		if (n->props[i].name != NULL && strcmp(n->props[i].name, name) == 0) {
			return &n->props[i];
		}
	}
	return NULL;
}

bool dt_has(const struct dt_node *n, const char *name)
{
	return find(n, name) != NULL;
}

const char *dt_str(const struct dt_node *n, const char *name)
{
	const struct env_prop *p = find(n, name);

	return p != NULL ? p->str : NULL;
}

uint32_t dt_u32(const struct dt_node *n, const char *name, unsigned i, uint32_t def)
{
	const struct env_prop *p = find(n, name);

	return p != NULL && i < p->n ? p->cells[i] : def;
}

bool dt_number(const struct dt_node *n, const char *name, uint64_t *v)
{
	const struct env_prop *p = find(n, name);

	if (p == NULL || p->n == 0) {
		return false;
	}
	*v = p->n == 1 ? p->cells[0] : (uint64_t)p->cells[0] << 32 | p->cells[1];
	return true;
}

const struct dt_node *dt_ref(const struct dt_node *n, const char *name)
{
	const struct env_prop *p = find(n, name);

	return p != NULL ? p->ref : NULL;
}

bool dt_compatible(const struct dt_node *n, const char *s)
{
	return n->compatible != NULL && strcmp(n->compatible, s) == 0;
}

const struct dt_node *dt_parent(const struct dt_node *n)
{
	return n->parent;
}

const char *dt_path(const struct dt_node *n, char *buf, size_t size)
{
	snprintf(buf, size, "/%s", n->compatible);
	return buf;
}

/* interrupts-extended: pairs of cells, of which the first is 1 when it means props[].ref. */
int dt_irq(const struct dt_node *n, unsigned i, const struct dt_node **ctl, uint32_t cells[4],
	   unsigned *ncells)
{
	static const struct dt_node other = { .compatible = "other" };
	const struct env_prop *p = find(n, "interrupts-extended");

	if (p == NULL || i * 2 + 1 >= p->n) {
		return -ENOENT;
	}
	*ctl = p->cells[i * 2] == 1 ? p->ref : &other;
	cells[0] = p->cells[i * 2 + 1];
	*ncells = 1;
	return 0;
}

int dt_reg(const struct dt_node *n, unsigned i, uint64_t *addr, uint64_t *size)
{
	if (i >= ARRAY_SIZE(n->reg) || n->reg[i].size == 0) {
		return -ENOENT;
	}
	*addr = n->reg[i].base;
	*size = n->reg[i].size;
	return 0;
}

uintptr_t dev_mmio(struct device *dev, unsigned i, size_t *size)
{
	*size = dev->node->reg[i].size;
	return dev->node->reg[i].base;
}

int dev_irq(struct device *dev, unsigned i)
{
	(void)i;
	return dev->node->irq;
}

/* --- what drivers tell the kernel -------------------------------------------------- */

void console_register(struct serial *s)
{
	env.console = s;
}

void console_input(const char *buf, size_t n)
{
	memcpy(env.input + env.input_n, buf, n);
	env.input_n += n;
}

int irq_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	(void)name;
	env.handler = fn;
	env.handler_arg = arg;
	env.handler_irq = irq;
	return 0;
}

int irq_map(const struct dt_node *ctl, const uint32_t *cells, unsigned n)
{
	(void)ctl;
	return env.irq_map != NULL ? env.irq_map(cells, n) : (int)cells[0];
}

int irq_set_cpu(int irq, unsigned cpu)
{
	env.set_cpu_irq = irq;
	env.set_cpu_to = cpu;
	return 0;
}

void msi_controller_add(struct msi_controller *c)
{
	env.msi = c;
}

int irq_chip_add(struct irqchip *c, unsigned lines)
{
	env.chip = c;
	env.chip_lines = lines;
	return 0;
}

int irq_set_root(struct irqchip *c)
{
	env.root = c;
	c->ops->cpu_init(c);
	return 0;
}

void irq_deliver(struct irqchip *c, unsigned line)
{
	(void)c;
	env.delivered[env.delivered_n++ % 64] = line;
	if (env.on_deliver != NULL) {
		env.on_deliver(line);
	}
}

void power_register(struct power_ops *ops)
{
	env.power = ops;
}

/* What is bound lives on: kept here, so that only memory that a failed probe lost is a leak. */
static void *kept[1024];

void *kzalloc(size_t n)
{
	void *p = calloc(1, n);

	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++) {
		if (kept[i] == NULL) {
			kept[i] = p;
			break;
		}
	}
	return p;
}

void kfree(void *p)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++) {
		if (kept[i] == p) {
			kept[i] = NULL;
		}
	}
	free(p);
}

unsigned env_allocations(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++) {
		n += kept[i] != NULL;
	}
	return n;
}

void log_printf(int level, const char *fmt, ...)
{
	(void)fmt;
	env.errors += level <= LOG_ERROR;
}
