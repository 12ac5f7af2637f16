/* SPDX-License-Identifier: MIT */
/* The flattened tree becomes an index of nodes in one pass that checks every step; lookups afterwards
 * walk only what that pass has seen. libfdt checks the header and reads the reservations; its token
 * reader checks a name byte by byte through two calls each, a quarter of the whole boot, so the
 * pass has its own. Spec: Devicetree Specification v0.4, 2 and 5. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/fdt.h>
#include <libfdt.h>
#include <limits.h>
#include <string.h>

#define NODES	  2048
#define DEPTH_MAX 32
#define BLOB_MAX  (2U << 20)

/* Links are indexes into nodes[]; 0, the root, is nobody's child or sibling: it means none. */
struct dt_node {
	uint32_t name;	 /* offset of the name in the structure block */
	uint32_t props;	 /* offset of the first property token */
	uint32_t compat; /* offset of the value of "compatible" */
	uint32_t compat_len;
	uint32_t phandle;
	uint16_t parent, child, sibling, last_child;
	uint8_t address_cells, size_cells; /* that it lays down for its children */
	bool disabled;
};

/* Last in the image, so that the part that is not used goes back to the page allocator. */
static struct dt_node nodes[NODES] __attribute__((section(".noinit.zz_last"), aligned(4096)));

static struct {
	const void *blob;
	const char *structs, *strings;
	uint32_t structs_size, strings_size;
	unsigned count;
	const char *error;
} dt;

