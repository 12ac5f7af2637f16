/* SPDX-License-Identifier: MIT */
/* Marshalling of 9P messages. */
#include "p9msg.h"

#include <string.h>

void p9_put(struct p9_msg *m, uint64_t value, unsigned bytes)
{
	if (m->bad || m->room - m->at < bytes) {
		m->bad = true;
		return;
	}
	for (unsigned i = 0; i < bytes; i++) {
		m->data[m->at++] = (uint8_t)(value >> 8 * i);
	}
}

void p9_put_string(struct p9_msg *m, const char *text, size_t len)
{
	p9_put(m, len, 2);
	if (m->bad || len > UINT16_MAX || m->room - m->at < len) {
		m->bad = true;
		return;
	}
	memcpy(m->data + m->at, text, len);
	m->at += len;
}

void p9_end(struct p9_msg *m, size_t more)
{
	size_t end = m->at;

	m->at = 0;
	p9_put(m, end + more, 4);
	m->at = end;
}

uint64_t p9_get(struct p9_msg *m, unsigned bytes)
{
	uint64_t value = 0;

	if (m->bad || m->room - m->at < bytes) {
		m->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++) {
		value |= (uint64_t)m->data[m->at++] << 8 * i;
	}
	return value;
}

struct p9_qid p9_get_qid(struct p9_msg *m)
{
	struct p9_qid q;

	q.type = (uint8_t)p9_get(m, 1);
	q.version = (uint32_t)p9_get(m, 4);
	q.path = p9_get(m, 8);
	return q;
}

const char *p9_get_string(struct p9_msg *m, size_t *len)
{
	size_t n = p9_get(m, 2);
	const char *text = (const char *)m->data + m->at;

	*len = 0;
	if (m->bad || m->room - m->at < n) {
		m->bad = true;
		return "";
	}
	m->at += n;
	*len = n;
	return text;
}
