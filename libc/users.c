/* SPDX-License-Identifier: MIT */
/* Users and groups: root, number 0. */
#define _GNU_SOURCE
#include "libc.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char name[] = "root", none[] = "", home[] = "/", *members[] = { name, NULL };

static struct passwd root = {
	.pw_name = name,
	.pw_passwd = none,
	.pw_gecos = name,
	.pw_dir = home,
	.pw_shell = none,
};

static struct group root_group = {
	.gr_name = name,
	.gr_passwd = none,
	.gr_mem = members,
};

static bool listed, group_listed; /* getpwent() and getgrent() gave their one entry */

struct passwd *getpwnam(const char *user)
{
	return strcmp(user, name) == 0 ? &root : NULL;
}

struct passwd *getpwuid(uid_t uid)
{
	return uid == 0 ? &root : NULL;
}

struct group *getgrnam(const char *group)
{
	return strcmp(group, name) == 0 ? &root_group : NULL;
}

struct group *getgrgid(gid_t gid)
{
	return gid == 0 ? &root_group : NULL;
}

/* The strings are constant, so the callers' buffers stay unused. */
static int copy_user(const struct passwd *from, struct passwd *to, struct passwd **out)
{
	*out = NULL;
	if (from != NULL) {
		*to = *from;
		*out = to;
	}
	return 0;
}

static int copy_group(const struct group *from, struct group *to, struct group **out)
{
	*out = NULL;
	if (from != NULL) {
		*to = *from;
		*out = to;
	}
	return 0;
}

int getpwnam_r(const char *user, struct passwd *p, char *buf, size_t n, struct passwd **out)
{
	(void)buf, (void)n;
	return copy_user(getpwnam(user), p, out);
}

int getpwuid_r(uid_t uid, struct passwd *p, char *buf, size_t n, struct passwd **out)
{
	(void)buf, (void)n;
	return copy_user(getpwuid(uid), p, out);
}

int getgrnam_r(const char *group, struct group *g, char *buf, size_t n, struct group **out)
{
	(void)buf, (void)n;
	return copy_group(getgrnam(group), g, out);
}

int getgrgid_r(gid_t gid, struct group *g, char *buf, size_t n, struct group **out)
{
	(void)buf, (void)n;
	return copy_group(getgrgid(gid), g, out);
}

struct passwd *getpwent(void)
{
	bool done = listed;

	listed = true;
	return done ? NULL : &root;
}

void setpwent(void)
{
	listed = false;
}

void endpwent(void)
{
	listed = false;
}

struct group *getgrent(void)
{
	bool done = group_listed;

	group_listed = true;
	return done ? NULL : &root_group;
}

void setgrent(void)
{
	group_listed = false;
}

void endgrent(void)
{
	group_listed = false;
}

int getgrouplist(const char *user, gid_t group, gid_t *list, int *n)
{
	int room = *n;

	(void)user;
	*n = 1;
	if (room < 1) {
		return -1;
	}
	list[0] = group;
	return 1;
}

int initgroups(const char *user, gid_t group)
{
	(void)user, (void)group;
	return 0;
}

char *getlogin(void)
{
	return name;
}

int getlogin_r(char *buf, size_t n)
{
	return strlcpy(buf, name, n) < n ? 0 : ERANGE;
}

/* --- numbers: those that a program has, it may set; others change nothing -------------------- */

uid_t getuid(void)
{
	return 0;
}

uid_t geteuid(void)
{
	return 0;
}

gid_t getgid(void)
{
	return 0;
}

gid_t getegid(void)
{
	return 0;
}

int issetugid(void)
{
	return 0;
}

int getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
	*real = *effective = *saved = 0;
	return 0;
}

int getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
	*real = *effective = *saved = 0;
	return 0;
}

int getgroups(int n, gid_t list[])
{
	(void)n, (void)list;
	return 0;
}

/* Servers give up root's rights first of all and end when they cannot: it is accepted. */
int setuid(uid_t uid)
{
	(void)uid;
	return 0;
}

int setgid(gid_t gid)
{
	(void)gid;
	return 0;
}

int seteuid(uid_t uid)
{
	(void)uid;
	return 0;
}

int setegid(gid_t gid)
{
	(void)gid;
	return 0;
}

int setreuid(uid_t real, uid_t effective)
{
	(void)real, (void)effective;
	return 0;
}

int setregid(gid_t real, gid_t effective)
{
	(void)real, (void)effective;
	return 0;
}

int setresuid(uid_t real, uid_t effective, uid_t saved)
{
	(void)real, (void)effective, (void)saved;
	return 0;
}

int setresgid(gid_t real, gid_t effective, gid_t saved)
{
	(void)real, (void)effective, (void)saved;
	return 0;
}

int setgroups(int n, const gid_t *list)
{
	(void)n, (void)list;
	return 0;
}
