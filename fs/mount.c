/* SPDX-License-Identifier: MIT */
/* What is mounted where: the root, what every image with files has, and what bootargs and /etc/fstab ask for. */
#include "vnode.h"

#include "romfs.h"

#include <drivers/blkdev.h>
#include <errno.h>
#include <fcntl.h>
#include <fs/devices.h>
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/power.h>
#include <kernel/spinlock.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define FIRST_BUCKETS 16

struct mount *root_mount;
const struct device_names *device_names;

static struct {
	struct mutex lock;    /* who mounts or unmounts */
	struct spinlock walk; /* guards vnode.covered and mount.covers against those who walk by */
	struct list all, old; /* struct mount.link; the old ones' memory serves again */
	uint64_t last_id;
} mounts = { .lock = MUTEX_INIT(mounts.lock),
	     .all = LIST_INIT(mounts.all),
	     .old = LIST_INIT(mounts.old) };

struct vnode *mount_covering(struct vnode *v)
{
	irqstate_t s = spin_lock_save(&mounts.walk);
	struct mount *m = atomic_load_explicit(&v->covered, memory_order_relaxed);
	struct vnode *root = m != NULL ? vnode_get(m->root) : NULL;

	spin_unlock_restore(&mounts.walk, s);
	return root;
}

struct vnode *mount_covered(struct vnode *v)
{
	irqstate_t s = spin_lock_save(&mounts.walk);
	struct vnode *on = atomic_load_explicit(&v->mount->covers, memory_order_relaxed);

	if (on != NULL) {
		vnode_get(on);
	}
	spin_unlock_restore(&mounts.walk, s);
	return on;
}

int mounts_each(int (*fn)(struct mount *m))
{
	struct list *p;
	int r = 0, error;

	mutex_lock(&mounts.lock);
	list_for_each(p, &mounts.all) {
		error = fn(list_entry(p, struct mount, link));
		r = r != 0 ? r : error;
	}
	mutex_unlock(&mounts.lock);
	return r;
}

static const struct fs_ops *find_type(const char *type)
{
	for (const struct fs_ops *ops = filesystems_start; ops < filesystems_end; ops++) {
		if (strcmp(ops->name, type) == 0) {
			return ops;
		}
	}
	return NULL;
}

/* Whatever is on @d. */
static const struct fs_ops *find_on(struct blkdev *d, char label[64], char uuid[40])
{
	for (const struct fs_ops *ops = filesystems_start; ops < filesystems_end; ops++) {
		if (ops->identify != NULL && ops->identify(d, label, uuid)) {
			return ops;
		}
	}
	return NULL;
}

/* The device with the file system of that label or UUID. */
static struct blkdev *find_by_content(const char *want_label, const char *want_uuid)
{
	char label[64], uuid[40];
	const char *name;

	for (unsigned i = 0; (name = device_names->nth(i)) != NULL; i++) {
		struct blkdev *d = device_names->find(name);

		if (d != NULL && find_on(d, label, uuid) != NULL &&
		    ((want_label != NULL && strcmp(label, want_label) == 0) ||
		     (want_uuid != NULL && strcasecmp(uuid, want_uuid) == 0))) {
			return d;
		}
	}
	return NULL;
}

static struct blkdev *find_dev(const char *source)
{
	if (device_names == NULL) {
		return NULL;
	}
	if (strncmp(source, "LABEL=", 6) == 0) {
		return find_by_content(source + 6, NULL);
	}
	if (strncmp(source, "UUID=", 5) == 0) {
		return find_by_content(NULL, source + 5);
	}
	return device_names->find(source);
}

/* --- one mount ----------------------------------------------------------------------------------- */

static char *copy_of(const char *text)
{
	char *p = kmalloc(strlen(text) + 1);

	return p != NULL ? strcpy(p, text) : NULL;
}

static void free_mount(struct mount *m)
{
	kfree(m->table);
	kfree(m->source);
	kfree(m->target);
	list_add(&mounts.old, &m->link);
}

static struct mount *new_mount(const struct fs_ops *ops, const char *source, const char *target)
{
	struct list *p = list_pop(&mounts.old);
	struct mount *m = p != NULL ? list_entry(p, struct mount, link) : kmalloc(sizeof(*m));

