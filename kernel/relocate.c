/* SPDX-License-Identifier: MIT */
/* The static PIE moves itself to where it was loaded. Runs first of all, with the MMU off.
 * Spec: ELF gABI (Elf64_Rela); R_AARCH64_RELATIVE, R_RISCV_RELATIVE. The build has checked that
 * no other kind of relocation is left but padding. */
#include <kernel/arch.h>

struct rela {
	uint64_t offset, info;
	int64_t addend;
};

extern const struct rela rela_start[], rela_end[];

void relocate(uintptr_t delta)
{
	/* Also where delta is 0: the linker leaves the values in the table alone. It pads the table
	 * with entries of type 0, R_*_NONE. */
	for (const struct rela *r = rela_start; r < rela_end; r++) {
		if (r->info != 0) {
			*(uint64_t *)(r->offset + delta) = (uint64_t)r->addend + delta;
		}
	}
}
