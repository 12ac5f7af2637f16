/* SPDX-License-Identifier: MIT */
/* Memory, load and uptime; the structure is Linux's. */
#pragma once

#include <sys/cdefs.h>

#define SI_LOAD_SHIFT 16

struct sysinfo {
	long uptime;		/* seconds */
	unsigned long loads[3]; /* 1, 5, 15 minutes, times 1 << SI_LOAD_SHIFT */
	unsigned long totalram; /* this and the next six in units of mem_unit bytes */
	unsigned long freeram;
	unsigned long sharedram;
	unsigned long bufferram;
	unsigned long totalswap;
	unsigned long freeswap;
	unsigned short procs;
	unsigned short pad;
	unsigned long totalhigh;
	unsigned long freehigh;
	unsigned int mem_unit;
};

__BEGIN_DECLS

int sysinfo(struct sysinfo *);
int get_nprocs(void);
int get_nprocs_conf(void);
long get_phys_pages(void);
long get_avphys_pages(void);

__END_DECLS
