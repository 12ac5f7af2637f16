/* SPDX-License-Identifier: MIT */
/* The header by which UEFI takes the flat image for an application of its own: offsets in the file are offsets in
 * memory. Two sections, since firmware gives each rights of its own: text, and all that is written, which
 * relocation makes of constants, too.
 * Spec: Microsoft PE/COFF, revision 11; UEFI 2.10, 2.1.1. */
#include <arch/efi.h>

	.section .head.pe, "a"
	.balign	8
	.global	pe_header
pe_header:
	.ascii	"PE\0\0"
	.short	EFI_PE_MACHINE
	.short	2			/* sections */
	.long	0, 0, 0
	.short	section_table - optional_header
	.short	0x206			/* an image; line numbers and symbols are elsewhere */
optional_header:
	.short	0x20b			/* PE32+ */
	.byte	0, 0
	PE_NUMBER(pe_text_size)
	PE_NUMBER(pe_data_file_size)
	.long	0
	PE_NUMBER(pe_entry)
	PE_NUMBER(pe_text)
	.quad	0			/* base: any, and there are no relocations for the loader */
	.long	4096			/* alignment in memory, in the file */
	.long	512
	.short	0, 0, 0, 0, 0, 0
	.long	0
	PE_NUMBER(_image_size)
	PE_NUMBER(pe_text)			/* headers */
	.long	0
	.short	10			/* an EFI application */
	.short	0x100			/* no data is executed */
	.quad	0, 0, 0, 0
	.long	0
	.long	6			/* directories; the fifth is where a signature is noted */
	.quad	0, 0, 0, 0, 0, 0
section_table:
	.ascii	".text\0\0\0"
	PE_NUMBER(pe_text_size)
	PE_NUMBER(pe_text)
	PE_NUMBER(pe_text_size)
	PE_NUMBER(pe_text)
	.long	0, 0, 0
	.long	0x60000020		/* code, read, execute */
	.ascii	".data\0\0\0"
	PE_NUMBER(pe_data_size)
	PE_NUMBER(pe_data)
	PE_NUMBER(pe_data_file_size)
	PE_NUMBER(pe_data)
	.long	0, 0, 0
	.long	0xc0000040		/* data, read, write */
