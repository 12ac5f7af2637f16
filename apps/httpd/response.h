/* SPDX-License-Identifier: MIT */
/* What a request is answered with. No sockets here: the connection sends what this describes. */
#pragma once

#include "request.h"

struct file;

/* A body up to this size is read and thrown away; for a longer one the connection ends. */
#define RESPONSE_DRAIN_MAX 65536U

struct reply {
	const char *head; /* borrowed until the next call */
	size_t head_len;
	const char *body; /* may follow head without a gap; borrowed likewise, or file's */
	size_t body_len;
	struct file *file; /* owner of body; NULL: body must be copied to outlive the call */
	bool close;	   /* end the connection after it */
	bool power_off;	   /* and then the program */
};

/* Allow POST /poweroff. */
void response_allow_poweroff(void);

/* Answer a request. Never fails: there is a reply for every trouble. */
void respond(const struct request *r, struct reply *out);

/* Answer something that is no request, with @status, and end the connection. */
void respond_error(int status, struct reply *out);
