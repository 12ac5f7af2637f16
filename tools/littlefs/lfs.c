/* SPDX-License-Identifier: MIT */
/* lfs: a littlefs image on the host. tools/lfs builds it. */
#define _GNU_SOURCE
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"lfs list IMAGE                  what is in it\n"
	"lfs extract IMAGE FOLDER        all of it into FOLDER\n"
	"lfs check IMAGE                 read everything; status 1 when something is wrong\n"
	"lfs create IMAGE [FOLDER]       make one in IMAGE, which keeps its size, with what is in "
	"FOLDER\n"
	"  --offset BYTES                it begins there in IMAGE\n"
	"  --partition N|LABEL           it is a partition of the GPT disk IMAGE\n"
	"  --label TEXT --uuid UUID --block-size BYTES      (create)\n"
	"create takes times from SOURCE_DATE_EPOCH, else they are 1980.\n";

/* --- list ------------------------------------------------------------------------------------------ */

static void print(struct image *im, struct entry *e, void *arg)
{
	time_t t = (time_t)(e->a.mtime / 1000000000);
	char when[40], mode[11] = "----------";
	struct tm tm;

	(void)im, (void)arg;
	mode[0] = S_ISDIR(e->a.mode) ? 'd' : S_ISLNK(e->a.mode) ? 'l' : '-';
	for (int i = 0; i < 9; i++) {
		if ((e->a.mode & 0400U >> i) != 0) {
			mode[1 + i] = "rwx"[i % 3];
		}
	}
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S",
		 gmtime_r(&t, &tm) != NULL ? &tm : &(struct tm){ 0 });
	printf("%s %5u %5u %10u %s %s%s%s\n", mode, e->a.uid, e->a.gid, e->size, when, e->path,
	       S_ISLNK(e->a.mode) ? " -> " : "", S_ISLNK(e->a.mode) ? e->target : "");
}

int list(struct image *im)
{
	walk(im, "", print, NULL);
	return complaints > 0;
}

/* --- extract --------------------------------------------------------------------------------------- */

static int read_file(struct image *im, const struct entry *e, int fd)
{
	static char buf[65536];
	lfs2_file_t f;
	lfs2_ssize_t n;
	uint32_t all = 0;
	int r = lfs2_file_open(&im->lfs, &f, e->path, LFS2_O_RDONLY);

	if (r != 0) {
		return r;
	}
	while ((n = lfs2_file_read(&im->lfs, &f, buf, sizeof(buf))) > 0) {
		all += (uint32_t)n;
		if (fd >= 0 && write(fd, buf, (size_t)n) != n) {
			die("%s: cannot be written: %s", e->path, strerror(errno));
		}
	}
	lfs2_file_close(&im->lfs, &f);
	return n < 0 ? (int)n : all == e->size ? 0 : LFS2_ERR_CORRUPT;
}

/* No part of a path is followed that is a link: a hostile image could have made it. */
static void put_out(struct image *im, struct entry *e, void *arg)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	int root = *(int *)arg, fd, r;
	struct stat st;

	times[1].tv_sec = (time_t)(e->a.mtime / 1000000000);
	times[1].tv_nsec = (long)(e->a.mtime % 1000000000);
	if (times[1].tv_nsec < 0) {
		times[1].tv_nsec = 0;
	}
	if (S_ISDIR(e->a.mode)) {
		if (mkdirat(root, e->path, 0700) != 0 &&
		    (fstatat(root, e->path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		     !S_ISDIR(st.st_mode))) {
			die("%s: cannot be made: %s", e->path, strerror(errno));
		}
		return;
	}
	unlinkat(root, e->path, 0);
	if (S_ISLNK(e->a.mode)) {
		if (symlinkat(e->target, root, e->path) != 0) {
			die("%s: cannot be made: %s", e->path, strerror(errno));
		}
		return;
	}
	fd = openat(root, e->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0) {
		die("%s: cannot be made: %s", e->path, strerror(errno));
	}
	r = read_file(im, e, fd);
	if (r != 0) {
		complain("%s: %s", e->path, lfs_reason(r));
	}
	if (fchmod(fd, e->a.mode & 0777) != 0 || futimens(fd, times) != 0) {
		complain("%s: %s", e->path, strerror(errno));
	}
	close(fd);
}

static void folder_modes(struct image *im, struct entry *e, void *arg)
{
	(void)im;
	if (S_ISDIR(e->a.mode) && fchmodat(*(int *)arg, e->path, e->a.mode & 0777, 0) != 0) {
		complain("%s: %s", e->path, strerror(errno));
	}
}