/* A cell: aligned to 4, like all in the structure block and its values. */
static uint32_t be32(const void *p)
{
	uint32_t v = *(const uint32_t *)p;

	return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

static unsigned index_of(const struct dt_node *n)
{
	return (unsigned)(n - nodes);
}

static const struct dt_node *node_at(unsigned i)
{
	return i == 0 ? NULL : &nodes[i];
}

/* --- the one pass --------------------------------------------------------------- */

/* The token at @at, and where the next one is; 0 where that would be out of bounds. */
static uint32_t read_token(uint32_t at, uint32_t *next)
{
	uint32_t room = dt.structs_size, tag, len;

	*next = 0;
	if (at >= room || room - at < 4) {
		return FDT_END;
	}
	tag = be32(dt.structs + at);
	room -= at + 4;
	if (tag == FDT_BEGIN_NODE) {
		len = (uint32_t)strnlen(dt.structs + at + 4, room);
		if (len == room) {
			return tag;
		}
		len++;
	} else if (tag == FDT_PROP) {
		if (room < 8) {
			return tag;
		}
		len = be32(dt.structs + at + 4);
		if (len > room - 8) {
			return tag;
		}
		len += 8;
	} else if (tag == FDT_END_NODE || tag == FDT_NOP || tag == FDT_END) {
		len = 0;
	} else {
		return tag;
	}
	*next = at + 4 + ALIGN_UP(len, 4U);
	return tag;
}

static int begin_node(uint32_t offset, unsigned parent, bool first)
{
	struct dt_node *n = &nodes[dt.count];

	if (dt.count == NODES) {
		dt.error = "more than 2048 nodes";
		return -EINVAL;
	}
	memset(n, 0, sizeof(*n));
	n->name = offset + 4;
	n->props = n->name + (uint32_t)ALIGN_UP(strlen(dt.structs + n->name) + 1, 4);
	n->parent = (uint16_t)parent;
	n->address_cells = 2; /* 2.3.5: what holds when the node says nothing */
	n->size_cells = 1;
	if (!first) {
		struct dt_node *p = &nodes[parent];

		*(p->last_child ? &nodes[p->last_child].sibling : &p->child) = (uint16_t)dt.count;
		p->last_child = (uint16_t)dt.count;
	}
	dt.count++;
	return 0;
}

/* Keep what is asked for often. */
static int note_property(struct dt_node *n, uint32_t offset)
{
	uint32_t len = be32(dt.structs + offset + 4), name = be32(dt.structs + offset + 8);
	const char *value = dt.structs + offset + 12, *s;

	if (name >= dt.strings_size) {
		dt.error = "property name out of bounds";
		return -EINVAL;
	}
	s = dt.strings + name;
	switch (s[0]) {
	case '#':
		if (len == 4 && strcmp(s, "#address-cells") == 0) {
			n->address_cells = (uint8_t)MIN(be32(value), 255U);
		} else if (len == 4 && strcmp(s, "#size-cells") == 0) {
			n->size_cells = (uint8_t)MIN(be32(value), 255U);
		}
		break;
	case 'c':
		if (strcmp(s, "compatible") == 0 && len > 0 && value[len - 1] == '\0') {
			n->compat = offset + 12;
			n->compat_len = len;
		}
		break;
	case 'l':
	case 'p':
		if (len == 4 && (strcmp(s, "phandle") == 0 || strcmp(s, "linux,phandle") == 0)) {
			n->phandle = be32(value);
		}
		break;
	case 's':
		if (strcmp(s, "status") == 0) {
			n->disabled = !((len == 3 && memcmp(value, "ok", 3) == 0) ||
					(len == 5 && memcmp(value, "okay", 5) == 0));
		}
		break;
	default:
		break;
	}
	return 0;
}

static int index_nodes(void)
{
	unsigned open[DEPTH_MAX], depth = 0;
	uint32_t offset = 0, next = 0;

	for (;; offset = next) {
		uint32_t tag = read_token(offset, &next);

		if (next == 0) {
			dt.error = "bad structure block";
			return -EINVAL;
		}
		if (tag == FDT_END) {
			dt.error = depth == 0 && dt.count > 0 ? NULL : "ends inside a node";
			return dt.error == NULL ? 0 : -EINVAL;
		}
		if (tag == FDT_BEGIN_NODE) {
			if (depth == DEPTH_MAX || (depth == 0 && dt.count > 0)) {
				dt.error = depth == 0 ? "two root nodes" : "nested too deeply";
				return -EINVAL;
			}
			open[depth] = dt.count;
			if (begin_node(offset, depth == 0 ? 0 : open[depth - 1], depth == 0) != 0) {
				return -EINVAL;
			}
			depth++;
		} else if (depth == 0) {
			if (tag != FDT_NOP) {
				dt.error = "property or end outside a node";
				return -EINVAL;
			}
		} else if (tag == FDT_END_NODE) {
			depth--;
		} else if (tag == FDT_PROP && note_property(&nodes[open[depth - 1]], offset) != 0) {
			return -EINVAL;
		}
	}
}

int dt_init(const void *blob)
{
	dt.count = 0;
	dt.error = NULL;
	if (blob == NULL || ((uintptr_t)blob & 7) != 0) {
		dt.error = "none given, or not aligned to 8 bytes";
		return -EINVAL;
	}
	if (fdt_check_header(blob) != 0 || fdt_totalsize(blob) > BLOB_MAX ||
	    fdt_version(blob) < 17) {
		dt.error = "bad header";
		return -EINVAL;
	}
	dt.blob = blob;
	dt.structs = (const char *)blob + fdt_off_dt_struct(blob);
	dt.structs_size = fdt_size_dt_struct(blob);
	dt.strings = (const char *)blob + fdt_off_dt_strings(blob);
	dt.strings_size = fdt_size_dt_strings(blob);
	if ((fdt_off_dt_struct(blob) & 3) != 0 || (fdt_off_mem_rsvmap(blob) & 7) != 0 ||
	    (dt.strings_size > 0 && dt.strings[dt.strings_size - 1] != '\0')) {
		dt.error = "blocks not aligned, or strings not terminated";
		return -EINVAL;
	}
	return index_nodes();
}

const char *dt_error(void)
{
	return dt.error;
}

size_t dt_used_size(void)
{
	uint32_t s = fdt_off_dt_struct(dt.blob) + dt.structs_size;
	uint32_t t = fdt_off_dt_strings(dt.blob) + dt.strings_size;

	return MAX(s, t);
}

paddr_t dt_index_end(void)
{
	return (paddr_t)&nodes[dt.count];
}

/* --- navigation ------------------------------------------------------------------- */

const struct dt_node *dt_root(void)
{
	return dt.count == 0 ? NULL : &nodes[0];
}

const struct dt_node *dt_parent(const struct dt_node *n)
{
	return n == &nodes[0] ? NULL : &nodes[n->parent];
}

const struct dt_node *dt_child(const struct dt_node *n)
{
	return node_at(n->child);
}

const struct dt_node *dt_sibling(const struct dt_node *n)
{
	return node_at(n->sibling);
}

const struct dt_node *dt_next(const struct dt_node *n)
{
	/* Nodes were indexed in tree order. */
	unsigned i = n == NULL ? 0 : index_of(n) + 1;

	return i < dt.count ? &nodes[i] : NULL;
}

const char *dt_name(const struct dt_node *n)
{
	return dt.structs + n->name;
}

const char *dt_path(const struct dt_node *n, char *buf, size_t size)
{
	const struct dt_node *chain[DEPTH_MAX];
	unsigned depth = 0;
	size_t at = 0;

	for (; n != NULL && n != &nodes[0]; n = dt_parent(n)) {
		chain[depth++] = n;
	}
	if (depth == 0 && size > 1) {
		buf[at++] = '/';
	}
	while (depth-- > 0) {
		const char *s = dt_name(chain[depth]);
		size_t len = strlen(s);

		if (at + len + 2 > size) {
			break;
		}
		buf[at++] = '/';
		memcpy(buf + at, s, len);
		at += len;
	}
	buf[at] = '\0';
	return buf;
}

/* The child whose name is @s[0..len), or has that before its unit address. */
static const struct dt_node *child_named(const struct dt_node *n, const char *s, size_t len)
{
	for (const struct dt_node *c = dt_child(n); c != NULL; c = dt_sibling(c)) {
		const char *name = dt_name(c);

		if (strncmp(name, s, len) == 0 &&
		    (name[len] == '\0' || (name[len] == '@' && memchr(s, '@', len) == NULL))) {
			return c;
		}
	}
	return NULL;
}

const struct dt_node *dt_find(const char *path)
{
	size_t end = strcspn(path, ":");
	const struct dt_node *n = dt_root();

	if (n == NULL || end == 0) {
		return NULL;
	}
	if (path[0] != '/') {
		const struct dt_node *aliases = child_named(n, "aliases", 7);
		char name[32];
		const char *to;

		if (aliases == NULL || end >= sizeof(name)) {
			return NULL;
		}
		memcpy(name, path, end);
		name[end] = '\0';
		to = dt_str(aliases, name);
		return to == NULL || to[0] != '/' ? NULL
						  : dt_find(to); /* depth: one, to[0] is '/' */
	}
	for (size_t i = 1; i < end && n != NULL;) {
		size_t len = strcspn(path + i, "/:");

		n = child_named(n, path + i, len);
		i += len + 1;
	}
	return n;
}

const struct dt_node *dt_by_phandle(uint32_t phandle)
{
	for (unsigned i = 0; phandle != 0 && i < dt.count; i++) {
		if (nodes[i].phandle == phandle) {
			return &nodes[i];
		}
	}
	return NULL;
}

bool dt_enabled(const struct dt_node *n)
{
	return !n->disabled;
}

/* --- properties -------------------------------------------------------------------- */

const void *dt_prop(const struct dt_node *n, const char *name, size_t *len)
{
	uint32_t at = n->props;

	/* The first pass has walked here without an error, so tokens and lengths are sound; but the
	 * tree of an early error may end anywhere. */
	while (at + 12 <= dt.structs_size) {
		uint32_t tag = be32(dt.structs + at), size, name_off;

		if (tag == FDT_NOP) {
			at += 4;
			continue;
		}
		if (tag != FDT_PROP) {
			break;
		}
		size = be32(dt.structs + at + 4);
		name_off = be32(dt.structs + at + 8);
		if (size > dt.structs_size - at - 12 || name_off >= dt.strings_size) {
			break;
		}
		if (strcmp(dt.strings + name_off, name) == 0) {
			if (len != NULL) {
				*len = size;
			}
			return dt.structs + at + 12;
		}
		at += 12 + (uint32_t)ALIGN_UP(size, 4U);
	}
	return NULL;
}

bool dt_has(const struct dt_node *n, const char *name)
{
	return dt_prop(n, name, NULL) != NULL;
}

const char *dt_str(const struct dt_node *n, const char *name)
{
	size_t len;
	const char *s = dt_prop(n, name, &len);

	return s == NULL || len == 0 || s[len - 1] != '\0' ? NULL : s;
}

uint32_t dt_u32(const struct dt_node *n, const char *name, unsigned i, uint32_t def)
{
	size_t len;
	const char *p = dt_prop(n, name, &len);

	return p == NULL || ((size_t)i + 1) * 4 > len ? def : be32(p + (size_t)i * 4);
}

bool dt_number(const struct dt_node *n, const char *name, uint64_t *v)
{
	size_t len;
	const char *p = dt_prop(n, name, &len);

	if (p == NULL || (len != 4 && len != 8)) {
		return false;
	}
	*v = len == 4 ? be32(p) : (uint64_t)be32(p) << 32 | be32(p + 4);
	return true;
}

const struct dt_node *dt_ref(const struct dt_node *n, const char *name)
{
	return dt_by_phandle(dt_u32(n, name, 0, 0));
}

const char *dt_next_compatible(const struct dt_node *n, const char *s)
{
	const char *first = dt.structs + n->compat, *end = first + n->compat_len;

	s = s == NULL ? first : s + strlen(s) + 1;
	return n->compat_len > 0 && s < end ? s : NULL;
}

bool dt_compatible(const struct dt_node *n, const char *s)
{
	const char *c = NULL;

	while ((c = dt_next_compatible(n, c)) != NULL) {
		if (strcmp(c, s) == 0) {
			return true;
		}
	}
	return false;
}

/* --- addresses ---------------------------------------------------------------------- */

/* A number of 0 to 2 cells; more are not addresses that we can reach. */
static bool read_cells(const char *p, unsigned cells, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < cells; i++) {
		if (i + 2 < cells && be32(p + i * 4) != 0) {
			return false;
		}
		*v = *v << 32 | be32(p + i * 4);
	}
	return true;
}