	if (m == NULL) {
		return NULL;
	}
	memset(m, 0, sizeof(*m));
	list_init(&m->link);
	mutex_init(&m->lock);
	m->ops = ops;
	m->id = ++mounts.last_id;
	m->mask = FIRST_BUCKETS - 1;
	m->table = kzalloc(FIRST_BUCKETS * sizeof(*m->table));
	m->source = copy_of(source);
	m->target = copy_of(target);
	m->root = vnode_new(m, NULL, "", 0);
	if (m->table == NULL || m->source == NULL || m->target == NULL || m->root == NULL) {
		kfree(m->root);
		free_mount(m);
		return NULL;
	}
	return m;
}

/* Is the whole of what a file system would begin with empty? */
static bool is_blank(struct mount *m)
{
	return device_names->is_blank(m->dev);
}

static int format(struct mount *m)
{
	if (m->ops->format == NULL) {
		return -EINVAL;
	}
	if (!is_blank(m)) {
		log_error("mount %s: not empty, so it is not formatted", m->source);
		return -EINVAL;
	}
	log_info("mount %s: empty, making a %s file system", m->source, m->ops->name);
	return m->ops->format(m->dev, "");
}

static int read_in(struct mount *m, const char *options, bool may_format)
{
	int r;

	mutex_lock(&m->lock);
	r = m->ops->mount(m, options);
	if (r == -EINVAL && may_format && (m->flags & MS_RDONLY) == 0) {
		r = format(m);
		r = r == 0 ? m->ops->mount(m, options) : r;
	}
	mutex_unlock(&m->lock);
	return r;
}

/* Put @m over the folder @on, whose reference it takes. NULL: it is the root. */
static int cover(struct mount *m, struct vnode *on)
{
	irqstate_t s = spin_lock_save(&mounts.walk);
	int r = 0;

	if (on != NULL && atomic_load_explicit(&on->covered, memory_order_relaxed) != NULL) {
		r = -EBUSY;
	} else if (on != NULL) {
		atomic_store_explicit(&m->covers, on, memory_order_relaxed);
		atomic_store_explicit(&on->covered, m, memory_order_release);
	}
	spin_unlock_restore(&mounts.walk, s);
	if (r == 0) {
		list_add_tail(&mounts.all, &m->link);
	}
	return r;
}

static void read_out(struct mount *m)
{
	mutex_lock(&m->lock);
	m->ops->unmount(m);
	kfree(m->root);
	mutex_unlock(&m->lock);
	free_mount(m);
}

struct request {
	const char *source, *target;
	const struct fs_ops *ops;
	struct blkdev *dev;
	unsigned flags;
	const char *options;
	bool format;
};

/* mounts.lock held. @on: see cover(). */
static int mount_on(const struct request *q, struct vnode *on)
{
	struct mount *m = new_mount(q->ops, q->source, q->target);
	int r;

	if (m == NULL) {
		return -ENOMEM;
	}
	m->dev = q->dev;
	m->flags = q->flags | (q->ops->read_only ? MS_RDONLY : 0U);
	r = read_in(m, q->options, q->format);
	if (r != 0) {
		kfree(m->root);
		free_mount(m);
		return r;
	}
	r = cover(m, on);
	if (r != 0) {
		read_out(m);
	} else if (root_mount == NULL) {
		root_mount = m;
	}
	return r;
}

/* The folder to mount on; in the image's own tree it is made. */
static int mount_point(const char *target, struct vnode **on)
{
	int r = walk(target, true, on);

	if (r == -ENOENT && target[0] == '/' && romfs_folder(target) == 0) {
		r = walk(target, true, on);
	}
	if (r == 0 && !S_ISDIR((*on)->mode)) {
		vnode_put(*on);
		r = -ENOTDIR;
	}
	return r;
}

