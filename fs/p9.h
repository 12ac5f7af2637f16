/* SPDX-License-Identifier: MIT */
/* What the files of the 9P client share. mount->lock is held around all. */
#pragma once

#include "p9msg.h"
#include "vnode.h"

#include <drivers/p9dev.h>
#include <sys/stat.h>

#define P9_MSG_ROOM (P9_HEADER + 600U) /* two names and numbers; also an answer without data */
#define P9_NO_FID   0xffffffffU
#define P9_HIDDEN   ".coracle-open-" /* of names that nobody sees: p9.c */

/* Flags as Linux numbers them on the wire. */
#define L_RDONLY    0U
#define L_WRONLY    1U
#define L_RDWR	    2U
#define L_CREAT	    0100U
#define L_EXCL	    0200U
#define L_DIRECTORY 0200000U

struct p9 {
	struct p9dev *dev;
	uint32_t msize;
	uint32_t last_fid;
	unsigned last_hidden;
	uint8_t out[P9_MSG_ROOM], in[P9_MSG_ROOM];
};

struct p9node {
	uint32_t fid;	 /* names the file */
	uint32_t open;	 /* for reading and writing while it is open, or P9_NO_FID */
	unsigned hidden; /* not 0: its name is gone but for this number's, until it is closed */
};

static inline struct p9 *p9_of(const struct vnode *v)
{
	return v->mount->fs;
}

static inline struct p9node *node_of(const struct vnode *v)
{
	return v->fs;
}

/* --- p9call.c: one request and its answer. 0 or -errno ------------------------------------------- */

/* A message in fs->out; with the fid that most begin with. */
struct p9_msg p9_begin(struct p9 *fs, enum p9_type type);
struct p9_msg p9_begin_fid(struct p9 *fs, enum p9_type type, uint32_t fid);
/* Send @m; *@answer (NULL: not wanted) stands behind the header of what came. */
int p9_call(struct p9 *fs, struct p9_msg *m, struct p9_msg *answer);
/* The same with a piece of @data behind the message (@writing) or, behind the first @head bytes of it, the answer. */
int p9_call_data(struct p9 *fs, struct p9_msg *m, const struct iovec *data, bool writing,
		 size_t head, struct p9_msg *answer);
int p9_version(struct p9 *fs);
void p9_clunk(struct p9 *fs, uint32_t fid);
/* A new fid for the entry @name of @fid, or for @fid itself when @name is NULL. */
int p9_walk(struct p9 *fs, uint32_t fid, const char *name, size_t len, uint32_t *out);
int p9_open_fid(struct p9 *fs, uint32_t fid, uint32_t flags);
int p9_get_attr(struct p9 *fs, uint32_t fid, struct stat *st);

/* --- p9io.c: operations on what is open ---------------------------------------------------------- */

int p9_readdir(struct vnode *v, struct dir_pos *pos, struct dirent *d);
void p9_closedir(struct vnode *v, struct dir_pos *pos);
int p9_open(struct vnode *v);
void p9_close_fid(struct vnode *v);
ssize_t p9_read(struct vnode *v, void *buf, size_t want, off_t pos);
ssize_t p9_write(struct vnode *v, const void *buf, size_t want, off_t *pos);
int p9_fsync(struct vnode *v, bool data);
