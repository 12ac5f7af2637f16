/* SPDX-License-Identifier: MIT */
/* The image, for every architecture: text, read-only data, data; page-aligned so that each gets its own rights.
 * The flat file ends at _data_end; BSS and stacks lie beyond. */
ENTRY(_image_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	dynamic PT_DYNAMIC FLAGS(4);
	tls PT_TLS FLAGS(4);
}

SECTIONS
{
	. = IMAGE_BASE;
	.head : { KEEP(*(.head)) } :text
	.text : { *(.text.vectors) *(.text .text.*) }
	.init : { KEEP(*(.init)) }
	.fini : { KEEP(*(.fini)) }

	. = ALIGN(4096);
	_rodata_start = .;
	.rodata : { *(.rodata .rodata.* .srodata .srodata.*) } :rodata
	.drivers : ALIGN(8) {
		drivers_start = .;
		KEEP(*(SORT_BY_NAME(.drivers.*)))
		drivers_end = .;
		virtio_drivers_start = .;
		KEEP(*(SORT_BY_NAME(.virtio_drivers.*)))
		virtio_drivers_end = .;
	}
	.init_array : ALIGN(8) {
		__preinit_array_start = .;
		KEEP(*(.preinit_array))
		__preinit_array_end = .;
		__init_array_start = .;
		KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*)))
		KEEP(*(.init_array))
		__init_array_end = .;
		__fini_array_start = .;
		KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*)))
		KEEP(*(.fini_array))
		__fini_array_end = .;
	}
	.rela.dyn : ALIGN(8) {
		rela_start = .;
		*(.rela .rela.*)
		rela_end = .;
	}
	.dynamic : { *(.dynamic) } :rodata :dynamic
	.dynsym : { *(.dynsym) } :rodata
	.dynstr : { *(.dynstr) }
	.hash : { *(.hash) *(.gnu.hash) }
	.got : { *(.got) *(.got.plt) }
	.romfs : ALIGN(4096) {
		romfs_start = .;
		KEEP(*(.romfs))
		romfs_end = .;
	}
	.ksymtab : {
		ksymtab_start = .;
		KEEP(*(.ksymtab))
		ksymtab_end = .;
	}

	. = ALIGN(4096);
	_data_start = .;
	.tdata : ALIGN(16) {
		tdata_start = .;
		*(.tdata .tdata.*)
		tdata_end = .;
	} :data :tls
	.tbss : {
		*(.tbss .tbss.*)
		*(.tcommon)
		tls_end = .;
	} :data :tls
	tls_align = MAX(ALIGNOF(.tdata), ALIGNOF(.tbss));
	.data : { *(.data .data.* .sdata .sdata.*) } :data
	. = ALIGN(16);
	_data_end = .;

	.bss (NOLOAD) : ALIGN(64) {
		_bss_start = .;
		*(.bss .bss.* .sbss .sbss.* COMMON)
		. = ALIGN(64);
		_bss_end = .;
	} :data
	.noinit (NOLOAD) : ALIGN(4096) {
		*(SORT_BY_NAME(.noinit*))
	}
	. = ALIGN(4096);
	_image_end = .;
	_image_size = ABSOLUTE(_image_end - _image_start);

	/DISCARD/ : { *(.comment .note .note.* .eh_frame .eh_frame_hdr .interp .ARM.* .riscv.attributes) }
}
