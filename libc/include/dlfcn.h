/* SPDX-License-Identifier: MIT */
/* Shared objects: an image is one link, so nothing can be loaded; dlerror() says so. dladdr() knows the
 * functions of the image, but not the programs' own. */
#pragma once

#include <sys/cdefs.h>

#define RTLD_LAZY     1
#define RTLD_NOW      2
#define RTLD_NOLOAD   4
#define RTLD_DEEPBIND 8
#define RTLD_GLOBAL   0x100
#define RTLD_LOCAL    0
#define RTLD_NODELETE 0x1000

#define RTLD_DEFAULT ((void *)0)
#define RTLD_NEXT    ((void *)-1L)

typedef struct {
	const char *dli_fname;
	void *dli_fbase;
	const char *dli_sname;
	void *dli_saddr;
} Dl_info;

__BEGIN_DECLS

/* NULL asks for the program itself; everything else fails. */
void *dlopen(const char *, int);
void *dlsym(void *__restrict, const char *__restrict);
int dlclose(void *);
/* Of the calling thread; NULL when nothing failed since the last call. */
char *dlerror(void);
int dladdr(const void *, Dl_info *);

__END_DECLS
