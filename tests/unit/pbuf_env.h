/* SPDX-License-Identifier: MIT */
/* The stack below pbufs, for the tests of drivers that make them: counted in m.pbufs of the file that includes this, and
 * refused while m.no_copies. */
#pragma once

void *net_mem_alloc(unsigned long n)
{
	m.pbufs += !m.no_copies;
	return m.no_copies ? NULL : malloc(n);
}

void *net_mem_calloc(unsigned long n, unsigned long size)
{
	m.pbufs++;
	return calloc(n, size);
}

void net_mem_free(void *p)
{
	m.pbufs--;
	free(p);
}

void *memp_malloc(memp_t type)
{
	(void)type;
	return net_mem_alloc(sizeof(struct pbuf));
}

void memp_free(memp_t type, void *p)
{
	(void)type;
	net_mem_free(p);
}

/* pbuf.c would take memory back from connections. */
struct tcp_pcb *tcp_active_pcbs;

void tcp_free_ooseq(struct tcp_pcb *pcb)
{
	(void)pcb;
}