/* From @bus's child address space to @bus's own (2.3.8). */
static int translate(const struct dt_node *bus, uint64_t *addr, uint64_t size)
{
	unsigned child = bus->address_cells, parent = nodes[bus->parent].address_cells;
	size_t len, step = 4UL * (child + parent + bus->size_cells);
	const char *p = dt_prop(bus, "ranges", &len);

	if (p == NULL) {
		return -EINVAL;
	}
	if (len == 0) {
		return 0;
	}
	if (child > 4 || parent > 4 || bus->size_cells > 4 || step == 0) {
		return -EINVAL;
	}
	for (; len >= step; p += step, len -= step) {
		uint64_t from, to, n;

		if (read_cells(p, child, &from) && read_cells(p + child * 4, parent, &to) &&
		    read_cells(p + (child + parent) * 4, bus->size_cells, &n) && *addr >= from &&
		    *addr - from < n && size <= n - (*addr - from)) {
			return add_overflow(to, *addr - from, addr) ? -EINVAL : 0;
		}
	}
	return -EINVAL;
}

int dt_reg(const struct dt_node *n, unsigned i, uint64_t *addr, uint64_t *size)
{
	const struct dt_node *bus = dt_parent(n);
	uint64_t end;
	size_t len, step;
	const char *p;

	if (bus == NULL || bus->address_cells > 4 || bus->size_cells > 4) {
		return -EINVAL;
	}
	p = dt_prop(n, "reg", &len);
	step = 4UL * (bus->address_cells + bus->size_cells);
	if (p == NULL || step == 0 || len / step <= i) {
		return -ENOENT;
	}
	p += i * step;
	if (!read_cells(p, bus->address_cells, addr) ||
	    !read_cells(p + 4UL * bus->address_cells, bus->size_cells, size)) {
		return -EINVAL;
	}
	for (; bus != &nodes[0]; bus = dt_parent(bus)) {
		if (translate(bus, addr, *size) != 0) {
			return -EINVAL;
		}
	}
	return add_overflow(*addr, *size, &end) ? -EINVAL : 0;
}

