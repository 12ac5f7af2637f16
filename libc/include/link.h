/* SPDX-License-Identifier: MIT */
/* The image's segments, as programs that unwind stacks or print addresses look for them. There is
 * one object, the image. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

#define ElfW(type) Elf64_##type

#define PT_NULL		0
#define PT_LOAD		1
#define PT_TLS		7
#define PT_GNU_EH_FRAME 0x6474e550

#define PF_X 1
#define PF_W 2
#define PF_R 4

typedef uint16_t Elf64_Half;
typedef uint32_t Elf64_Word;
typedef uint64_t Elf64_Xword;
typedef uint64_t Elf64_Addr;
typedef uint64_t Elf64_Off;

typedef struct {
	Elf64_Word p_type;
	Elf64_Word p_flags;
	Elf64_Off p_offset;
	Elf64_Addr p_vaddr;
	Elf64_Addr p_paddr;
	Elf64_Xword p_filesz;
	Elf64_Xword p_memsz;
	Elf64_Xword p_align;
} Elf64_Phdr;

struct dl_phdr_info {
	Elf64_Addr dlpi_addr; /* 0: p_vaddr is where it is */
	const char *dlpi_name;
	const Elf64_Phdr *dlpi_phdr;
	Elf64_Half dlpi_phnum;
	unsigned long long dlpi_adds; /* 1 */
	unsigned long long dlpi_subs; /* 0 */
	size_t dlpi_tls_modid;	      /* 1 */
	void *dlpi_tls_data;	      /* the calling thread's */
};

__BEGIN_DECLS

int dl_iterate_phdr(int (*)(struct dl_phdr_info *, size_t, void *), void *);

__END_DECLS
