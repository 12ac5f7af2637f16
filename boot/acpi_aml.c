/* SPDX-License-Identifier: MIT */
/* Reads static definitions out of AML; nothing is executed. A device counts with what it has as names,
 * or as methods that do no more than return an object; what else there is is stepped over by its length,
 * and a list ends where a term has none. Spec: ACPI 6.5, 20.2 (grammar). */
#include "acpi_tables.h"

#include <string.h>

#define HEADER_SIZE 36
/* Scopes in scopes. Each level of scan() takes some 250 bytes of stack. */
#define DEPTH_MAX 12
/* Names of its own that a method may have before it returns. */
#define LOCALS_MAX 4
/* Bytes of SSDTs, about: entries of the XSDT may all name the same. */
#define TOTAL_MAX (4U << 20)

enum {
	OP_ZERO = 0x00,
	OP_ONE = 0x01,
	OP_ALIAS = 0x06,
	OP_NAME = 0x08,
	OP_BYTE = 0x0a,
	OP_WORD = 0x0b,
	OP_DWORD = 0x0c,
	OP_STRING = 0x0d,
	OP_QWORD = 0x0e,
	OP_SCOPE = 0x10,
	OP_BUFFER = 0x11,
	OP_PACKAGE = 0x12,
	OP_VAR_PACKAGE = 0x13,
	OP_METHOD = 0x14,
	OP_EXTERNAL = 0x15,
	OP_DUAL_NAME = 0x2e,
	OP_MULTI_NAME = 0x2f,
	OP_EXTENDED = 0x5b,
	OP_IF = 0xa0,
	OP_ELSE = 0xa1,
	OP_WHILE = 0xa2,
	OP_NOOP = 0xa3,
	OP_RETURN = 0xa4,
	OP_ONES = 0xff,
	/* behind OP_EXTENDED */
	OP_MUTEX = 0x01,
	OP_EVENT = 0x02,
	OP_REGION = 0x80,
	OP_FIELD = 0x81,
	OP_DEVICE = 0x82,
	OP_PROCESSOR = 0x83,
	OP_POWER = 0x84,
	OP_THERMAL = 0x85,
	OP_INDEX_FIELD = 0x86,
	OP_BANK_FIELD = 0x87,
};

struct walk {
	struct acpi *a;
	void (*visit)(struct acpi *a, const struct acpi_device *d);
};

/* --- the encoding -------------------------------------------------------------------------- */

/* 20.2.4: at a package length; leaves *@at behind it and gives what it spans from there. */
static bool package_length(const struct acpi_span *s, uint32_t *at, struct acpi_span *inside)
{
	uint32_t lead = acpi_u8(s, *at), more = lead >> 6, len = lead & 0x3f;

	if (*at >= s->len || s->len - *at <= more || (more > 0 && (lead & 0x30) != 0)) {
		return false;
	}
	for (uint32_t i = 1; i <= more; i++) {
		len |= (uint32_t)acpi_u8(s, *at + i) << (8 * i - 4);
	}
	if (len < more + 1 || len > s->len - *at) {
		return false;
	}
	*inside = acpi_part(s, *at + more + 1, len - more - 1);
	*at += more + 1;
	return true;
}

/* The operator at *@at has @opcode bytes and then a length: step over all of it. */
static bool enter(const struct acpi_span *s, uint32_t *at, uint32_t opcode,
		  struct acpi_span *inside)
{
	*at += opcode;
	if (!package_length(s, at, inside)) {
		return false;
	}
	*at += inside->len;
	return true;
}

