/* SPDX-License-Identifier: MIT */
/* Reading requests: the head of one HTTP/1.x message, strictly.
 * Spec: RFC 9112 (syntax), RFC 9110 (fields). What the RFC lets a server refuse is refused. */
#pragma once

#include "text.h"

/* Longest head, request line included. RFC 9112, 3 asks for request lines of 8000 bytes. */
#define REQUEST_HEAD_MAX 8192U
/* Most field lines. */
#define REQUEST_FIELDS_MAX 100U
/* Bytes that must be readable behind the text given to request_parse(); the first of them is 0. */
#define REQUEST_SLACK 8U

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_OTHER, /* known, never allowed here */
	METHOD_UNKNOWN,
};

/* The fields that mean something here. */
enum field {
	FIELD_HOST,
	FIELD_CONNECTION,
	FIELD_CONTENT_LENGTH,
	FIELD_TRANSFER_ENCODING,
	FIELD_EXPECT,
	FIELD_RANGE,
	FIELD_IF_RANGE,
	FIELD_IF_MATCH,
	FIELD_IF_NONE_MATCH,
	FIELD_IF_MODIFIED_SINCE,
	FIELD_UPGRADE,
	FIELD_ORIGIN,
	FIELD_WS_KEY,
	FIELD_WS_VERSION,
	FIELD_COUNT,
	FIELD_NONE = FIELD_COUNT,
};

#define FIELD_BIT(f) (1U << (f))

/* All pointers are into text that lives as long as the request. */
struct request {
	enum method method;
	bool http10;
	bool close; /* the client asked for it */
	bool keep_alive;
	bool upgrade;			/* Connection has the word; to what, FIELD_UPGRADE says */
	bool simple;			/* a GET for all of path as it is */
	uint32_t hash;			/* text_hash() of path */
	uint64_t serial;		/* another one for each that is parsed */
	struct span path;		/* as sent, begins with a slash; "*" for OPTIONS */
	struct span query;		/* from the question mark on; may be empty */
	unsigned seen;			/* FIELD_BIT of each field in `value` */
	uint64_t body;			/* bytes that follow the head */
	struct span value[FIELD_COUNT]; /* without white space around; only where `seen` */
};

/* Read the request that begins at @p. p[n] is 0 and REQUEST_SLACK bytes from there are readable.
 * Returns the length of its head, 0 if that is not all there, or minus the status to refuse it
 * with; the connection must then be closed, as nobody knows where the next request begins.
 * *@r is valid until the next call, and only as long as @p is. */
int request_read(const struct request **r, const char *p, size_t n);
