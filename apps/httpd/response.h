/* SPDX-License-Identifier: MIT */
/* What a request is answered with. No sockets here: the connection sends what this describes. */
#pragma once

#include "request.h"

struct file;
struct protocol;

/* A body up to this size is read and thrown away; for a longer one the connection ends. */
#define RESPONSE_DRAIN_MAX 65536U

struct reply {
	const char *head; /* borrowed until the next call */
	size_t head_len;
	const char *body; /* may follow head without a gap; borrowed likewise, or file's */
	size_t body_len;
	struct file *file; /* owner of body; NULL: body must be copied to outlive the call */
	bool close;	   /* end the connection after it */
	const struct protocol *upgrade; /* what is spoken after it; NULL: HTTP as before */
	void *upgrade_arg;
	bool power_off; /* and then the program */
};

/* What is made for each request rather than kept in a file. Belongs to the caller, for good. */
struct route {
	const char *path; /* compared with the request's as it was sent */
	const char *type; /* for the Content-Type field */
	/* Writes the body; returns the status. One of this and `upgrade` is set. */
	int (*make)(const struct request *r, struct text *body);
	char *room; /* for the body; it lives until the next request is answered */
	size_t size;
	/* GET with "Upgrade: websocket" begins this protocol, with `arg` (ws.h). */
	const struct protocol *upgrade;
	void *arg;
	struct route *next; /* (private) */
};

void response_add_route(struct route *route);

/* The first line of a reply, and its date: who answers by itself goes on from there. */
void response_begin(struct text *t, int status);

/* Allow POST /poweroff. */
void response_allow_poweroff(void);

/* Answer a request. Never fails: there is a reply for every trouble. */
void respond(const struct request *r, struct reply *out);

/* Answer a request that came without TLS: the same address, with it. */
void respond_redirect(const struct request *r, struct reply *out);
/* The port that clients reach HTTPS at; 443 unless said otherwise. */
void response_https_port(uint16_t port);

/* Answer something that is no request, with @status, and end the connection. */
void respond_error(int status, struct reply *out);