int extract(struct image *im, const char *folder)
{
	int root;

	mkdir(folder, 0777);
	root = open(folder, O_RDONLY | O_DIRECTORY);
	if (root < 0) {
		die("%s: %s", folder, strerror(errno));
	}
	walk(im, "", put_out, &root);
	walk(im, "", folder_modes, &root);
	return complaints > 0;
}

/* --- check ----------------------------------------------------------------------------------------- */

static struct {
	unsigned long files, folders, links, foreign;
	uint8_t *map;
	uint32_t used, twice, outside;
} seen;

static void look(struct image *im, struct entry *e, void *arg)
{
	int r;

	(void)arg;
	seen.files += S_ISREG(e->a.mode);
	seen.folders += S_ISDIR(e->a.mode);
	seen.links += S_ISLNK(e->a.mode);
	seen.foreign += !e->attributed;
	if (S_ISREG(e->a.mode)) {
		r = read_file(im, e, -1);
		if (r != 0) {
			complain("%s: %s", e->path, lfs_reason(r));
		}
	}
}

static int count(void *arg, lfs2_block_t block)
{
	const struct image *im = arg;
	uint8_t bit = (uint8_t)(1U << (block & 7));

	if (block >= im->lfs.block_count) {
		seen.outside++;
	} else if ((seen.map[block / 8] & bit) != 0) {
		seen.twice++;
	} else {
		seen.map[block / 8] |= bit;
		seen.used++;
	}
	return 0;
}

int check(struct image *im)
{
	uint32_t pending = im->lfs.gstate.tag;
	int r;

	walk(im, "", look, NULL);
	seen.map = calloc(im->lfs.block_count / 8 + 1, 1);
	r = lfs2_fs_traverse(&im->lfs, count, im);
	if (r != 0) {
		complain("%s: the list of blocks: %s", im->name, lfs_reason(r));
	}
	/* A folder's pair is met in its parent and in the list of all pairs. */
	if (seen.twice != 2 * seen.folders || seen.outside > 0) {
		complain("%s: %ld blocks have two owners, %u are not there", im->name,
			 (long)seen.twice - 2 * (long)seen.folders, seen.outside);
	}
	printf("%s: \"%s\", %lu files, %lu folders, %lu links; %u of %u blocks of %u bytes\n",
	       im->name, im->label, seen.files, seen.folders, seen.links, seen.used,
	       im->lfs.block_count, im->cfg.block_size);
	if (seen.foreign > 0) {
		printf("%s: %lu of them were made by another system\n", im->name, seen.foreign);
	}
	if ((pending & 0xfffffc00U) != 0) {
		printf("%s: the last write was interrupted; the next one tidies up\n", im->name);
	}
	return complaints > 0;
}

/* --------------------------------------------------------------------------------------------------- */

static int run(int n, char **arg, struct image *im, uint64_t offset, const char *part)
{
	bool lists = n == 2 && strcmp(arg[0], "list") == 0,
	     checks = n == 2 && strcmp(arg[0], "check") == 0;

	if (!lists && !checks && !(n == 3 && strcmp(arg[0], "extract") == 0)) {
		fputs(usage, stderr);
		return 2;
	}
	image_open(im, arg[1], offset, part, false);
	image_mount(im);
	return lists ? list(im) : checks ? check(im) : extract(im, arg[2]);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "offset", required_argument, NULL, 'o' },
		{ "partition", required_argument, NULL, 'p' },
		{ "label", required_argument, NULL, 'l' },
		{ "uuid", required_argument, NULL, 'u' },
		{ "block-size", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct image im;
	const char *part = NULL, *label = "", *uuid = NULL;
	uint64_t offset = 0;
	uint32_t block_size = 0;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			offset = strtoull(optarg, NULL, 0);
			break;
		case 'p':
			part = optarg;
			break;
		case 'l':
			label = optarg;
			break;
		case 'u':
			uuid = optarg;
			break;
		case 'b':
			block_size = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	argc -= optind;
	argv += optind;
	if ((argc == 2 || argc == 3) && strcmp(argv[0], "create") == 0) {
		if (block_size != 0 && (block_size < 512 || block_size % 512 != 0)) {
			die("--block-size: a multiple of 512");
		}
		image_open(&im, argv[1], offset, part, true);
		return create(&im, argc == 3 ? argv[2] : NULL, label, uuid, block_size);
	}
	return run(argc, argv, &im, offset, part);
}
