/* SPDX-License-Identifier: MIT */
/* The image as an EFI application: the first steps, and the last one, to the copy that stays.
 * Spec: UEFI 2.10, 2.3.7; RISC-V privileged architecture 1.12, 4.1.11 satp. */

	.section .head.text, "ax"
/* efi_entry(image handle, system table): the firmware's stack and translation; gp and tp are its own. */
	.global	efi_entry
efi_entry:
	addi	sp, sp, -32
	sd	ra, 24(sp)
	sd	s0, 16(sp)
	sd	a0, 8(sp)
	sd	a1, 0(sp)
	addi	s0, sp, 32
	la	a0, _image_start
	li	a1, IMAGE_BASE
	sub	a0, a0, a1
	call	relocate
	la	a0, _bss_start
	li	a1, 0
	la	a2, _bss_end
	sub	a2, a2, a0
	call	memset
	ld	a0, 8(sp)
	ld	a1, 0(sp)
	call	efi_main
	ld	ra, 24(sp)
	ld	s0, 16(sp)
	addi	sp, sp, 32
	ret

/* arch_efi_leave(image, size, tree, cpu): translation off, then what was written is code. */
	.global	arch_efi_leave
arch_efi_leave:
	csrci	sstatus, 2
	csrw	sie, zero
	csrw	satp, zero
	sfence.vma
	fence.i
	mv	t0, a0
	mv	a0, a3
	mv	a1, a2
	jr	t0