/* --- options ------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	unsigned set, clear;
} flag_words[] = {
	{ "ro", MS_RDONLY, 0 },	      { "rw", 0, MS_RDONLY }, { "sync", MS_SYNCHRONOUS, 0 },
	{ "noatime", MS_NOATIME, 0 }, { "defaults", 0, 0 },   { "auto", 0, 0 },
	{ "nofail", 0, 0 },
};

static bool is_flag(const char *word, size_t n, unsigned *flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (strlen(flag_words[i].word) == n && memcmp(flag_words[i].word, word, n) == 0) {
			*flags = (*flags | flag_words[i].set) & ~flag_words[i].clear;
			return true;
		}
	}
	return false;
}

/* Takes flags and `format` out of @options, in place; what is left is the file system's. */
static void split_options(char *options, struct request *q)
{
	char *to = options;

	for (char *p = options; *p != '\0';) {
		size_t n = strcspn(p, ",");
		char *next = p[n] == ',' ? p + n + 1 : p + n;

		if (n == 6 && memcmp(p, "format", 6) == 0) {
			q->format = true;
		} else if (n > 0 && !is_flag(p, n, &q->flags)) {
			memmove(to, p, n);
			to += n;
			*to++ = ',';
		}
		p = next;
	}
	if (to > options) {
		to--;
	}
	*to = '\0';
	q->options = options;
}

/* Two file systems on the same blocks would destroy each other; a disk has its partitions' blocks. mounts.lock held. */
static bool is_in_use(const struct blkdev *d)
{
	struct list *p;

	list_for_each(p, &mounts.all) {
		const struct blkdev *other = list_entry(p, struct mount, link)->dev;

		if (other != NULL && (other == d || other == d->disk || other->disk == d)) {
			return true;
		}
	}
	return false;
}

static int find_source(struct request *q, const char *type)
{
	char label[64], uuid[40];
	bool any = type == NULL || type[0] == '\0' || strcmp(type, "auto") == 0;

	if (!any) {
		q->ops = find_type(type);
		if (q->ops == NULL) {
			return -ENODEV;
		}
	}
	if (any || q->ops->needs_dev) {
		q->dev = find_dev(q->source);
		if (q->dev == NULL) {
			return -ENOENT;
		}
		if (is_in_use(q->dev)) {
			return -EBUSY;
		}
	}
	if (any) {
		q->ops = find_on(q->dev, label, uuid);
	}
	return q->ops == NULL ? -EINVAL : 0;
}

int vfs_mount(const char *source, const char *target, const char *type, unsigned flags,
	      const char *options)
{
	struct request q = { .source = source, .target = target, .flags = flags };
	char *words = copy_of(options != NULL ? options : "");
	struct vnode *on = NULL;
	int r;

	if (words == NULL) {
		return -ENOMEM;
	}
	split_options(words, &q);
	mutex_lock(&mounts.lock);
	r = find_source(&q, type);
	if (r == -EINVAL && q.format) {
		q.ops = find_type("littlefs"); /* the default for what is empty */
		r = q.ops == NULL ? -EINVAL : 0;
	}
	if (r == 0) {
		r = mount_point(target, &on);
	}
	if (r == 0) {
		r = mount_on(&q, on);
		if (r != 0) {
			vnode_put(on);
		}
	}
	mutex_unlock(&mounts.lock);
	kfree(words);
	return r;
}

/* Nobody has a vnode of @m but the root, which only the mount has: then nobody finds it any more. */
static int uncover(struct mount *m, struct vnode **on)
{
	irqstate_t s;
	int r = 0;

	mutex_lock(&m->lock);
	s = spin_lock_save(&mounts.walk);
	*on = atomic_load_explicit(&m->covers, memory_order_relaxed);
	if (*on == NULL || m->count > 0 ||
	    atomic_load_explicit(&m->root->refs, memory_order_relaxed) > 1) {
		r = -EBUSY;
	} else {
		atomic_store_explicit(&(*on)->covered, NULL, memory_order_relaxed);
	}
	spin_unlock_restore(&mounts.walk, s);
	mutex_unlock(&m->lock);
	return r;
}

int vfs_umount(const char *target)
{
	struct vnode *v, *on;
	struct mount *m;
	int r = walk(target, true, &v);

	if (r != 0) {
		return r;
	}
	m = v->mount;
	r = v == m->root ? 0 : -EINVAL;
	mutex_lock(&mounts.lock);
	vnode_put(v);
	if (r == 0) {
		r = uncover(m, &on);
	}
	if (r == 0) {
		list_del(&m->link);
		read_out(m);
		vnode_put(on);
	}
	mutex_unlock(&mounts.lock);
	return r;
}