bool dt_reservation(unsigned i, uint64_t *addr, uint64_t *size)
{
	return dt.blob != NULL && i < INT_MAX && (int)i < fdt_num_mem_rsv(dt.blob) &&
	       fdt_get_mem_rsv(dt.blob, (int)i, addr, size) == 0;
}

/* --- interrupts (2.4) ----------------------------------------------------------------- */

static const struct dt_node *interrupt_parent(const struct dt_node *n)
{
	for (; n != NULL; n = dt_parent(n)) {
		const struct dt_node *p = dt_ref(n, "interrupt-parent");

		if (p != NULL) {
			return p;
		}
		if (dt_parent(n) != NULL && dt_has(dt_parent(n), "interrupt-controller")) {
			return dt_parent(n);
		}
	}
	return NULL;
}

static int copy_specifier(const struct dt_node *ctl, const char *p, size_t len, uint32_t cells[4],
			  unsigned *ncells)
{
	unsigned n = ctl == NULL ? 0 : dt_u32(ctl, "#interrupt-cells", 0, 0);

	if (n == 0 || n > 4) {
		return -EINVAL;
	}
	if (len < 4UL * n) {
		return -ENOENT;
	}
	for (unsigned i = 0; i < n; i++) {
		cells[i] = be32(p + i * 4UL);
	}
	*ncells = n;
	return 0;
}

static int extended(const char *p, size_t len, unsigned i, const struct dt_node **ctl,
		    uint32_t cells[4], unsigned *ncells)
{
	while (len >= 4) {
		int r;

		*ctl = dt_by_phandle(be32(p));
		r = copy_specifier(*ctl, p + 4, len - 4, cells, ncells);
		if (r != 0) {
			return r == -ENOENT ? -EINVAL : r;
		}
		if (i-- == 0) {
			return 0;
		}
		p += 4 + 4UL * *ncells;
		len -= 4 + 4UL * *ncells;
	}
	return -ENOENT;
}

int dt_irq(const struct dt_node *n, unsigned i, const struct dt_node **ctl, uint32_t cells[4],
	   unsigned *ncells)
{
	size_t len, step;
	const char *p = dt_prop(n, "interrupts-extended", &len);

	if (p != NULL) {
		return extended(p, len, i, ctl, cells, ncells);
	}
	p = dt_prop(n, "interrupts", &len);
	if (p == NULL) {
		return -ENOENT;
	}
	*ctl = interrupt_parent(n);
	step = *ctl == NULL ? 0 : 4UL * dt_u32(*ctl, "#interrupt-cells", 0, 0);
	if (step == 0 || step > 16) {
		return -EINVAL;
	}
	if (len / step <= i) {
		return -ENOENT;
	}
	return copy_specifier(*ctl, p + i * step, len - i * step, cells, ncells);
}
