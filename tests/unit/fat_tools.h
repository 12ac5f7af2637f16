/* SPDX-License-Identifier: MIT */
/* The host's tools on an image: mkfs.vfat, fsck.vfat and mtools say what FAT is. */
#pragma once

#include "fat_env.h"

#include <ctype.h>
#include <sys/wait.h>

static char image_path[64];

static const char *image(void)
{
	if (image_path[0] == '\0') {
		snprintf(image_path, sizeof(image_path), "/tmp/coracle-fat-%d.img", (int)getpid());
	}
	return image_path;
}

/* Output of a command, to be freed; *@status: what it ended with. */
static char *run(const char *command, int *status)
{
	char *out = calloc(1, 65536);
	FILE *p = popen(command, "r");
	size_t n = p == NULL ? 0 : fread(out, 1, 65535, p);

	out[n] = '\0';
	*status = p == NULL ? -1 : WEXITSTATUS(pclose(p));
	return out;
}

/* The kinds of volume: mkfs.vfat's option, size. */
static const struct kind {
	const char *name, *options;
	size_t size;
} kinds[] = {
	{ "FAT12", "-F 12 -s 1", 1440UL << 10 },
	{ "FAT16", "-F 16 -s 1", 5UL << 20 },
	{ "FAT32", "-F 32 -s 1", 36UL << 20 },
};

static bool is_fat32(const struct disk *k)
{
	return memcmp(k->now + 82, "FAT32", 5) == 0;
}

static struct disk *made_by_host(const struct kind *k)
{
	struct disk *d = disk_new(k->size);
	char command[256];
	int status;

	disk_save(d, image());
	snprintf(command, sizeof(command),
		 "/usr/sbin/mkfs.vfat %s -n 'CORACLE' -i 1234ABCD %s > /dev/null 2>&1", k->options,
		 image());
	free(run(command, &status));
	CHECK_EQ(status, 0);
	CHECK(disk_load(d, image()));
	return d;
}

/* What fsck may say of a volume whose power was cut. */
static bool is_harmless(const char *line)
{
	static const char *const known[] = {
		"fsck.fat ",
		"Dirty bit is set.",
		" Automatically removing dirty bit.",
		"Reclaimed ",
		"Free cluster summary ",
		" out of range (", /* half of a FAT12 entry of two sectors */
		"  Auto-correcting.",
		"FATs differ ",
		"Using first FAT.",
		"There are differences between boot sector and its backup.", /* the mark is in one */
		"This is mostly harmless.",
		"65:01/00",
		"Not automatically fixing this.",
		"Leaving filesystem unchanged.",
		"cluster chain length is > ",
		"Truncating file to ",
		"Contains a free cluster ", /* behind the size: the sweep refuses others */
		"File size is ",
		"*** Filesystem was changed ***",
		"The changes have not actually been written,",
		"Orphaned long file name part",
		"  Auto-deleting.",
		"Long filename fragment ",
		"(Maybe the start bit is missing on the last fragment)",
		"Not auto-correcting this.",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strstr(line, known[i]) != NULL) {
			return true;
		}
	}
	return line[0] == '\0' || line[0] == '/'; /* the file it is about, the summary */
}

/* A rename was cut: the mount puts it right. */
static bool is_two_names(const char *line)
{
	return strstr(line, "share clusters.") != NULL ||
	       strstr(line, "Truncating second to 0 bytes") != NULL;
}

enum { CLEAN, CUT, CUT_RENAME };

/* fsck.vfat finds nothing wrong; CUT: nothing but what a power cut may leave, CUT_RENAME: maybe one file with two names. */
static bool sound(const struct disk *k, int cut)
{
	char command[128], *out, *save;
	bool good = true;
	int status;

	disk_save(k, image());
	snprintf(command, sizeof(command), "/usr/sbin/fsck.vfat -n %s 2>&1", image());
	out = run(command, &status);
	if (status != 0 && cut == CLEAN) {
		printf("# fsck: %s\n", out);
		good = false;
	}
	for (char *line = strtok_r(out, "\n", &save); cut != CLEAN && line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!is_harmless(line) && !(cut == CUT_RENAME && is_two_names(line))) {
			printf("# fsck: %s\n", line);
			good = false;
		}
	}
	free(out);
	return good;
}