/* --- boot ---------------------------------------------------------------------------------------- */

static const char *why(int error)
{
	switch (error) {
	case -ENOENT:
		return "there is no such device or folder";
	case -ENODEV:
		return "this image has no such file system";
	case -EINVAL:
		return "no file system is found there; the option `format` makes one on an empty "
		       "one";
	case -EBUSY:
		return "something is mounted there";
	default:
		return strerror(-error);
	}
}

static void mount_or_say(const char *source, const char *target, const char *type,
			 const char *options)
{
	int r = vfs_mount(source, target, type, 0, options);

	if (r != 0) {
		log_error("mount %s on %s: %s", source, target, why(r));
	} else {
		log_info("mount: %s on %s", source, target);
	}
}

/* SOURCE:TARGET[:TYPE[:OPTIONS]], in place. */
static void mount_param(char *text)
{
	char *field[4] = { text, NULL, NULL, NULL };

	for (int i = 1; i < 4 && field[i - 1] != NULL; i++) {
		field[i] = strchr(field[i - 1], ':');
		if (field[i] != NULL) {
			*field[i]++ = '\0';
		}
	}
	if (field[1] == NULL) {
		log_error("mount=%s: wants SOURCE:TARGET[:TYPE[:OPTIONS]]", text);
		return;
	}
	mount_or_say(field[0], field[1], field[2], field[3]);
}

static bool mount_params(void)
{
	const char *value;
	unsigned i;

	for (i = 0; (value = param_nth("mount", i)) != NULL; i++) {
		char *text = copy_of(value);

		if (text != NULL) {
			mount_param(text);
			kfree(text);
		}
	}
	return i > 0;
}

/* fstab(5): source target type options, separated by blanks. */
static void fstab_line(char *line)
{
	char *field[4] = { NULL, NULL, NULL, NULL }, *save;

	line[strcspn(line, "#")] = '\0';
	for (int i = 0; i < 4; i++) {
		field[i] = strtok_r(i == 0 ? line : NULL, " \t\r", &save);
		if (field[i] == NULL) {
			break;
		}
	}
	if (field[0] == NULL) {
		return;
	}
	if (field[1] == NULL) {
		log_error("/etc/fstab: \"%s\": no folder to mount on", field[0]);
		return;
	}
	mount_or_say(field[0], field[1], field[2], field[3]);
}

static bool read_fstab(void)
{
	struct file *f;
	struct iovec iov;
	char *text, *save;
	ssize_t n;

	if (vfs_open("/etc/fstab", O_RDONLY, 0, &f) != 0) {
		return false;
	}
	text = kmalloc(PAGE_SIZE);
	iov = (struct iovec){ text, PAGE_SIZE - 1 };
	n = text == NULL ? -ENOMEM : f->ops->read(f, &iov, 1, 0, false);
	file_put(f);
	if (n < 0) {
		log_error("/etc/fstab: cannot be read: %ld", (long)n);
	} else {
		text[n] = '\0';
		for (char *line = strtok_r(text, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save)) {
			fstab_line(line);
		}
	}
	kfree(text);
	return true;
}

/* What nobody had to ask for: a partition labelled "data". */
static void mount_data(void)
{
	if (find_dev("PARTLABEL=data") != NULL) {
		mount_or_say("PARTLABEL=data", "/data", "auto", NULL);
	}
}

static void finish(void)
{
	int r = vfs_sync();

	if (r != 0) {
		log_error("files: not all that was written reached its disk: %d", r);
	}
}

void vfs_init(void)
{
	static struct power_finisher finisher = { .fn = finish };
	const struct request root = {
		.source = "romfs", .target = "/", .ops = find_type("romfs"), .options = ""
	};
	bool asked;

	romfs_init();
	if (mount_on(&root, NULL) != 0) {
		panic("no memory for the root of all files");
	}
	vfs_mount("devices", "/dev", "devices", 0, NULL);
	vfs_mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	power_finish_add(&finisher);
	asked = read_fstab();
	asked |= mount_params();
	if (!asked) {
		mount_data();
	}
}