/* 20.2.2; @last is the last segment, or four zeros. */
bool acpi_aml_name(const struct acpi_span *s, uint32_t *at, char last[4])
{
	uint32_t segments = 1, i = *at;

	memset(last, 0, 4);
	while (i < s->len && (s->p[i] == '\\' || s->p[i] == '^')) {
		i++;
	}
	switch (acpi_u8(s, i)) {
	case 0:
		segments = 0;
		i++;
		break;
	case OP_DUAL_NAME:
		segments = 2;
		i++;
		break;
	case OP_MULTI_NAME:
		segments = acpi_u8(s, i + 1);
		i += 2;
		break;
	default:
		break;
	}
	if (i > s->len || (s->len - i) / 4 < segments) {
		return false;
	}
	for (uint32_t k = 0; k < 4 * segments; k++) {
		uint8_t c = s->p[i + k];

		if (!((c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9' && k % 4 != 0))) {
			return false;
		}
	}
	i += 4 * segments;
	if (segments > 0) {
		memcpy(last, s->p + i - 4, 4);
	}
	*at = i;
	return true;
}

bool acpi_aml_integer(const struct acpi_span *s, uint32_t *at, uint64_t *v)
{
	uint32_t n;

	if (*at >= s->len) {
		return false;
	}
	switch (s->p[*at]) {
	case OP_ZERO:
	case OP_ONE:
		*v = s->p[(*at)++];
		return true;
	case OP_ONES:
		*v = UINT64_MAX;
		(*at)++;
		return true;
	case OP_BYTE:
		n = 1;
		break;
	case OP_WORD:
		n = 2;
		break;
	case OP_DWORD:
		n = 4;
		break;
	case OP_QWORD:
		n = 8;
		break;
	default:
		return false;
	}
	if (s->len - *at <= n) {
		return false;
	}
	*v = n == 1   ? acpi_u8(s, *at + 1)
	     : n == 2 ? acpi_u16(s, *at + 1)
	     : n == 4 ? acpi_u32(s, *at + 1)
		      : acpi_u64(s, *at + 1);
	*at += 1 + n;
	return true;
}

static bool skip_string(const struct acpi_span *s, uint32_t *at)
{
	for (uint32_t i = *at + 1; i < s->len; i++) {
		if (s->p[i] == '\0') {
			*at = i + 1;
			return true;
		}
	}
	return false;
}

/* A DataRefObject (20.2.3), or a name that stands for one. */
static bool skip_object(const struct acpi_span *s, uint32_t *at)
{
	struct acpi_span inside;
	uint64_t v;
	char name[4];

	if (*at >= s->len) {
		return false;
	}
	switch (s->p[*at]) {
	case OP_STRING:
		return skip_string(s, at);
	case OP_BUFFER:
	case OP_PACKAGE:
	case OP_VAR_PACKAGE:
		return enter(s, at, 1, &inside);
	default:
		return acpi_aml_integer(s, at, &v) || acpi_aml_name(s, at, name);
	}
}

bool acpi_aml_package(const struct acpi_span *s, uint32_t *at, struct acpi_span *elements)
{
	uint8_t op = acpi_u8(s, *at);
	uint32_t behind = 1; /* the number of elements: a byte, or an integer object */
	uint64_t n;

	if ((op != OP_PACKAGE && op != OP_VAR_PACKAGE) || !enter(s, at, 1, elements) ||
	    elements->len == 0) {
		return false;
	}
	if (op == OP_VAR_PACKAGE) {
		behind = 0;
		if (!acpi_aml_integer(elements, &behind, &n)) {
			return false;
		}
	}
	*elements = acpi_part(elements, behind, elements->len - behind);
	return true;
}

/* The bytes of a buffer object; nothing when it is none. */
static struct acpi_span buffer(const struct acpi_span *object)
{
	struct acpi_span inside;
	uint32_t at = 0;
	uint64_t size;

	if (acpi_u8(object, 0) != OP_BUFFER || !enter(object, &at, 1, &inside)) {
		return (struct acpi_span){ NULL, 0 };
	}
	at = 0;
	if (!acpi_aml_integer(&inside, &at, &size)) {
		return (struct acpi_span){ NULL, 0 };
	}
	return acpi_part(&inside, at, (uint32_t)MIN(size, (uint64_t)(inside.len - at)));
}

/* --- what a device says -------------------------------------------------------------------- */

/* What a method returns, if that is all that it does: some names, then the return of one of
 * them or of an object. Nothing when it does more. */
static struct acpi_span returned(const struct acpi_span *body)
{
	struct {
		char name[4];
		struct acpi_span value;
	} local[LOCALS_MAX];
	const struct acpi_span none = { NULL, 0 };
	uint32_t at = 0, from, locals = 0;
	char name[4];

	while (acpi_u8(body, at) == OP_NAME && locals < LOCALS_MAX) {
		at++;
		if (!acpi_aml_name(body, &at, local[locals].name)) {
			return none;
		}
		from = at;
		if (!skip_object(body, &at)) {
			return none;
		}
		local[locals++].value = acpi_part(body, from, at - from);
	}
	from = at + 1;
	if (acpi_u8(body, at++) != OP_RETURN || !skip_object(body, &at) || at != body->len) {
		return none;
	}
	for (uint32_t i = 0; i < locals; i++) {
		uint32_t ref = from;

		if (acpi_aml_name(body, &ref, name) && memcmp(name, local[i].name, 4) == 0) {
			return local[i].value;
		}
	}
	return acpi_part(body, from, at - from);
}

/* _HID is a string, or an EISA identifier: three letters of five bits, four hex digits (6.1.5). */
static bool take_hid(struct acpi_device *d, const struct acpi_span *object)
{
	unsigned vendor, product;
	uint32_t at = 0;
	uint64_t v;

	memset(d->hid, 0, sizeof(d->hid));
	if (acpi_u8(object, 0) == OP_STRING) {
		memcpy(d->hid, object->p + 1, MIN(object->len - 1, (uint32_t)sizeof(d->hid) - 1));
		return true;
	}
	if (!acpi_aml_integer(object, &at, &v)) {
		return false;
	}
	/* Big-endian. */
	vendor = (unsigned)(v & 0xff) << 8 | (unsigned)(v >> 8 & 0xff);
	product = (unsigned)(v >> 16 & 0xff) << 8 | (unsigned)(v >> 24 & 0xff);
	for (unsigned i = 0; i < 3; i++) {
		d->hid[i] = (char)('@' + (vendor >> (10 - 5 * i) & 0x1f));
	}
	for (unsigned i = 0; i < 4; i++) {
		d->hid[3 + i] = "0123456789ABCDEF"[product >> (12 - 4 * i) & 0xf];
	}
	return true;
}

static bool take_integer(const struct acpi_span *object, uint64_t *v)
{
	uint32_t at = 0;

	*v = 0;
	return acpi_aml_integer(object, &at, v);
}

/* True when @object, which has that name, is of no interest or was understood. */
static bool take(struct acpi_device *d, const char name[4], const struct acpi_span *object)
{
	uint32_t at = 0;
	uint64_t v = 0;
	bool ok = true;

	if (memcmp(name, "_HID", 4) == 0) {
		ok = take_hid(d, object);
	} else if (memcmp(name, "_CRS", 4) == 0) {
		d->crs = buffer(object);
		ok = d->crs.len > 0;
	} else if (memcmp(name, "_AEI", 4) == 0) {
		d->aei = buffer(object);
	} else if (memcmp(name, "_PRT", 4) == 0) {
		ok = acpi_aml_package(object, &at, &d->prt);
	} else if (memcmp(name, "_SEG", 4) == 0) {
		ok = take_integer(object, &v);
		d->segment = (uint32_t)v;
	} else if (memcmp(name, "_BBN", 4) == 0) {
		ok = take_integer(object, &v);
		d->bus = (uint32_t)v;
	} else if (memcmp(name, "_CCA", 4) == 0) {
		ok = take_integer(object, &v);
		d->incoherent = ok && v == 0;
	} else if (memcmp(name, "_STA", 4) == 0) {
		ok = take_integer(object, &v);
		d->absent = ok && (v & 1) == 0;
	}
	return ok;
}

/* --- the walk ------------------------------------------------------------------------------ */

static bool scan(struct walk *w, struct acpi_span list, unsigned depth, struct acpi_device *d);

static bool scan_name(const struct acpi_span *list, uint32_t *at, struct acpi_device *d)
{
	struct acpi_span value;
	uint32_t from;
	char name[4];

	(*at)++;
	if (!acpi_aml_name(list, at, name)) {
		return false;
	}
	from = *at;
	if (!skip_object(list, at)) {
		return false;
	}
	value = acpi_part(list, from, *at - from);
	if (d != NULL && !take(d, name, &value)) {
		d->dynamic = true;
	}
	return true;
}

static bool scan_method(const struct acpi_span *list, uint32_t *at, struct acpi_device *d)
{
	struct acpi_span inside, body, value;
	uint32_t i = 0;
	char name[4];

	if (!enter(list, at, 1, &inside) || !acpi_aml_name(&inside, &i, name) || i >= inside.len) {
		return false;
	}
	body = acpi_part(&inside, i + 1, inside.len - i - 1); /* behind its flags */
	value = returned(&body);
	if (d != NULL && !take(d, name, &value)) {
		d->dynamic = true;
	}
	return true;
}

static bool scan_scope(struct walk *w, const struct acpi_span *list, uint32_t *at, unsigned depth)
{
	struct acpi_span inside;
	uint32_t i = 0;
	char name[4];

	if (!enter(list, at, 1, &inside) || !acpi_aml_name(&inside, &i, name)) {
		return false;
	}
	w->a->skipped += !scan(w, acpi_part(&inside, i, inside.len - i), depth + 1, NULL);
	return true;
}

static bool scan_device(struct walk *w, const struct acpi_span *list, uint32_t *at, unsigned depth)
{
	struct acpi_device d;
	struct acpi_span inside;
	uint32_t i = 0;

	memset(&d, 0, sizeof(d));
	if (!enter(list, at, 2, &inside) || !acpi_aml_name(&inside, &i, d.name)) {
		return false;
	}
	if (!scan(w, acpi_part(&inside, i, inside.len - i), depth + 1, &d)) {
		d.dynamic = true;
	}
	if (!d.absent) {
		w->visit(w->a, &d);
	}
	return true;
}

/* An operation region's offset and length may be any term; these two kinds have a known end. */
static bool skip_region(const struct acpi_span *list, uint32_t *at)
{
	char name[4];

	*at += 2;
	if (!acpi_aml_name(list, at, name)) {
		return false;
	}
	(*at)++; /* its space */
	if (!skip_object(list, at)) {
		return false;
	}
	return skip_object(list, at);
}

static bool skip_named(const struct acpi_span *list, uint32_t *at, uint32_t opcode, uint32_t tail)
{
	char name[4];

	*at += opcode;
	if (!acpi_aml_name(list, at, name) || list->len - *at < tail) {
		return false;
	}
	*at += tail;
	return true;
}

static bool scan_extended(struct walk *w, const struct acpi_span *list, uint32_t *at,
			  unsigned depth)
{
	struct acpi_span inside;

	switch (acpi_u8(list, *at + 1)) {
	case OP_DEVICE:
		return scan_device(w, list, at, depth);
	case OP_MUTEX:
		return skip_named(list, at, 2, 1);
	case OP_EVENT:
		return skip_named(list, at, 2, 0);
	case OP_REGION:
		return skip_region(list, at);
	case OP_FIELD:
	case OP_INDEX_FIELD:
	case OP_BANK_FIELD:
	case OP_PROCESSOR:
	case OP_POWER:
	case OP_THERMAL:
		return enter(list, at, 2, &inside);
	default:
		return false;
	}
}

static bool scan_term(struct walk *w, const struct acpi_span *list, uint32_t *at, unsigned depth,
		      struct acpi_device *d)
{
	struct acpi_span inside;
	char name[4];

	switch (list->p[*at]) {
	case OP_NAME:
		return scan_name(list, at, d);
	case OP_METHOD:
		return scan_method(list, at, d);
	case OP_SCOPE:
		return scan_scope(w, list, at, depth);
	case OP_EXTENDED:
		return scan_extended(w, list, at, depth);
	case OP_ALIAS:
		return skip_named(list, at, 1, 0) && acpi_aml_name(list, at, name);
	case OP_EXTERNAL:
		return skip_named(list, at, 1, 2);
	case OP_IF:
	case OP_ELSE:
	case OP_WHILE:
		w->a->skipped++;
		return enter(list, at, 1, &inside);
	case OP_NOOP:
		(*at)++;
		return true;
	default:
		return false;
	}
}

/* The terms of a list; @d is the device that it belongs to. False: it could not be read to its end. */
static bool scan(struct walk *w, struct acpi_span list, unsigned depth, struct acpi_device *d)
{
	uint32_t at = 0;

	if (depth > DEPTH_MAX) {
		return false;
	}
	while (at < list.len) {
		if (!scan_term(w, &list, &at, depth, d)) {
			return false;
		}
	}
	return true;
}

static void walk_table(struct walk *w, const struct acpi_span *t)
{
	if (t->len > HEADER_SIZE) {
		w->a->skipped += !scan(w, acpi_part(t, HEADER_SIZE, t->len - HEADER_SIZE), 0, NULL);
	}
}

void acpi_walk(struct acpi *a, void (*visit)(struct acpi *a, const struct acpi_device *d))
{
	struct walk w = { .a = a, .visit = visit };
	struct acpi_span t = acpi_dsdt(a);
	uint32_t at = 0, total = 0;

	walk_table(&w, &t);
	while (total < TOTAL_MAX && (t = acpi_find_next(a, "SSDT", &at)).len > 0) {
		walk_table(&w, &t);
		total += t.len;
	}
}
