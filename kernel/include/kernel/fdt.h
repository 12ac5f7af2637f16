/* SPDX-License-Identifier: MIT */
/* The device tree: the blob is walked once into an index of nodes; everything else asks
 * the index. The blob comes from outside: each read is bounds-checked, and an error
 * is reported, never trusted. Spec: Devicetree Specification v0.4. */
#pragma once

#include <kernel/types.h>

struct dt_node; /* opaque: a node of the index; valid for the life of the system */

/* Parse the blob at @blob. On an error the nodes seen so far stay usable, so that a
 * console can be found. Returns 0 or -EINVAL, and dt_error() says what was wrong. Boot, once. */
int dt_init(const void *blob);
const char *dt_error(void);
/* Bytes of the blob that are in use; firmware often pads it to megabytes. */
size_t dt_used_size(void);
/* End of the index in memory: what lies behind it in the image is free RAM. */
paddr_t dt_index_end(void);

const struct dt_node *dt_root(void);
const struct dt_node *dt_parent(const struct dt_node *n);
const struct dt_node *dt_child(const struct dt_node *n);
const struct dt_node *dt_sibling(const struct dt_node *n);
/* Next node in tree order, NULL at the end; dt_next(NULL) is the root. */
const struct dt_node *dt_next(const struct dt_node *n);
const char *dt_name(const struct dt_node *n); /* with unit address */
/* "/soc/serial@10000000" into @buf; always terminated. */
const char *dt_path(const struct dt_node *n, char *buf, size_t size);
/* By path or alias ("/chosen", "serial0", "/pl011@9000000:115200" - what follows ':' is ignored). */
const struct dt_node *dt_find(const char *path);
const struct dt_node *dt_by_phandle(uint32_t phandle);
/* status is absent, "okay" or "ok". */
bool dt_enabled(const struct dt_node *n);

/* The property's value, or NULL; @len (bytes) may be NULL. The value is not aligned. */
const void *dt_prop(const struct dt_node *n, const char *name, size_t *len);
bool dt_has(const struct dt_node *n, const char *name);
/* A string property that is properly terminated, or NULL. */
const char *dt_str(const struct dt_node *n, const char *name);
/* i-th big-endian cell of a property, or @def when absent or short. */
uint32_t dt_u32(const struct dt_node *n, const char *name, unsigned i, uint32_t def);
/* One or two cells as a number ("linux,initrd-start" comes in both sizes); false when absent. */
bool dt_number(const struct dt_node *n, const char *name, uint64_t *v);
/* Node that a phandle property points at, or NULL. */
const struct dt_node *dt_ref(const struct dt_node *n, const char *name);
/* Strings of "compatible", most specific first: NULL gives the first, a string the one after it;
 * NULL at the end. */
const char *dt_next_compatible(const struct dt_node *n, const char *s);
/* compatible contains @s. */
bool dt_compatible(const struct dt_node *n, const char *s);
/* i-th (address, size) of "reg", translated through every `ranges` up to the root.
 * Returns 0, -ENOENT (no such entry), -EINVAL (malformed, or not translatable). */
int dt_reg(const struct dt_node *n, unsigned i, uint64_t *addr, uint64_t *size);
/* i-th interrupt: controller and specifier, by interrupts-extended, or interrupts with
 * interrupt-parent of the node or the nearest ancestor. @cells takes up to 4; @n says how many. Returns 0, -ENOENT, -EINVAL. */
int dt_irq(const struct dt_node *n, unsigned i, const struct dt_node **ctl, uint32_t cells[4],
	   unsigned *ncells);

/* Memory reservation block entry i; false past the end. */
bool dt_reservation(unsigned i, uint64_t *addr, uint64_t *size);
