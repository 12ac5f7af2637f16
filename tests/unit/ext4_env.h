/* SPDX-License-Identifier: MIT */
/* ext2, ext3 and ext4 images by mke2fs of a folder of the host, and walks over what is mounted. */
#pragma once

#include "fat_env.h"

#include <stdarg.h>
#include <sys/wait.h>

#define UUID "12345678-9abc-def0-1234-56789abcdef0"

static char top[64]; /* of this program's own files */

void cache_read_ahead(struct blkdev *d, uint64_t off, size_t n)
{
	(void)d, (void)off, (void)n;
}

/* printf()ed, a shell's command: what it ended with. */
static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
	char command[1024];
	va_list ap;
	int status;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put(const char *name, size_t size, uint64_t skip)
{
	char path[512];
	uint8_t *p = malloc(size + 1);
	int fd;

	snprintf(path, sizeof(path), "%s/files/%s", top, name);
	fd = open(path, O_WRONLY | O_CREAT, 0640);
	for (size_t i = 0; i < size; i++) {
		p[i] = (uint8_t)(test_random() | 1); /* never what a hole has */
	}
	CHECK(fd >= 0 && pwrite(fd, p, size, (off_t)skip) == (ssize_t)size);
	close(fd);
	free(p);
}

/* What the images are made of. @many: names in the large folder. */
static void make_files(unsigned many)
{
	char name[256];

	snprintf(top, sizeof(top), "/tmp/coracle-ext4-%d", (int)getpid());
	CHECK_EQ(
		run("rm -rf %s && mkdir -p %s/files/sub/deeper/still %s/files/empty %s/files/large",
		    top, top, top, top),
		0);
	put("nothing", 0, 0);
	put("one", 1, 0);
	put("in the inode", 59, 0);
	put("in the inode and its tail", 130, 0);
	put("sub/a block", 4096, 0);
	put("sub/a block and more", 4097, 0);
	put("sub/deeper/many blocks", 700000, 0);
	put("sub/deeper/still/Grüße, 世界", 5000, 0);
	put("sparse", 5000, 69 << 20); /* behind what two indirect blocks of 1 KiB reach */
	put("sparse", 3000, 20000);
	CHECK_EQ(run("truncate -s 75000000 %s/files/sparse", top), 0);
	for (unsigned i = 0; i < 400; i++) { /* a tree of extents */
		put("islands", 4096, (uint64_t)i * 3 * 4096 + 8192);
	}
	for (unsigned i = 0; i < many; i++) {
		snprintf(name, sizeof(name), "large/entry number %u with a long name, ÄÖÜ", i);
		put(name, i % 2, 0);
	}
	memset(name, 'n', 255);
	memcpy(name, "sub/", 4);
	name[255] = '\0';
	put(name, 10, 0);
	CHECK_EQ(run("cd %s/files && ln -s one short && ln -s "
		     "'sub/deeper/still/../../../sub/deeper/still/"
		     "../still/../still/Grüße, 世界' long && ln -s nowhere/at/all dangling && "
		     "ln one sub/linked && chmod 4755 'sub/a block' && mkfifo fifo && "
		     "touch -d '2040-05-06 07:08:09.123456789' one && touch -d 1960-01-02 nothing",
		     top),
		 0);
}

static void remove_files(void)
{
	CHECK_EQ(run("rm -rf %s", top), 0);
}

/* An image of @size bytes that mke2fs makes with @options; @tune: commands for it. NULL: it cannot. */
static struct disk *make_image(const char *options, size_t size, const char *tune)
{
	struct disk *k;

	if (run("cd %s && rm -f img && E2FSPROGS_FAKE_TIME= /usr/sbin/mke2fs -q -F %s -L 'a label' "
		"-U " UUID " -d files img %zuK > log 2>&1",
		top, options, size >> 10) != 0) {
		run("sed 's/^/# /' %s/log", top);
		return NULL;
	}
	/* Sorts folders into trees of hashes, where the features have them: 1 is "changed". */
	CHECK(run("cd %s && /usr/sbin/e2fsck -fyD img > log 2>&1", top) <= 1);
	CHECK(tune == NULL || run("cd %s && { %s; } > log 2>&1", top, tune) == 0);
	k = disk_new(size);
	{
		char path[128];

		snprintf(path, sizeof(path), "%s/img", top);
		CHECK(disk_load(k, path));
	}
	return k;
}

static struct mount *mounted_with(struct disk *k, const char *options, int *error)
{
	struct mount *m = calloc(1, sizeof(*m));

	m->ops = filesystems_start;
	m->dev = &k->d;
	m->flags = MS_RDONLY;
	m->mask = 15;
	m->table = calloc(16, sizeof(*m->table));
	allocations_left = allocations_left >= 0 ? allocations_left + 1
						 : -1; /* not that of the test's own */
	m->root = vnode_new(m, NULL, "", 0);
	*error = m->ops->mount(m, options);
	if (*error != 0) {
		free(m->root);
		free(m->table);
		free(m);
		return NULL;
	}
	return m;
}

/* Images of these have little but metadata. */
static void make_few_files(void)
{
	make_files(60);
	CHECK_EQ(run("cd %s/files && rm -f sparse && truncate -s 30000 'sub/deeper/many blocks' && "
		     "truncate -s 500000 islands",
		     top),
		 0);
}

static unsigned visited;
static int first_error;

static int noted(int r)
{
	if (r < 0 && first_error == 0) {
		first_error = r;
	}
	return r;
}

/* Read all that can be read, within bounds; vnodes are few, so no memory but the file system's is missed. */
static void visit(struct vnode *v, int depth)
{
	static uint8_t buf[70000];
	const struct fs_ops *ops = v->mount->ops;
	struct dir_pos pos = { .pos = 2 };
	struct stat st;
	struct dirent d;

	visited++;
	ops->stat(v, &st);
	if (S_ISREG(v->mode)) {
		noted((int)ops->read(v, buf, sizeof(buf), 0));
		noted((int)ops->read(v, buf, sizeof(buf), MAX(st.st_size - 5000, 0)));
		noted((int)ops->read(v, buf, sizeof(buf), MAX(st.st_size / 2, 0)));
	} else if (S_ISLNK(v->mode)) {
		noted((int)ops->readlink(v, (char *)buf, 4096));
	}
	if (!S_ISDIR(v->mode) || depth == 0) {
		return;
	}
	for (unsigned n = 0; visited < 4000 && n < 2000 && noted(ops->readdir(v, &pos, &d)) == 1;
	     n++) {
		struct vnode *child;

		if (noted(vnode_child(v, d.d_name, strlen(d.d_name), &child)) == 0) {
			visit(child, depth - 1);
			vnode_put(child);
		}
	}
	ops->closedir(v, &pos);
}

static int visit_all(struct disk *k)
{
	struct mount *m;

	visited = 0;
	m = mounted_with(k, "noload", &first_error);
	if (m != NULL) {
		visit(m->root, 10);
		unmounted(m);
	}
	return first_error;
}
