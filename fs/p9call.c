/* SPDX-License-Identifier: MIT */
/* Calls of a 9P server: request, answer, and the fids that name files there. */
#include "p9.h"

#include <errno.h>
#include <kernel/log.h>
#include <kernel/time.h>
#include <string.h>

#define VERSION	  "9P2000.L"
#define MSIZE	  (512U << 10)
#define MSIZE_MIN 8192U
#define TAG	  1U
#define NO_TAG	  0xffffU

#define GETATTR_BASIC 0x7ffU

static struct p9_msg begin_tagged(struct p9 *fs, enum p9_type type, uint16_t tag)
{
	struct p9_msg m = { .data = fs->out, .room = sizeof(fs->out), .at = 4 };

	p9_put(&m, type, 1);
	p9_put(&m, tag, 2);
	return m;
}

struct p9_msg p9_begin(struct p9 *fs, enum p9_type type)
{
	return begin_tagged(fs, type, TAG);
}

struct p9_msg p9_begin_fid(struct p9 *fs, enum p9_type type, uint32_t fid)
{
	struct p9_msg m = p9_begin(fs, type);

	p9_put(&m, fid, 4);
	return m;
}

/* Errors are Linux's numbers, which are newlib's up to 34; of the rest those that files can have. */
static int errno_of(uint32_t n)
{
	static const struct {
		uint8_t theirs;
		int ours;
	} map[] = { { 36, ENAMETOOLONG }, { 38, ENOSYS },    { 39, ENOTEMPTY },	 { 40, ELOOP },
		    { 61, ENODATA },	  { 75, EOVERFLOW }, { 95, EOPNOTSUPP }, { 110, ETIMEDOUT },
		    { 116, ESTALE },	  { 122, EDQUOT } };

	for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
		if (map[i].theirs == n) {
			return -map[i].ours;
		}
	}
	return n > 0 && n <= 34 ? -(int)n : -EIO;
}

int p9_call_data(struct p9 *fs, struct p9_msg *m, const struct iovec *data, bool writing,
		 size_t head, struct p9_msg *answer)
{
	uint8_t type = fs->out[4];
	struct iovec out[2] = { { fs->out, m->at } }, in[2] = { { fs->in, head } };
	unsigned n_out = 1, n_in = 1;
	ssize_t n;

	if (data != NULL && writing) {
		out[n_out++] = *data;
	} else if (data != NULL) {
		in[n_in++] = *data;
	}
	p9_end(m, n_out == 2 ? data->iov_len : 0);
	if (m->bad) {
		return -ENAMETOOLONG;
	}
	n = fs->dev->ops->rpc(fs->dev, out, n_out, in, n_in);
	if (n < 0) {
		return (int)n;
	}
	*answer = (struct p9_msg){ .data = fs->in, .room = MIN((size_t)n, head) };
	if (p9_get(answer, 4) != (uint64_t)n || answer->bad) {
		return -EIO;
	}
	uint8_t got = (uint8_t)p9_get(answer, 1);
	p9_get(answer, 2);
	if (got == P9_RLERROR) {
		uint32_t error = (uint32_t)p9_get(answer, 4);

		return answer->bad ? -EIO : errno_of(error);
	}
	return answer->bad || got != type + 1 ? -EIO : 0;
}

int p9_call(struct p9 *fs, struct p9_msg *m, struct p9_msg *answer)
{
	struct p9_msg unused;

	return p9_call_data(fs, m, NULL, false, sizeof(fs->in), answer != NULL ? answer : &unused);
}

static uint32_t new_fid(struct p9 *fs)
{
	return ++fs->last_fid;
}

void p9_clunk(struct p9 *fs, uint32_t fid)
{
	struct p9_msg m = p9_begin_fid(fs, P9_TCLUNK, fid);

	p9_call(fs, &m, NULL);
}

int p9_walk(struct p9 *fs, uint32_t fid, const char *name, size_t len, uint32_t *out)
{
	struct p9_msg m = p9_begin_fid(fs, P9_TWALK, fid), a;
	uint32_t to = new_fid(fs);
	int r;

	p9_put(&m, to, 4);
	p9_put(&m, name != NULL, 2);
	if (name != NULL) {
		p9_put_string(&m, name, len);
	}
	r = p9_call(fs, &m, &a);
	if (r != 0) {
		return r;
	}
	/* Fewer qids than names: it did not get there, and there is no new fid. */
	if (p9_get(&a, 2) != (name != NULL)) {
		return -ENOENT;
	}
	if (name != NULL) {
		p9_get_qid(&a);
	}
	*out = to;
	return a.bad ? -EIO : 0;
}

int p9_open_fid(struct p9 *fs, uint32_t fid, uint32_t flags)
{
	struct p9_msg m = p9_begin_fid(fs, P9_TLOPEN, fid);

	p9_put(&m, flags, 4);
	return p9_call(fs, &m, NULL);
}

static struct timespec get_time(struct p9_msg *a)
{
	struct timespec t = { .tv_sec = (time_t)p9_get(a, 8) };

	t.tv_nsec = (long)(p9_get(a, 8) % NS_PER_SEC);
	return t;
}

int p9_get_attr(struct p9 *fs, uint32_t fid, struct stat *st)
{
	struct p9_msg m = p9_begin_fid(fs, P9_TGETATTR, fid), a;
	struct p9_qid qid;
	int r;

	p9_put(&m, GETATTR_BASIC, 8);
	r = p9_call(fs, &m, &a);
	if (r != 0) {
		return r;
	}
	p9_get(&a, 8); /* which of them are valid */
	qid = p9_get_qid(&a);
	st->st_ino = qid.path;
	st->st_mode = (mode_t)p9_get(&a, 4);
	st->st_uid = (uid_t)p9_get(&a, 4);
	st->st_gid = (gid_t)p9_get(&a, 4);
	st->st_nlink = (nlink_t)p9_get(&a, 8);
	p9_get(&a, 8); /* rdev */
	st->st_size = (off_t)p9_get(&a, 8);
	st->st_blksize = (blksize_t)p9_get(&a, 8);
	st->st_blocks = (blkcnt_t)p9_get(&a, 8);
	st->st_atim = get_time(&a);
	st->st_mtim = get_time(&a);
	st->st_ctim = get_time(&a);
	return a.bad || st->st_size < 0 ? -EIO : 0;
}

int p9_version(struct p9 *fs)
{
	struct p9_msg m = begin_tagged(fs, P9_TVERSION, NO_TAG), a;
	const char *version;
	size_t len;
	int r;

	p9_put(&m, MSIZE, 4);
	p9_put_string(&m, VERSION, strlen(VERSION));
	r = p9_call(fs, &m, &a);
	if (r != 0) {
		return r;
	}
	fs->msize = (uint32_t)p9_get(&a, 4);
	version = p9_get_string(&a, &len);
	if (a.bad || fs->msize < MSIZE_MIN || len != strlen(VERSION) ||
	    memcmp(version, VERSION, len) != 0) {
		log_error("9p %s: the server speaks \"%.*s\", not " VERSION, fs->dev->tag,
			  (int)MIN(len, (size_t)32), version);
		return -EPROTONOSUPPORT;
	}
	fs->msize = MIN(fs->msize, MSIZE);
	return 0;
}
